"""Tells other processes on the same database that something has changed."""

from fediserver.db.database import Writer
from fediserver.db.query import Query

SEND = Query("insert into signals (id, kind, subject, created_at) values (:id, :kind, :subject, :now)")
FORGET = Query("delete from signals where created_at < :before")


async def send(tx: Writer, *, id: int, kind: str, subject: str = "", now: int) -> None:  # noqa: A002 - the column
    """Leave a signal; serving processes look for changes once a second."""
    await tx.run(FORGET, before=now - 3_600_000)
    await tx.run(SEND, id=id, kind=kind, subject=subject, now=now)
