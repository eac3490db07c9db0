"""Transactions run as if one came after the other, within a process and between processes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from functools import partial

import pytest

from fediserver.db import settings
from fediserver.db.database import Clash, Database, Writer, connect
from fediserver.db.grouped import GroupedWrites, Outcome, Work
from fediserver.db.migrate import migrate
from fediserver.db.query import Query
from tests.town import StoppedClock

MANY = 30
INSERT = Query("insert into settings (name, value) values (:name, :value)")


@pytest.fixture
async def processes(database_url: str | None, tmp_path: object) -> AsyncIterator[list[Database]]:
    """The database as each of two processes has it; on SQLite there is one."""
    url = database_url or f"sqlite:///{tmp_path}/node.db"
    opened = [await connect(url) for _ in range(2 if database_url else 1)]
    await migrate(opened[0], StoppedClock())
    yield opened
    for one in opened:
        await one.close()


async def test_a_transaction_may_decide_by_what_it_reads(processes: list[Database]) -> None:
    async def count_up(tx: Writer) -> None:
        before = int((await settings.everything(tx)).get("counter", "0"))
        await settings.put(tx, "counter", str(before + 1))

    await asyncio.gather(*(db.write(count_up) for db in processes for _ in range(MANY)))
    assert (await settings.everything(processes[0]))["counter"] == str(MANY * len(processes))


async def test_whoever_waits_hears_of_a_fault_in_committing() -> None:
    async def faulty(_: Sequence[Work]) -> list[Outcome]:
        raise RuntimeError("a fault")

    async def nothing(_: Writer) -> None:
        pass

    writes = GroupedWrites(faulty, together=9, spread=lambda _: None)
    for _ in range(2):
        async with asyncio.timeout(10):
            with pytest.raises(RuntimeError, match="a fault"):
                await writes.write(nothing)


async def test_one_that_fails_leaves_its_neighbours_alone(processes: list[Database]) -> None:
    async def put(tx: Writer, name: str, problem: Exception | None) -> str:
        await settings.put(tx, name, "here")
        if problem is not None:
            raise problem
        return name

    (db, *_) = processes
    works = [("first", None), ("second", LookupError("a change of mind")), ("third", None)]
    outcomes = await asyncio.gather(
        *(db.write(partial(put, name=name, problem=problem)) for name, problem in works),
        return_exceptions=True,
    )
    assert outcomes == ["first", works[1][1], "third"]
    found = await settings.everything(db)
    assert {"first", "third"} <= set(found)
    assert "second" not in found


async def test_what_goes_on_after_a_query_that_failed_takes_no_neighbour_with_it(
    processes: list[Database],
) -> None:
    (db, *_) = processes
    await db.write(lambda tx: settings.put(tx, "taken", "before"))

    async def put(tx: Writer, name: str) -> str:
        with suppress(Clash):
            await tx.run(INSERT, name=name, value="here")
        return name

    names = ("first", "taken", "third")
    outcomes = await asyncio.gather(
        *(db.write(partial(put, name=name)) for name in names), return_exceptions=True
    )
    assert [outcomes[0], outcomes[2]] == ["first", "third"]
    found = await settings.everything(db)
    assert {name: found.get(name) for name in names} == {"first": "here", "taken": "before", "third": "here"}
