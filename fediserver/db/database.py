"""What the layers above see of a database: readers, transactions, and the two engines behind them."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from fediserver.db.bus import Bus
from fediserver.db.query import Query
from fediserver.errors import ConfigError
from fediserver.models.event import Event

Row = TypeVar("Row")
Result = TypeVar("Result")


class Clash(Exception):
    """A row breaks a unique or foreign key; what wanted it may look again and decide."""


class Away(Exception):
    """The database does not answer now. Whether what was asked has happened is not known: it may be tried again.

    Not one of `errors.py`: for a handler it is never a verdict on what it handles.
    """


class Engine(NamedTuple):
    """What keeps the data: its name, its version, and bytes on the disk."""

    name: str
    version: str
    size: int


class Reader(ABC):
    """Runs queries that change nothing. Parameters are given by name."""

    @abstractmethod
    async def rows(self, query: Query, /, **params: Any) -> list[tuple[Any, ...]]:
        """Plain tuples."""

    @abstractmethod
    async def all(self, query: Query, row: type[Row], /, **params: Any) -> list[Row]:
        """Every row, as models whose fields are the columns in order."""

    async def one(self, query: Query, row: type[Row], /, **params: Any) -> Row | None:
        """The first row, or None."""
        found = await self.all(query, row, **params)
        return found[0] if found else None

    async def values(self, query: Query, /, **params: Any) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in await self.rows(query, **params)]

    async def value(self, query: Query, /, **params: Any) -> Any:
        """The first column of the first row, or None."""
        found = await self.rows(query, **params)
        return found[0][0] if found else None


class Writer(Reader):
    """A transaction: what it does is seen by others at its end, all of it or nothing."""

    @abstractmethod
    async def run(self, query: Query, /, **params: Any) -> int:
        """Change rows; answers how many."""

    @abstractmethod
    async def many(self, query: Query, rows: Sequence[Mapping[str, Any]], /) -> None:
        """The same change for several sets of parameters."""

    @abstractmethod
    async def tell(self, event: Event, /) -> None:
        """Have everybody who listens told of it once this transaction is committed, and only then."""

    @abstractmethod
    async def script(self, statements: Sequence[str], /) -> None:
        """Run statements of a migration."""


class Database(Reader):
    """An open database. Itself a reader; `write` makes transactions, and what they tell comes to the bus."""

    url: str
    bus: Bus

    @property
    @abstractmethod
    def slow(self) -> Reader:
        """A reader for what may take long (search, admin, export), so that others do not wait for it."""

    @abstractmethod
    async def read(self, work: Callable[[Reader], Awaitable[Result]]) -> Result:
        """Several queries over one state of the data, in one hop."""

    @abstractmethod
    async def write(self, work: Callable[[Writer], Awaitable[Result]]) -> Result:
        """Run `work` in a transaction and commit it; on return it is durable.

        `work` awaits nothing but its own queries: on SQLite the whole of it runs in the writer's
        thread, on PostgreSQL the other processes of the node wait for it. No other transaction comes
        between its queries, so that it may decide by what it reads. A query that fails ends it: on PostgreSQL
        none goes on after that.
        Raises Clash, or whatever `work` raises, with nothing changed.
        """

    @abstractmethod
    async def migrating(self, work: Callable[[Writer], Awaitable[Result]]) -> Result:
        """A transaction that no other process's migration runs beside."""

    @abstractmethod
    async def listen(self) -> bool:
        """Bring to the bus what transactions of any process tell, from now on; False when that cannot be, now.

        Where several processes share a database this takes a connection, so only who serves asks for it.
        When it is lost, and events with it, the bus carries `MISSED`.
        """

    @abstractmethod
    async def change_counter(self) -> int:
        """A number that differs from the last one when another process has changed something."""

    @abstractmethod
    async def engine(self) -> Engine:
        """What keeps the data."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what runs and let go of the files or connections."""


async def connect(url: str) -> Database:
    """Open `sqlite:///path` or `postgresql://…`."""
    if url.startswith("sqlite:///"):
        from fediserver.db.sqlite import SqliteDatabase

        return await SqliteDatabase.open(url)
    if not url.startswith(("postgresql://", "postgres://")):
        raise ConfigError("FEDISERVER_DATABASE_URL must begin with sqlite:/// or postgresql://")
    from fediserver.db.postgres import PostgresDatabase

    return await PostgresDatabase.open(url)
