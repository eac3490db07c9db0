"""SQLite: a reader for short queries, a slow reader and one writer, these two in threads of their own.

Short queries run where they are asked, in the event loop: one takes 10 to 60 µs from pages in memory,
and WAL lets no writer hold it up, while handing it to a thread and back costs up to 250 µs of CPU where
that wakes an idle core. Whatever may take long belongs to `slow`.

A transaction is a coroutine that only awaits its own queries; here it runs from start to end in the
writer's thread, so that it costs one hop between threads however many queries it has. Transactions
that wait at the same time are committed together, each in a savepoint: one fsync for all.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite
import msgspec
import orjson

from fediserver.db.bus import Bus
from fediserver.db.database import Clash, Database, Engine, Reader, Result, Row, Writer
from fediserver.db.grouped import GroupedWrites, Outcome, Work
from fediserver.db.query import Query
from fediserver.errors import ConfigError, Unavailable
from fediserver.models.event import Event

BUSY_SECONDS = 10.0
TOGETHER = 64
"""Transactions in one commit: enough to share an fsync, few enough that none waits long."""

Answer = TypeVar("Answer")


class _Connection(aiosqlite.Connection):
    """aiosqlite's thread and queue, with a way to run a function of ours in that thread."""

    async def call(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        return cast(Answer, await self._execute(work, self._conn))  # type: ignore[no-untyped-call]


def _bind(query: Query, params: Mapping[str, Any]) -> Mapping[str, Any]:
    if not query.lists:
        return params
    return {
        name: orjson.dumps(list(value)).decode() if name in query.lists else value
        for name, value in params.items()
    }


def _fetch(connection: sqlite3.Connection, query: Query, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return connection.execute(query.sqlite, _bind(query, params)).fetchall()


def _fetch_as(
    connection: sqlite3.Connection, query: Query, row: type[Row], params: Mapping[str, Any]
) -> list[Row]:
    cursor = connection.execute(query.sqlite, _bind(query, params))
    if row not in query.checked:
        query.check(row, [column[0] for column in cursor.description])
    return msgspec.convert(cursor.fetchall(), list[row], strict=False)  # type: ignore[valid-type]


def _drive(work: Awaitable[Result]) -> Result:
    """Run a coroutine that never really waits, here and now."""
    coroutine = cast(Coroutine[Any, Any, Result], work)
    try:
        coroutine.send(None)
    except StopIteration as finished:
        return cast(Result, finished.value)
    coroutine.close()
    raise RuntimeError("a transaction may await nothing but its own queries")


class _ThreadReader(Reader):
    """Queries here and now, in the thread that the connection belongs to."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def rows(self, query: Query, /, **params: Any) -> list[tuple[Any, ...]]:
        return _fetch(self._connection, query, params)

    async def all(self, query: Query, row: type[Row], /, **params: Any) -> list[Row]:
        return _fetch_as(self._connection, query, row, params)


class _ThreadWriter(_ThreadReader, Writer):
    """Changes within the writer's own thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.told: list[Event] = []

    async def tell(self, event: Event, /) -> None:
        self.told.append(event)

    async def run(self, query: Query, /, **params: Any) -> int:
        try:
            return self._connection.execute(query.sqlite, _bind(query, params)).rowcount
        except sqlite3.IntegrityError as problem:
            raise Clash(str(problem)) from problem

    async def many(self, query: Query, rows: Sequence[Mapping[str, Any]], /) -> None:
        try:
            self._connection.executemany(query.sqlite, [_bind(query, row) for row in rows])
        except sqlite3.IntegrityError as problem:
            raise Clash(str(problem)) from problem

    async def script(self, statements: Sequence[str], /) -> None:
        for statement in statements:
            self._connection.execute(statement)


class _HopReader(Reader):
    """Queries from the event loop: one hop to the connection's thread for each."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    async def rows(self, query: Query, /, **params: Any) -> list[tuple[Any, ...]]:
        return await self._connection.call(lambda connection: _fetch(connection, query, params))

    async def all(self, query: Query, row: type[Row], /, **params: Any) -> list[Row]:
        return await self._connection.call(lambda connection: _fetch_as(connection, query, row, params))


class SqliteDatabase(_ThreadReader, Database):
    """One file in WAL mode; commits are on the disk before `write` returns (`synchronous=full`)."""

    def __init__(self, url: str, reader: sqlite3.Connection, slow: _Connection, writer: _Connection) -> None:
        super().__init__(reader)
        self.url = url
        self.bus = Bus()
        self._slow = slow
        self._writer = writer
        self._slow_reader = _HopReader(slow)
        self._writes = GroupedWrites(self._commit, together=TOGETHER, spread=self.bus.spread)

    @classmethod
    async def open(cls, url: str) -> "SqliteDatabase":
        path = Path(url.removeprefix("sqlite:///"))
        try:
            _prepare(path)
            writer = await _open(path)
            return cls(url, _connected(path), await _open(path), writer)
        except (sqlite3.Error, OSError) as problem:
            raise ConfigError(f"the database {path} cannot be opened: {problem}") from None

    @property
    def slow(self) -> Reader:
        return self._slow_reader

    async def read(self, work: Callable[[Reader], Awaitable[Result]]) -> Result:
        self._connection.execute("begin")
        try:
            return _drive(work(self))
        finally:
            self._connection.execute("commit")

    async def write(self, work: Callable[[Writer], Awaitable[Result]]) -> Result:
        return await self._writes.write(work)

    async def migrating(self, work: Callable[[Writer], Awaitable[Result]]) -> Result:
        return await self.write(work)

    async def listen(self) -> bool:
        """Only one process writes what anybody streams; it tells its own bus."""
        return True

    async def change_counter(self) -> int:
        return cast(int, self._connection.execute("pragma data_version").fetchone()[0])

    async def engine(self) -> Engine:
        pages, size = (
            int(self._connection.execute(f"pragma {name}").fetchone()[0])
            for name in ("page_count", "page_size")
        )
        return Engine("SQLite", sqlite3.sqlite_version, pages * size)

    async def close(self) -> None:
        await self._writes.settle()
        for connection in (self._slow, self._writer):
            await connection.close()
        self._connection.close()

    async def _commit(self, works: Sequence[Work]) -> list[Outcome]:
        return await self._writer.call(lambda connection: _commit(connection, works))


def _prepare(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made before SQLite makes it: the log and shared-memory files take this mode, too.
    path.touch(mode=0o600)
    # A file that is no database is noticed here, where no thread has been started yet.
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as trial:
        trial.execute("pragma schema_version").fetchone()


def _connected(path: Path) -> sqlite3.Connection:
    # aiosqlite uses it from one thread, but makes it in another.
    connection = sqlite3.connect(
        path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False, cached_statements=1024
    )
    for pragma in (
        "journal_mode=wal",
        "synchronous=full",
        "foreign_keys=on",
        "temp_store=memory",
        "cache_size=-8000",
        "mmap_size=0",
        "journal_size_limit=33554432",
    ):
        connection.execute(f"pragma {pragma}")
    return connection


async def _open(path: Path) -> _Connection:
    connection = _Connection(lambda: _connected(path), iter_chunk_size=64)
    return cast(_Connection, await connection)


def _commit(connection: sqlite3.Connection, works: Sequence[Work]) -> list[Outcome]:
    """Run each in a savepoint, commit once; a problem with the commit is everybody's problem."""
    try:
        connection.execute("begin immediate")
        outcomes = [_attempt(connection, work) for work in works]
        connection.execute("commit")
    except sqlite3.Error as problem:
        if connection.in_transaction:
            connection.execute("rollback")
        return [Outcome(problem=_told(problem)) for _ in works]
    return outcomes


def _told(problem: Exception) -> Exception:
    """What the person who asked can be told: a full disk is nothing that they did."""
    if isinstance(problem, sqlite3.OperationalError) and problem.sqlite_errorcode == sqlite3.SQLITE_FULL:
        return Unavailable("The disk of this node is full; the people who run it have to make room", 300)
    return problem


def _attempt(connection: sqlite3.Connection, work: Work) -> Outcome:
    connection.execute("savepoint attempt")
    tx = _ThreadWriter(connection)
    try:
        outcome = Outcome(value=_drive(work(tx)), told=tx.told)
    except Exception as problem:  # noqa: BLE001 - handed to the one who asked for the work
        connection.execute("rollback to attempt")
        outcome = Outcome(problem=_told(problem))
    connection.execute("release attempt")
    return outcome
