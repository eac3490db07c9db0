"""Favourites, bookmarks and pins."""

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query

_PAIR = "account_id = :account_id and status_id = :status_id"

PUT_FAVOURITE = Query("""
    insert into favourites (id, account_id, status_id, uri, created_at)
    values (:id, :account_id, :status_id, :uri, :now)
    on conflict (account_id, status_id) do nothing
""")
FAVOURITE_URI = Query(f"select uri from favourites where {_PAIR}")
DROP_FAVOURITE = Query(f"delete from favourites where {_PAIR}")

PUT_BOOKMARK = Query("""
    insert into bookmarks (id, account_id, status_id, created_at) values (:id, :account_id, :status_id, :now)
    on conflict (account_id, status_id) do nothing
""")
DROP_BOOKMARK = Query(f"delete from bookmarks where {_PAIR}")

PUT_PIN = Query("""
    insert into pins (id, account_id, status_id, created_at) values (:id, :account_id, :status_id, :now)
    on conflict (account_id, status_id) do nothing
""")
DROP_PIN = Query(f"delete from pins where {_PAIR}")
PINNED = Query("select status_id from pins where account_id = :account_id order by id desc")


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One account's favourite, bookmark or pin of one post."""

    id: int
    account_id: int
    status_id: int
    now: int
    uri: str = ""


async def put_favourite(tx: Writer, mark: Mark) -> bool:
    """Add a favourite; False when it was there."""
    return bool(await tx.run(PUT_FAVOURITE, **msgspec.structs.asdict(mark)))


async def drop_favourite(tx: Writer, account_id: int, status_id: int) -> str | None:
    """Remove a favourite; answers its activity's uri, None when there was none."""
    uri = await tx.value(FAVOURITE_URI, account_id=account_id, status_id=status_id)
    await tx.run(DROP_FAVOURITE, account_id=account_id, status_id=status_id)
    return None if uri is None else str(uri)


async def put_bookmark(tx: Writer, mark: Mark) -> None:
    """Add a bookmark."""
    await tx.run(PUT_BOOKMARK, id=mark.id, account_id=mark.account_id, status_id=mark.status_id, now=mark.now)


async def drop_bookmark(tx: Writer, account_id: int, status_id: int) -> None:
    """Remove a bookmark."""
    await tx.run(DROP_BOOKMARK, account_id=account_id, status_id=status_id)


async def put_pin(tx: Writer, mark: Mark) -> bool:
    """Pin a post; False when it was pinned."""
    pinned = await tx.run(
        PUT_PIN, id=mark.id, account_id=mark.account_id, status_id=mark.status_id, now=mark.now
    )
    return bool(pinned)


async def drop_pin(tx: Writer, account_id: int, status_id: int) -> bool:
    """Unpin a post; False when it was not pinned."""
    return bool(await tx.run(DROP_PIN, account_id=account_id, status_id=status_id))


async def pinned(db: Reader, account_id: int) -> list[int]:
    """Ids of an account's pinned posts, newest pin first."""
    return await db.values(PINNED, account_id=account_id)
