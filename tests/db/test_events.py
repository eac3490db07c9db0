"""What transactions tell: heard after the commit and only then, in every process that listens."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from fediserver.db import postgres
from fediserver.db.database import Database, Writer, connect
from fediserver.db.query import Query
from fediserver.models.event import Event, FiltersChanged, Notified, Posted
from tests.processes import eventually
from tests.town import Town

PUT = Query("insert into settings (name, value) values (:name, 'x')")


class Ear:
    """What came to a bus, in order."""

    def __init__(self, db: Database) -> None:
        self.heard: list[Event] = []
        self.stop = db.bus.hear(self.heard.append)

    async def hears(self, *events: Event) -> None:
        async def all_there() -> bool:
            return len(self.heard) >= len(events)

        await eventually(f"{events} heard", all_there, every=0.01)
        assert self.heard == list(events)


@pytest.fixture
async def db(town: Town) -> Database:
    await town.ctx.db.listen()
    return town.ctx.db


@pytest.fixture
async def other(db: Database) -> AsyncIterator[Database]:
    """The same database in what might be another process."""
    opened = await connect(db.url)
    await opened.listen()
    yield opened
    await opened.close()


async def test_what_a_transaction_tells_is_heard_in_order(db: Database) -> None:
    ear = Ear(db)

    async def work(tx: Writer) -> str:
        await tx.tell(Posted(1))
        await tx.run(PUT, name="one")
        await tx.tell(Notified(2, 3))
        assert ear.heard == []
        return "done"

    assert await db.write(work) == "done"
    await ear.hears(Posted(1), Notified(2, 3))
    ear.stop()
    await db.write(lambda tx: tx.tell(Posted(4)))
    assert len(ear.heard) == 2


async def test_what_is_undone_was_never_said(db: Database) -> None:
    ear = Ear(db)

    async def change_of_mind(tx: Writer) -> None:
        await tx.tell(Posted(1))
        raise LookupError

    async def clash(tx: Writer) -> None:
        await tx.tell(Posted(2))
        await tx.run(PUT, name="base_url")

    good = db.write(lambda tx: tx.tell(Posted(3)))
    outcomes = await asyncio.gather(db.write(change_of_mind), db.write(clash), good, return_exceptions=True)
    assert [isinstance(one, Exception) for one in outcomes] == [True, True, False]
    await ear.hears(Posted(3))


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_every_process_hears(db: Database, other: Database) -> None:
    here, there = Ear(db), Ear(other)
    await db.write(lambda tx: tx.tell(FiltersChanged(7)))
    await there.hears(FiltersChanged(7))
    await other.write(lambda tx: tx.tell(FiltersChanged(8)))
    for ear in (here, there):
        await ear.hears(FiltersChanged(7), FiltersChanged(8))


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_a_lost_connection_is_made_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "LISTEN_AGAIN", 0.05)
    ear = Ear(db)
    admin = await asyncpg.connect(db.url)
    listening = "select pid from pg_stat_activity where datname = current_database() and query like 'LISTEN%'"
    before = await admin.fetchval(listening)
    await admin.execute("select pg_terminate_backend($1)", before)

    async def again() -> bool:
        return await admin.fetchval(listening) not in (None, before)

    await eventually("it listens again", again, every=0.02)
    await admin.close()
    await db.listen()
    await db.write(lambda tx: tx.tell(Posted(9)))
    await ear.hears(Posted(9))
