"""While PostgreSQL is away, a node says so and keeps nobody in the belief that they hear everything."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from fediserver.db import accounts, postgres
from fediserver.db.database import Away, Reader
from fediserver.models.event import FiltersChanged
from tests.processes import eventually
from tests.town import Network, StoppedClock, Town, opened_town
from tests.web.streaming.wire import PATIENCE, events

pytestmark = pytest.mark.parametrize("engine", ["postgres"], indirect=True)
NAME = ".s.PGSQL.5432"


class Gate:
    """A socket in front of PostgreSQL's: closed, everything that went through it is cut."""

    def __init__(self, folder: Path, behind: str) -> None:
        self.folder = folder
        self._behind = behind
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self._server = await asyncio.start_unix_server(self._pass, self.folder / NAME)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)
        (self.folder / NAME).unlink(missing_ok=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        there, to = await asyncio.open_unix_connection(Path(self._behind) / NAME)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, to))
                group.create_task(_copy(there, writer))
        finally:
            for end in (writer, to):
                end.transport.abort()
            self._passing.discard(task)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    with suppress(OSError):
        writer.write_eof()


@pytest.fixture
async def gate(tmp_path: Path, database_url: str) -> AsyncIterator[Gate]:
    made = Gate(tmp_path / "gate", database_url.partition("host=")[2])
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def town(
    tmp_path: Path, gate: Gate, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Town]:
    monkeypatch.setattr(postgres, "LISTEN_AGAIN", 0.1)
    opened = opened_town(
        tmp_path / "oak",
        base_url="https://oak.example",
        clock=StoppedClock(),
        network=Network(),
        database_url=f"{database_url.partition('?')[0]}?host={gate.folder}",
    )
    async with opened as made:
        yield made


async def test_what_needs_the_database_says_that_it_is_away(
    town: Town, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    alice = await town.client(await town.account("alice"))
    assert (await alice.get("/health")).text == "OK"
    await gate.close()
    with caplog.at_level(logging.WARNING, "fediserver.web.middleware"):
        for _ in range(2):
            answers = [
                await alice.get("/health"),
                await alice.get("/api/v1/timelines/home"),
                await alice.post("/api/v1/statuses", data={"status": "hello"}),
                await alice.get("/", headers={"accept": "text/html"}),
            ]
            assert [(one.status_code, one.headers["retry-after"]) for one in answers] == [(503, "5")] * 4
            for one in answers:
                assert "The database of this node does not answer at the moment" in one.text
    said = [record for record in caplog.records if record.name == "fediserver.web.middleware"]
    assert len(said) == 8
    assert all(record.exc_info is None and len(record.getMessage()) < 300 for record in said)
    await gate.open()
    assert (await alice.get("/health")).text == "OK"
    assert (await alice.post("/api/v1/statuses", data={"status": "hello"})).status_code == 200


async def test_a_server_that_has_said_good_bye_is_away_before_it_hangs_up(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked(*_: object, **__: object) -> None:
        # What asyncpg says of a connection between the server's last word (57P01) and its end.
        raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")

    monkeypatch.setattr(postgres._ConnectionReader, "all", asked)
    with pytest.raises(Away):
        await town.ctx.db.read(accounts.users)
    with pytest.raises(Away):
        await accounts.users(town.ctx.db)


async def test_streams_end_when_news_may_be_missed(town: Town, gate: Gate) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    async with events(town, "user", alice) as stream:
        assert await stream.text() == ":)\n"
        await gate.close()
        async with asyncio.timeout(PATIENCE):
            assert await stream.text() == ""
        await stream.wire.over()
    assert (await client.get("/api/v1/streaming/user")).status_code == 503
    await gate.open()

    async def hears_again() -> bool:
        return await town.ctx.db.listen()

    await eventually("it hears again", hears_again)
    async with events(town, "user", alice) as stream:
        assert await stream.text() == ":)\n"
        await town.ctx.db.write(lambda tx: tx.tell(FiltersChanged(alice.id)))
        assert await stream.hears("filters_changed") == "undefined"


async def test_a_stream_is_refused_while_no_news_is_heard(
    town: Town, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await town.client(await town.account("alice"))

    async def deaf(self: postgres.PostgresDatabase) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(postgres.PostgresDatabase, "_hear_once", deaf)
    answer = await alice.get("/api/v1/streaming/user")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "hears no news" in answer.text


async def test_faults_of_ours_are_not_taken_for_an_absence(town: Town, gate: Gate) -> None:
    with pytest.raises(LookupError):
        await town.ctx.db.read(_at_fault)
    with pytest.raises(LookupError):
        await town.ctx.db.write(_at_fault)


async def _at_fault(tx: Reader) -> None:
    raise LookupError
