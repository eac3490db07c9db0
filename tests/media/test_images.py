import asyncio
import io
import os
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from fediserver.errors import FediserverError, Invalid, TooLarge, Unavailable
from fediserver.media import images as module
from fediserver.media.images import Images
from fediserver.media.messages import Job, Picture, frame


def jpeg(width: int = 64, height: int = 48) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "JPEG")
    return out.getvalue()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def failing(images: Images, source: bytes | Path) -> FediserverError:
    with pytest.raises(FediserverError) as caught:
        await images.process(source, purpose="attachment")
    return caught.value


@pytest.fixture
async def images() -> AsyncIterator[Images]:
    async with Images() as made:
        yield made


async def test_the_worker_is_started_on_demand_and_kept(images: Images) -> None:
    assert images.worker_pid is None
    first = await images.process(jpeg(), purpose="attachment")
    pid = images.worker_pid
    assert isinstance(first, Picture)
    assert (first.width, first.height, first.mime) == (64, 48, "image/jpeg")
    assert await images.process(jpeg(), purpose="attachment") == first
    assert images.worker_pid == pid != os.getpid()


async def test_a_file_is_read_by_the_worker(images: Images, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(jpeg())
    assert (await images.process(path, purpose="avatar")).width == 48


async def test_many_at_once_take_turns(images: Images) -> None:
    pictures = await asyncio.gather(
        *(images.process(jpeg(10 + n, 10), purpose="attachment") for n in range(8))
    )
    assert [picture.width for picture in pictures] == list(range(10, 18))


async def test_more_than_can_wait_are_sent_away(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    answers = await asyncio.gather(
        *(images.process(jpeg(), purpose="emoji") for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(answer, Unavailable) for answer in answers) == 3


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "send a JPEG, PNG, GIF, WebP or AVIF"),
        (b"<!DOCTYPE html>", "no accepted type"),
        (b'{"type":"Person"}', "no accepted type"),
        (b"\x00\x00\x00\x20ftypisom" + bytes(100), "video/mp4 is not accepted"),
        (b"ID3" + bytes(100), "audio/mpeg is not accepted"),
        (b"", "no accepted type"),
    ],
)
async def test_what_is_not_accepted_is_refused_without_a_worker(
    images: Images, data: bytes, text: str
) -> None:
    found = await failing(images, data)
    assert isinstance(found, Invalid)
    assert text in str(found)
    assert images.worker_pid is None


async def test_damaged_pictures_are_refused_and_the_worker_goes_on(images: Images) -> None:
    assert "damaged" in str(await failing(images, jpeg(500, 500)[:900]))
    assert "not a JPEG" in str(await failing(images, b"\xff\xd8\xff" + bytes(500)))
    pid = images.worker_pid
    await images.process(jpeg(), purpose="attachment")
    assert images.worker_pid == pid


async def test_too_many_bytes() -> None:
    async with Images(max_bytes=1000) as images:
        assert isinstance(await failing(images, jpeg() + bytes(1000)), TooLarge)


async def test_a_worker_that_overruns_is_killed_and_replaced() -> None:
    async with Images(seconds=5) as images:
        await images.process(jpeg(), purpose="attachment")
        pid = images.worker_pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        images._seconds = 0.3
        found = await failing(images, jpeg())
        assert isinstance(found, Invalid)
        assert "longer than 0.3 s" in str(found)
        assert not alive(pid)
        images._seconds = 5
        assert (await images.process(jpeg(), purpose="attachment")).width == 64
        assert images.worker_pid != pid


async def test_a_worker_that_dies_is_replaced(images: Images) -> None:
    await images.process(jpeg(), purpose="attachment")
    pid = images.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    waiting = asyncio.create_task(images.process(jpeg(), purpose="attachment"))
    await asyncio.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    # Another worker takes the picture: it was not the picture's fault.
    assert (await waiting).width == 64
    assert images.worker_pid != pid


async def test_a_picture_that_ends_two_workers_is_refused(
    images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    await images.process(jpeg(), purpose="attachment")
    started = images._started

    async def dying() -> Process:
        process = await started()
        process.kill()
        return process

    monkeypatch.setattr(images, "_started", dying)
    with pytest.raises(Invalid, match="could not be processed"):
        await images.process(jpeg(), purpose="attachment")
    monkeypatch.undo()
    assert (await images.process(jpeg(), purpose="attachment")).width == 64


async def test_an_abandoned_request_leaves_no_answer_to_the_next(images: Images) -> None:
    await images.process(jpeg(), purpose="attachment")
    pid = images.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    waiting = asyncio.create_task(images.process(jpeg(200, 200), purpose="attachment"))
    await asyncio.sleep(0.1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not alive(pid)
    assert (await images.process(jpeg(), purpose="attachment")).width == 64


async def test_an_idle_worker_leaves() -> None:
    async with Images(idle_seconds=0.1) as images:
        await images.process(jpeg(), purpose="attachment")
        pid = images.worker_pid
        assert pid is not None
        for _ in range(100):
            if not alive(pid):
                break
            await asyncio.sleep(0.05)
        assert not alive(pid)
        assert (await images.process(jpeg(), purpose="attachment")).width == 64


async def test_closing_ends_the_worker() -> None:
    images = Images()
    await images.process(jpeg(), purpose="attachment")
    pid = images.worker_pid
    assert pid is not None
    await images.aclose()
    await images.aclose()
    assert not alive(pid)


async def test_the_worker_knows_none_of_our_secrets(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDISERVER_DATABASE_URL", "postgresql://secret")
    await images.process(jpeg(), purpose="attachment")
    environment = Path(f"/proc/{images.worker_pid}/environ")
    if not environment.exists():
        pytest.skip("no /proc on this system")
    assert b"secret" not in environment.read_bytes()


def test_the_worker_ends_when_its_node_does() -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "fediserver.media.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    data = jpeg()
    worker.stdin.write(frame(Job("attachment", None, len(data))) + data)
    worker.stdin.flush()
    assert len(worker.stdout.read(4)) == 4
    # What is left when a node was killed: the other ends of the pipes are closed.
    worker.stdin.close()
    worker.stdout.close()
    assert worker.wait(timeout=10) == 0
