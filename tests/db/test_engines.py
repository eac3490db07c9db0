"""What both engines promise alike: transactions, clashes, snapshots, lists, bytes, migrations."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

from fediserver.db.database import Clash, Database, Reader, Writer, connect
from fediserver.db.migrate import available, migrate
from fediserver.db.query import Query, statements
from fediserver.errors import ConfigError
from tests.town import StoppedClock

PUT = Query("insert into settings (name, value) values (:name, :value)")
VALUE = Query("select value from settings where name = :name")
ALL = Query("select name, value from settings order by name")
SOME = Query("select name, value from settings where name = any(:names) order by name")
OTHERS = Query("select name, value from settings where name <> all(:names) order by name")
RENAME = Query("update settings set value = :value where name = any(:names)")
COUNT = Query("select count(*) from settings")
FOLLOW = Query("""
    insert into follows (id, account_id, target_id, created_at) values (:id, :account_id, :target_id, 0)
""")
SEE = Query("insert into seen (hash, expires_at) values (:hash, 0)")
SEEN = Query("select hash from seen")
RULED = Query("select cast(:flag as boolean) as flag, cast(:absent as bigint) as absent")
HOST = Query("insert into hosts (id, name, due_at) values (:id, :name, :due_at)")
DUE = Query("select id, due_at from hosts order by id")
VERSION = Query("insert into schema_migrations (version, name, applied_at) values (9999, 'later', 0)")
VERSIONS = Query("select count(*) from schema_migrations")


class Setting(msgspec.Struct, array_like=True, frozen=True):
    name: str
    value: str


class Swapped(msgspec.Struct, array_like=True, frozen=True):
    value: str
    name: str


class Ruled(msgspec.Struct, array_like=True, frozen=True):
    flag: bool
    absent: int | None


@pytest.fixture
def url(database_url: str | None, tmp_path: Path) -> str:
    """Where an empty database is; migrated on PostgreSQL, not yet there on SQLite."""
    return database_url or f"sqlite:///{tmp_path}/engine.db"


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    opened = await connect(url)
    await migrate(opened, StoppedClock())
    yield opened
    await opened.close()


async def put(db: Database, **settings: str) -> None:
    async def work(tx: Writer) -> None:
        await tx.many(PUT, [{"name": name, "value": value} for name, value in settings.items()])

    await db.write(work)


# ---------------------------------------------------------------- transactions


async def test_a_transaction_is_done_whole_or_not_at_all(db: Database) -> None:
    async def work(tx: Writer) -> None:
        await tx.run(PUT, name="one", value="1")
        await tx.run(PUT, name="two", value="2")
        raise LookupError("changed my mind")

    with pytest.raises(LookupError, match="changed my mind"):
        await db.write(work)
    assert await db.value(COUNT) == 0


async def test_a_transaction_sees_its_own_changes_and_answers(db: Database) -> None:
    async def work(tx: Writer) -> str:
        assert await tx.run(PUT, name="one", value="1") == 1
        return str(await tx.value(VALUE, name="one"))

    assert await db.write(work) == "1"
    assert await db.value(VALUE, name="one") == "1"
    assert await db.value(VALUE, name="two") is None


async def test_run_tells_how_many_rows_changed(db: Database) -> None:
    await put(db, one="1", two="2", three="3")
    assert await db.write(lambda tx: tx.run(RENAME, value="x", names=["one", "two", "four"])) == 2
    assert await db.write(lambda tx: tx.run(RENAME, value="x", names=[])) == 0


async def test_a_broken_unique_key_is_a_clash(db: Database) -> None:
    await put(db, one="1")

    async def work(tx: Writer) -> None:
        await tx.run(PUT, name="two", value="2")
        await tx.run(PUT, name="one", value="again")

    with pytest.raises(Clash):
        await db.write(work)
    assert await db.rows(ALL) == [("one", "1")]
    with pytest.raises(Clash):
        await put(db, three="3", one="again")
    assert await db.value(COUNT) == 1


async def test_a_broken_foreign_key_is_a_clash(db: Database) -> None:
    with pytest.raises(Clash):
        await db.write(lambda tx: tx.run(FOLLOW, id=1, account_id=77, target_id=78))


async def test_a_failing_transaction_harms_no_other_of_the_same_commit(db: Database) -> None:
    """What comes at once is committed together on SQLite; each stands or falls alone."""

    async def good(tx: Writer, number: int) -> int:
        await tx.run(PUT, name=f"good {number:02}", value="x")
        return number

    async def bad(tx: Writer, number: int) -> int:
        await tx.run(PUT, name=f"bad {number:02}", value="x")
        if number % 2:
            raise LookupError(str(number))
        await tx.run(PUT, name=f"bad {number:02}", value="again")
        return number

    def wanted(number: int):  # type: ignore[no-untyped-def]
        return lambda tx: good(tx, number) if number % 3 else bad(tx, number)

    outcomes = await asyncio.gather(
        *(db.write(wanted(number)) for number in range(90)), return_exceptions=True
    )
    for number, outcome in enumerate(outcomes):
        if number % 3:
            assert outcome == number
        else:
            assert isinstance(outcome, LookupError if number % 2 else Clash)
    names = [row[0] for row in await db.rows(ALL)]
    assert names == sorted(f"good {number:02}" for number in range(90) if number % 3)


async def test_whoever_gives_up_waiting_stops_nobody_else(db: Database) -> None:
    async def work(tx: Writer, name: str) -> None:
        await tx.run(PUT, name=name, value="x")

    tasks = [asyncio.create_task(db.write(lambda tx, name=str(n): work(tx, name))) for n in range(20)]  # type: ignore[misc]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(outcome is None for outcome in outcomes[1::2])
    found = {row[0] for row in await db.rows(ALL)}
    assert {str(n) for n in range(1, 20, 2)} <= found


async def test_writers_at_once_lose_nothing(db: Database) -> None:
    """Read, add one, write: on PostgreSQL a transaction may run twice, but none is lost that was answered."""
    await put(db, count="0")
    raised = Query("update settings set value = cast(cast(value as bigint) + 1 as text) where name = 'count'")
    await asyncio.gather(*(db.write(lambda tx: tx.run(raised)) for _ in range(30)))
    assert await db.value(VALUE, name="count") == "30"


# ---------------------------------------------------------------- reading


async def test_several_reads_see_one_state(db: Database) -> None:
    await put(db, one="1")

    async def work(tx: Reader) -> tuple[int, int]:
        first = await tx.value(COUNT)
        return first, await tx.value(COUNT)

    readings = await asyncio.gather(
        *(db.read(work) for _ in range(20)), *(put(db, **{f"n{n}": "x"}) for n in range(20))
    )
    assert all(reading is None or reading[0] == reading[1] for reading in readings)


async def test_a_snapshot_does_not_see_what_is_committed_meanwhile(db: Database) -> None:
    if db.url.startswith("sqlite:"):
        # There the reads run from start to end in the reader's thread.
        file = db.url.removeprefix("sqlite:///")

        async def work(tx: Reader) -> list[int]:
            before = await tx.value(COUNT)
            with sqlite3.connect(file) as other:
                other.execute("insert into settings (name, value) values ('meanwhile', 'x')")
            other.close()
            return [before, await tx.value(COUNT)]
    else:

        async def work(tx: Reader) -> list[int]:
            before = await tx.value(COUNT)
            await put(db, meanwhile="x")
            return [before, await tx.value(COUNT)]

    assert await db.read(work) == [0, 0]
    assert await db.value(COUNT) == 1


async def test_lists_are_one_parameter(db: Database) -> None:
    await put(db, a="1", b="2", c="3")
    assert await db.rows(SOME, names=["a", "c", "z"]) == [("a", "1"), ("c", "3")]
    assert await db.rows(SOME, names=[]) == []
    assert await db.rows(OTHERS, names=["a"]) == [("b", "2"), ("c", "3")]
    assert len(await db.rows(OTHERS, names=[])) == 3
    many = [f"n{number}" for number in range(5_000)]
    assert await db.rows(SOME, names=[*many, "b"]) == [("b", "2")]


async def test_rows_become_models_when_their_columns_are_the_fields(db: Database) -> None:
    await put(db, one="1")
    assert await db.all(ALL, Setting) == [Setting("one", "1")]
    assert await db.one(ALL, Setting) == Setting("one", "1")
    with pytest.raises(TypeError, match="Swapped"):
        await db.all(ALL, Swapped)


async def test_booleans_and_nothing(db: Database) -> None:
    assert await db.one(RULED, Ruled, flag=True, absent=None) == Ruled(flag=True, absent=None)
    assert await db.one(RULED, Ruled, flag=False, absent=7) == Ruled(flag=False, absent=7)


async def test_bytes_come_back_as_they_were(db: Database) -> None:
    every = bytes(range(256))
    await db.write(lambda tx: tx.run(SEE, hash=every))
    assert await db.values(SEEN) == [every]


@pytest.mark.parametrize(
    "text",
    [
        "żółć 🌳 العربية",
        'it\'s "quoted"; -- drop table settings',
        ":name $1 %s ?",
        "a\nb\tc\\",
        "x" * 1_000_000,
    ],
)
async def test_text_comes_back_as_it_was(db: Database, text: str) -> None:
    await put(db, one=text)
    assert await db.value(VALUE, name="one") == text


async def test_numbers_of_64_bits(db: Database) -> None:
    for number, due in enumerate((0, -1, 2**63 - 1, -(2**63), None)):
        await db.write(lambda tx, n=number, d=due: tx.run(HOST, id=n, name=str(n), due_at=d))  # type: ignore[misc]
    assert [row[1] for row in await db.rows(DUE)] == [0, -1, 2**63 - 1, -(2**63), None]


async def test_slow_reads_see_what_was_written(db: Database) -> None:
    await put(db, one="1")
    assert await db.slow.value(COUNT) == 1


async def test_the_counter_tells_of_other_processes(db: Database, url: str) -> None:
    from fediserver.db import signals

    before = await db.change_counter()
    other = await connect(url)
    await other.write(lambda tx: signals.send(tx, id=1, kind="command", now=0))
    await other.close()
    assert await db.change_counter() != before


# ---------------------------------------------------------------- migrations


async def test_migrations_that_ran_do_not_run_again(db: Database) -> None:
    assert await migrate(db, StoppedClock()) == []
    assert await db.value(VERSIONS) == len(available())


async def test_a_schema_of_a_newer_program_is_refused(db: Database) -> None:
    await db.write(lambda tx: tx.run(VERSION))
    with pytest.raises(ConfigError, match="newer program"):
        await migrate(db, StoppedClock())


async def test_processes_that_start_at_once_migrate_once(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """An empty database, and four that open it at the same time."""
    url = f"sqlite:///{tmp_path}/fresh.db"
    if engine == "postgres":
        socket = request.getfixturevalue("postgres_socket")
        admin = await asyncpg.connect(host=socket, user="postgres", database="postgres")
        await admin.execute(f"create database fresh_{abs(hash(tmp_path))}")
        await admin.close()
        url = f"postgresql://postgres@/fresh_{abs(hash(tmp_path))}?host={socket}"
    opened = [await connect(url) for _ in range(4)]
    try:
        ran = await asyncio.gather(*(migrate(one, StoppedClock()) for one in opened))
        assert sorted(name for names in ran for name in names) == sorted(available().values())
        assert await opened[0].value(VERSIONS) == len(available())
    finally:
        for one in opened:
            await one.close()


async def test_a_migration_that_fails_leaves_nothing(db: Database) -> None:
    async def work(tx: Writer) -> None:
        await tx.script(
            statements("create table half (id bigint); insert into half values (1); drop table nowhere;")
        )

    with pytest.raises(Exception, match="nowhere"):
        await db.migrating(work)
    # The name is free: the first statement was taken back with the last.
    await db.migrating(lambda tx: tx.script(["create table half (id bigint)"]))


async def test_the_file_of_sqlite_is_the_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "node.db"
    db = await connect(f"sqlite:///{file}")
    await migrate(db, StoppedClock())
    modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert file.parent.stat().st_mode & 0o777 == 0o700
    await db.close()
