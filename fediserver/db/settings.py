"""What the node remembers about itself: its address, its secrets, what an organiser has set."""

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query

ALL = Query("select name, value from settings")
PUT = Query("""
    insert into settings (name, value) values (:name, :value)
    on conflict (name) do update set value = excluded.value
""")
PUT_ONCE = Query("insert into settings (name, value) values (:name, :value) on conflict (name) do nothing")


async def everything(db: Reader) -> dict[str, str]:
    """All settings by name."""
    return dict(await db.rows(ALL))


async def put(tx: Writer, name: str, value: str) -> None:
    """Set one."""
    await tx.run(PUT, name=name, value=value)


async def put_once(tx: Writer, name: str, value: str) -> None:
    """Set one that must not change later; a value that is there stays."""
    await tx.run(PUT_ONCE, name=name, value=value)
