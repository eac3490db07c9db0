"""PostgreSQL by asyncpg: any number of processes on any number of machines."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from fediserver.db.database import Clash, Database, Reader, Result, Row, Writer
from fediserver.db.query import Query
from fediserver.errors import ConfigError

CONNECTIONS = 10
ATTEMPTS = 4
"""How often a transaction that lost a deadlock runs again."""
_MIGRATION_LOCK = 0x66656469
_LOST = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)


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
        self._pool = pool
        self._reader = _ConnectionReader(pool)

    @classmethod
    async def open(cls, url: str) -> "PostgresDatabase":
        try:
            pool = await asyncpg.create_pool(url, min_size=1, max_size=CONNECTIONS, command_timeout=60)
        except (OSError, asyncpg.PostgresError) as problem:
            raise ConfigError(
                f"the database of FEDISERVER_DATABASE_URL cannot be opened: {problem}; is PostgreSQL running there?"
            ) from None
        return cls(url, pool)

    async def rows(self, query: Query, /, **params: Any) -> list[tuple[Any, ...]]:
        return await self._reader.rows(query, **params)

    async def all(self, query: Query, row: type[Row], /, **params: Any) -> list[Row]:
        return await self._reader.all(query, row, **params)

    @property
    def slow(self) -> Reader:
        return self._reader

    async def read(self, work: Callable[[Reader], Awaitable[Result]]) -> Result:
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await work(_ConnectionReader(connection))

    async def write(self, work: Callable[[Writer], Awaitable[Result]]) -> Result:
        for attempt in range(ATTEMPTS):
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    return await work(_ConnectionWriter(connection))
            except _LOST:
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.01 * 2**attempt)
        raise AssertionError("the loop returns or raises")

    async def migrating(self, work: Callable[[Writer], Awaitable[Result]]) -> Result:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(f"select pg_advisory_xact_lock({_MIGRATION_LOCK})")
            return await work(_ConnectionWriter(connection))

    async def change_counter(self) -> int:
        row = await self._pool.fetchrow("select coalesce(max(id), 0) from signals")
        return int(row[0])

    async def close(self) -> None:
        await self._pool.close()
