"""Uploads that are made ready: taken back, interrupted, failing, and by one process only."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from fediserver.actions import upload
from fediserver.clock import DAY, HOUR, MINUTE
from fediserver.db import conversions
from fediserver.errors import Unavailable
from fediserver.jobs.housekeeping import tidy
from fediserver.media import video
from tests import films
from tests.uploads import files, png, ready, send

pytestmark = pytest.mark.needs_tool("ffmpeg")


@pytest.fixture
async def client(town: Any) -> httpx.AsyncClient:
    made: httpx.AsyncClient = await town.client(await town.account("alice"))
    return made


async def test_ffmpeg_that_is_gone_before_its_turn_is_a_failure_that_says_so(
    town: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = (await send(client, films.film("mp4"))).json()
    monkeypatch.setenv("PATH", str(tmp_path))
    await town.settle()
    assert "not installed" in (await client.get(f"/api/v1/media/{file['id']}")).json()["error"]


async def test_an_upload_may_be_taken_back_before_its_turn(town: Any, client: httpx.AsyncClient) -> None:
    file = (await send(client, films.film("mp4"), thumbnail=png())).json()
    assert (await client.delete(f"/api/v1/media/{file['id']}")).status_code == 200
    assert (await client.get(f"/api/v1/media/{file['id']}")).status_code == 404
    await town.settle()
    assert files(town) == []
    assert not await conversions.waiting(town.ctx.db)


def children() -> set[int]:
    """The processes that this one has started and that run."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return {int(one) for one in listed.split()}


async def in_hand(town: Any) -> int:
    """Let the crew begin, and answer the child that does the work: it stands still."""
    before = children()
    crew = town.worker._crews["conversions"]
    assert await crew.take_due() == 1
    while not (fresh := children() - before):
        await asyncio.sleep(0.01)
    (child,) = fresh
    os.killpg(child, signal.SIGSTOP)
    return child


async def test_an_upload_may_be_taken_back_while_it_is_processed(
    town: Any, client: httpx.AsyncClient
) -> None:
    file = (await send(client, films.film("mp4"))).json()
    child = await in_hand(town)
    crew = town.worker._crews["conversions"]
    assert await crew.take_due() == 0
    assert (await client.delete(f"/api/v1/media/{file['id']}")).status_code == 200
    await crew.renew()
    assert child not in children()
    await town.settle()
    assert files(town) == []
    assert not await conversions.waiting(town.ctx.db)


async def test_the_end_of_the_worker_ends_the_work_and_another_takes_it_up(
    town: Any, client: httpx.AsyncClient
) -> None:
    file = (await send(client, films.film("mp4"))).json()
    child = await in_hand(town)
    await town.worker.stop()
    assert child not in children()
    assert (await client.get(f"/api/v1/media/{file['id']}")).status_code == 206
    await town.settle()
    assert (await client.get(f"/api/v1/media/{file['id']}")).status_code == 206
    town.clock.advance(MINUTE)
    await town.settle()
    assert (await client.get(f"/api/v1/media/{file['id']}")).status_code == 200


async def test_a_file_that_hangs_fails_alone(
    town: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(town.ctx.converter, "_seconds", 0.5)
    hanging = (await send(client, films.film("mp4"))).json()
    child = await in_hand(town)
    await town.worker._crews["conversions"].running.settle()
    assert child not in children()
    assert "too long to process" in (await client.get(f"/api/v1/media/{hanging['id']}")).json()["error"]
    monkeypatch.setattr(town.ctx.converter, "_seconds", video.SECONDS)
    assert (await ready(town, client, films.film("mp4")))["type"] == "video"


async def test_work_that_is_interrupted_too_often_is_given_up(town: Any, client: httpx.AsyncClient) -> None:
    file = (await send(client, films.film("mp4"))).json()
    for _ in range(5):
        await town.ctx.db.write(
            lambda tx: conversions.claim(tx, boot="dead", now=town.clock.now, until=town.clock.now + 1)
        )
        town.clock.advance(MINUTE)
    await town.settle()
    assert "could not be processed" in (await client.get(f"/api/v1/media/{file['id']}")).json()["error"]


async def test_a_fault_of_ours_is_tried_again(
    town: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = (await send(client, films.film("mp4"))).json()

    async def full(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(town.ctx.storage, "settle", full)
        await town.settle()
    assert (await client.get(f"/api/v1/media/{file['id']}")).status_code == 206
    town.clock.advance(2 * MINUTE)
    await town.settle()
    assert (await client.get(f"/api/v1/media/{file['id']}")).status_code == 200
    assert len(files(town)) == 2


async def test_two_processes_do_not_both_finish_an_upload(town: Any, client: httpx.AsyncClient) -> None:
    file = (await send(client, films.film("mp4"))).json()
    child = await in_hand(town)
    # This process was away for so long that another has it in hand now.
    town.clock.advance(MINUTE)
    now = town.clock.now
    taken = await town.ctx.db.write(
        lambda tx: conversions.claim(tx, boot="other", now=now, until=now + MINUTE)
    )
    assert taken is not None
    os.killpg(child, signal.SIGCONT)
    await town.worker._crews["conversions"].running.settle()
    assert (await client.get(f"/api/v1/media/{file['id']}")).status_code == 206
    assert any(path.name.endswith(".raw") for path in files(town))
    assert (await conversions.waiting(town.ctx.db)).total() == 1


async def test_nobody_fills_the_queue(town: Any, client: httpx.AsyncClient) -> None:
    short = films.sound("mp3")
    for _ in range(8):
        assert (await send(client, short)).status_code == 202
    answer = await send(client, short)
    assert answer.status_code == 429
    assert "wait until" in answer.json()["error"]
    assert len(files(town)) == 8


async def test_nothing_is_left_of_an_upload_that_was_cut_off_by_a_crash(
    town: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object, **__: object) -> None:
        raise Unavailable("the node ends here")

    with monkeypatch.context() as patch:
        patch.setattr(upload, "begin", crash)
        assert (await send(client, films.film("mp4"), thumbnail=png())).status_code == 503
    await town.settle()
    assert len(files(town)) == 2
    town.clock.advance(HOUR)
    await town.settle()
    assert files(town) == []
    assert not await conversions.waiting(town.ctx.db)


async def test_what_nobody_used_goes_after_a_day(town: Any, client: httpx.AsyncClient) -> None:
    await ready(town, client, films.film("mp4"))
    await send(client, films.film("mp4")[:5000])
    await town.settle()
    await send(client, films.film("mp4"))
    town.clock.advance(DAY + MINUTE)
    await tidy(town.ctx)
    await town.settle()
    assert files(town) == []
