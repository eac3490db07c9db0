"""kill -9 while a video is being made ready, and several processes that could all make it."""

import os
import signal
from pathlib import Path

import pytest

from tests import films
from tests.processes import Entity, Node, Person, eventually, node, postgres_database

pytestmark = pytest.mark.needs_tool("ffmpeg")


async def upload(person: Person, data: bytes) -> str:
    """The id of an upload that waits."""
    answer = await person.client.post("/api/v2/media", files={"file": ("film.webm", data, "video/webm")})
    assert answer.status_code == 202, answer.text
    number: str = answer.json()["id"]
    return number


async def ready(person: Person, number: str) -> Entity:
    async def there() -> Entity | None:
        answer = await person.client.get(f"/api/v1/media/{number}")
        assert answer.status_code in (200, 206), answer.text
        return answer.json() if answer.status_code == 200 else None

    found = await eventually("the film is ready", there, seconds=120)
    assert found is not None
    return found


def at_work(folder: Path) -> list[int]:
    """The ffmpeg processes that write into a folder (Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"/ffmpeg") and str(folder).encode() in b"\0".join(words):
            found.append(int(path.parent.name))
    return found


def kept(running: Node) -> list[str]:
    """The ends of the names of all files of uploads."""
    found = [path for path in (running.directory / "media").rglob("*") if path.is_file()]
    return sorted(path.suffix for path in found)


async def test_what_was_taken_is_made_ready_after_the_node_was_killed(tmp_path: Path) -> None:
    async with node(tmp_path / "oak") as oak:
        alice = await oak.account("alice")
        number = await upload(alice, films.film("webm", size="1280x720", rate=30, seconds=4))

        async def begun() -> list[int]:
            return at_work(oak.directory)

        working = await eventually("ffmpeg is at work", begun, every=0.01)
        for pid in working:
            os.kill(pid, signal.SIGSTOP)
        oak.kill()

        async def gone() -> bool:
            return not at_work(oak.directory)

        await eventually("ffmpeg has ended with its node", gone)
        await oak.start()
        file = await ready(alice, number)
        assert file["type"] == "video"
        posted = await alice.post("look", media_ids=[number])
        assert posted["media_attachments"][0]["url"] == file["url"]
        assert (await alice.client.get(file["url"])).status_code == 200

        async def tidy() -> bool:
            return kept(oak) == [".jpg", ".mp4"]

        await eventually("nothing else is left", tidy)


async def test_one_of_several_processes_makes_it(tmp_path: Path, postgres_socket: str) -> None:
    async with (
        postgres_database(postgres_socket) as url,
        node(tmp_path / "oak", database_url=url, workers=3) as oak,
    ):
        alice = await oak.account("alice")
        numbers = [await upload(alice, films.film("webm", rate=30, seconds=2)) for _ in range(3)]
        most = 0

        async def all_ready() -> bool:
            nonlocal most
            most = max(most, len(at_work(oak.directory)))
            answers = [await alice.client.get(f"/api/v1/media/{number}") for number in numbers]
            return all(answer.status_code == 200 for answer in answers)

        await eventually("all films are ready", all_ready, seconds=120, every=0.02)
        assert most <= 1
        for number in numbers:
            assert (await ready(alice, number))["url"]

        async def tidy() -> bool:
            return kept(oak) == [".jpg"] * 3 + [".mp4"] * 3

        await eventually("nothing else is left", tidy)
