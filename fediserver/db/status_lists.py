"""Lists of posts that are not timelines: of one account, favourites, bookmarks, threads.

They answer what there is; who may see it is decided by actions/visibility.py.
"""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query

_OF = "select s.id as cursor, s.id as id from statuses s where s.account_id = :account_id"
_PLAIN = """
    and (:only_media = false or s.media_count > 0)
    and (:exclude_reblogs = false or s.reblog_of_id is null)
    and (:exclude_direct = false or s.visibility <> 3)
    and (:exclude_replies = false or (s.in_reply_to_uri is null
         and (s.in_reply_to_id is null or s.in_reply_to_account_id = s.account_id)))
"""
OF_ACCOUNT = Listing(f"{_OF} {_PLAIN}", "s.id")
OF_ACCOUNT_TAGGED = Listing(
    f"""
    select s.id as cursor, s.id as id
      from tags g
      join status_tags t on t.tag_id = g.id
      join statuses s on s.id = t.status_id
     where g.name = :tag and t.account_id = :account_id {_PLAIN}
    """,
    "t.status_id",
)
FAVOURITES = Listing(
    "select f.id as cursor, f.status_id as id from favourites f where f.account_id = :account_id", "f.id"
)
BOOKMARKS = Listing(
    "select f.id as cursor, f.status_id as id from bookmarks f where f.account_id = :account_id", "f.id"
)

# A thread is read whole, up to a bound, and cut to what hangs on the post that is asked for.
THREAD = Query("""
    select id, in_reply_to_id as parent_id, account_id from statuses
     where conversation_id = :conversation_id and reblog_of_id is null
     order by id limit :limit
""")


class Kinds(msgspec.Struct, frozen=True, kw_only=True):
    """Which of an account's posts are wanted."""

    only_media: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    exclude_direct: bool = False


class Knot(msgspec.Struct, array_like=True, frozen=True):
    """A post's place in its thread."""

    id: int
    parent_id: int | None
    account_id: int


async def of_account(
    db: Reader, bounds: Bounds, *, account_id: int, kinds: Kinds, tag: str = ""
) -> list[Entry]:
    """An account's posts and boosts, newest first; with `tag` (folded) only those that carry it."""
    params = msgspec.structs.asdict(kinds)
    if tag:
        return await OF_ACCOUNT_TAGGED.page(db, bounds, account_id=account_id, tag=tag, **params)
    return await OF_ACCOUNT.page(db, bounds, account_id=account_id, **params)


async def favourites(db: Reader, bounds: Bounds, *, account_id: int) -> list[Entry]:
    """What an account favourited, latest first."""
    return await FAVOURITES.page(db, bounds, account_id=account_id)


async def bookmarks(db: Reader, bounds: Bounds, *, account_id: int) -> list[Entry]:
    """What an account bookmarked, latest first."""
    return await BOOKMARKS.page(db, bounds, account_id=account_id)


async def thread(db: Reader, *, conversation_id: int, limit: int) -> Sequence[Knot]:
    """The posts of a thread, oldest first."""
    return await db.all(THREAD, Knot, conversation_id=conversation_id, limit=limit)
