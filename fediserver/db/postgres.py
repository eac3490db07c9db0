"""PostgreSQL by asyncpg: any number of processes on any number of machines.

One process of a node writes at a time, under a lock: a transaction may decide by what it reads, as it may on SQLite,
and no other comes between. (Serializable isolation promises the same, but where every post touches the rows of the
same tag it undoes more than it lets pass: docs/decisions/0009-one-writer.md.)
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import asyncpg
import msgspec

from fediserver.db.bus import MISSED, Bus
from fediserver.db.database import Away, Clash, Database, Engine, Reader, Result, Row, Writer
from fediserver.db.grouped import GroupedWrites, Outcome, Work
from fediserver.db.query import Query
from fediserver.errors import ConfigError
from fediserver.models import event as events
from fediserver.models.event import Event

log = logging.getLogger(__name__)

CONNECTIONS = 10
TOGETHER = 16
"""Transactions in one commit: other processes of the node wait meanwhile."""
LONGEST_PAUSE = 20
"""Seconds that a process may hold the lock and ask nothing: one that stands still must not stop the others."""
_MIGRATION_LOCK = 0x66656469
_WRITER_LOCK = 0x77726974
CHANNEL = "fediserver"
"""Where transactions tell the processes of a node what happened."""
LISTEN_AGAIN = 1.0
STILL_THERE = 30.0
"""Seconds between looks whether a connection that hears nothing is one still."""


# Class 08 (the connection), 53 (too many of them) and 57 (the server is shut down or starts), and what is below those.
_GONE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
)


@contextmanager
def _or_away() -> Iterator[None]:
    """Raise Away for whatever says that the server cannot be asked."""
    try:
        yield
    except Exception as problem:
        if _means_away(problem):
            raise Away(str(problem) or type(problem).__name__) from problem
        raise


def _means_away(problem: BaseException) -> bool:
    # The client's own word for a connection that broke is an InterfaceError, as are faults of ours; the end of a
    # transaction on such a connection hides what broke it. A connection on which the server has said good-bye, but
    # not hung up yet, has no state in which the client could ask.
    hidden = problem.__context__ if isinstance(problem, asyncpg.InterfaceError) else None
    return (
        isinstance(problem, _GONE)
        or (isinstance(problem, asyncpg.InternalClientError) and "cannot switch to state" in str(problem))
        or (
            isinstance(problem, asyncpg.InterfaceError)
            and ("closed" in str(problem) or isinstance(hidden, _GONE))
        )
    )


class _ConnectionReader(Reader):
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def rows(self, query: Query, /, **params: Any) -> list[tuple[Any, ...]]:
        found = await self._connection.fetch(query.postgres, *[params[name] for name in query.names])
        return [tuple(record) for record in found]

    async def all(self, query: Query, row: type[Row], /, **params: Any) -> list[Row]:
        found = await self._connection.fetch(query.postgres, *[params[name] for name in query.names])
        if found and row not in query.checked:
            query.check(row, list(found[0].keys()))
        return msgspec.convert([tuple(record) for record in found], list[row], strict=False)  # type: ignore[valid-type]


class _ConnectionWriter(_ConnectionReader, Writer):
    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._told: list[Event] = []

    async def tell(self, event: Event, /) -> None:
        self._told.append(event)

    async def notify(self) -> None:
        """Hand over what is to be told, which PostgreSQL does when it commits."""
        if self._told:
            told = [events.encode(event) for event in self._told]
            await self._connection.execute("select pg_notify($1, t) from unnest($2::text[]) t", CHANNEL, told)

    async def run(self, query: Query, /, **params: Any) -> int:
        try:
            tag = await self._connection.execute(query.postgres, *[params[name] for name in query.names])
        except asyncpg.IntegrityConstraintViolationError as problem:
            raise Clash(str(problem)) from problem
        # "INSERT 0 3", "UPDATE 3", "DELETE 3"
        return int(tag.rsplit(" ", 1)[-1]) if tag[-1:].isdigit() else 0

    async def many(self, query: Query, rows: Sequence[Mapping[str, Any]], /) -> None:
        try:
            await self._connection.executemany(
                query.postgres, [[row[name] for name in query.names] for row in rows]
            )
        except asyncpg.IntegrityConstraintViolationError as problem:
            raise Clash(str(problem)) from problem

    async def script(self, statements: Sequence[str], /) -> None:
        for statement in statements:
            await self._connection.execute(statement)


class PostgresDatabase(Database):
    """A pool of connections; the pool itself answers single queries."""

    def __init__(self, url: str, pool: Any) -> None:
        self.url = url
        self.bus = Bus()
        self._pool = pool
        self._reader = _ConnectionReader(pool)
        # What is told comes back to the bus from PostgreSQL, to this process as to the others.
        self._writes = GroupedWrites(self._commit, together=TOGETHER, spread=self.bus.spread)
        self._listening: asyncio.Task[None] | None = None
        self._hears = asyncio.Event()

    @classmethod
    async def open(cls, url: str) -> "PostgresDatabase":
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=CONNECTIONS,
                command_timeout=60,
                server_settings={"idle_in_transaction_session_timeout": f"{LONGEST_PAUSE}s"},
            )
        except (OSError, asyncpg.PostgresError) as problem:
            raise ConfigError(
                f"the database of FEDISERVER_DATABASE_URL cannot be opened: {problem}; is PostgreSQL running there?"
            ) from None
        return cls(url, pool)

    async def rows(self, query: Query, /, **params: Any) -> list[tuple[Any, ...]]:
        with _or_away():
            return await self._reader.rows(query, **params)

    async def all(self, query: Query, row: type[Row], /, **params: Any) -> list[Row]:
        with _or_away():
            return await self._reader.all(query, row, **params)

    @property
    def slow(self) -> Reader:
        return self

    async def read(self, work: Callable[[Reader], Awaitable[Result]]) -> Result:
        with _or_away():
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                return await work(_ConnectionReader(connection))

    async def write(self, work: Callable[[Writer], Awaitable[Result]]) -> Result:
        return await self._writes.write(work)

    async def migrating(self, work: Callable[[Writer], Awaitable[Result]]) -> Result:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(f"select pg_advisory_xact_lock({_MIGRATION_LOCK})")
            return await work(_ConnectionWriter(connection))

    async def listen(self) -> bool:
        if self._listening is None:
            self._listening = asyncio.create_task(self._keep_listening())
        # Where the database is away for a moment, what waits for it waits no longer than that.
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * LISTEN_AGAIN):
                await self._hears.wait()
        return self._hears.is_set()

    async def _keep_listening(self) -> None:
        """Hear what is told, over a connection that is made again when it breaks."""
        while True:
            try:
                await self._hear_once()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
                log.warning("the connection that hears of events is lost, and made again: %s", problem)
            await asyncio.sleep(LISTEN_AGAIN)

    async def _hear_once(self) -> None:
        connection = await asyncpg.connect(self.url, timeout=10)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._heard)
            self._hears.set()
            while not lost.is_set():
                try:
                    async with asyncio.timeout(STILL_THERE):
                        await lost.wait()
                except TimeoutError:
                    await connection.execute("select 1", timeout=10)
        finally:
            if self._hears.is_set():
                self._hears.clear()
                self.bus.publish(MISSED)
            connection.terminate()

    def _heard(self, connection: object, process: int, channel: str, text: str) -> None:
        try:
            event = events.decode(text)
        except msgspec.DecodeError as problem:
            log.warning("an event that this version does not know: %s", problem)
            return
        self.bus.spread(event)

    async def change_counter(self) -> int:
        with _or_away():
            row = await self._pool.fetchrow("select coalesce(max(id), 0) from signals")
        return int(row[0])

    async def engine(self) -> Engine:
        with _or_away():
            row = await self._pool.fetchrow(
                "select current_setting('server_version'), pg_database_size(current_database())"
            )
        return Engine("PostgreSQL", str(row[0]).partition(" ")[0], int(row[1]))

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._writes.settle()
        await self._pool.close()

    async def _commit(self, works: Sequence[Work]) -> list[Outcome]:
        """Run each in a savepoint, commit once; a problem with the commit is everybody's problem."""
        try:
            with _or_away():
                async with self._pool.acquire() as connection, connection.transaction():
                    await connection.execute(f"select pg_advisory_xact_lock({_WRITER_LOCK})")
                    return [await _attempt(connection, work) for work in works]
        except Exception as problem:  # noqa: BLE001 - handed to those who asked for the work
            return [Outcome(problem=problem) for _ in works]


async def _attempt(connection: Any, work: Work) -> Outcome:
    await connection.execute("savepoint attempt")
    tx = _ConnectionWriter(connection)
    try:
        value = await work(tx)
        await tx.notify()
        # Refused when the work went on after a query that failed: then nothing else of the group may be lost with it,
        # for PostgreSQL would answer the commit and undo everything.
        await connection.execute("release attempt")
    except Exception as problem:
        if connection.is_closed():
            raise
        await connection.execute("rollback to attempt; release attempt")
        return Outcome(problem=problem)
    return Outcome(value=value)
