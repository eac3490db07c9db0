"""How far members have read."""

from collections.abc import Sequence

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns
from fediserver.models.notification import Marker

OF = Query(
    f"select {columns(Marker)} from markers where account_id = :account_id and timeline = any(:timelines)"
)
PUT = Query(f"""
    insert into markers (account_id, timeline, last_read_id, version, updated_at)
    values (:account_id, :timeline, :last_read_id, 1, :now)
    on conflict (account_id, timeline) do update
        set last_read_id = excluded.last_read_id, version = markers.version + 1, updated_at = excluded.updated_at
    returning {columns(Marker)}
""")


async def of(db: Reader, *, account_id: int, timelines: Sequence[str]) -> list[Marker]:
    """A member's markers in those timelines."""
    return await db.all(OF, Marker, account_id=account_id, timelines=timelines) if timelines else []


async def put(tx: Writer, *, account_id: int, timeline: str, last_read_id: str, now: int) -> Marker:
    """Move a marker; its version rises by one."""
    return (
        await tx.all(
            PUT, Marker, account_id=account_id, timeline=timeline, last_read_id=last_read_id, now=now
        )
    )[0]
