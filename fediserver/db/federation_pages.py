"""What other servers may read of us: collections, page by page."""

import msgspec

from fediserver.clock import DAY
from fediserver.db.database import Reader
from fediserver.db.query import Query, columns
from fediserver.models.status import Status

REPLIES = Query("""
    select uri from statuses
     where in_reply_to_id = :status_id and visibility <= 1 order by id limit :limit
""")
FOLLOWERS = Query("""
    select f.id, a.uri from follows f join accounts a on a.id = f.account_id
     where f.target_id = :account_id and f.id < :before order by f.id desc limit :limit
""")
FOLLOWING = Query("""
    select f.id, a.uri from follows f join accounts a on a.id = f.target_id
     where f.account_id = :account_id and f.id < :before order by f.id desc limit :limit
""")
POSTS = Query(f"""
    select {columns(Status)} from statuses
     where account_id = :account_id and id < :before and visibility <= 1 order by id desc limit :limit
""")
FEATURED = Query("""
    select s.uri from pins p join statuses s on s.id = p.status_id
     where p.account_id = :account_id and s.visibility <= 1 order by p.id desc
""")
MODERATORS = Query("""
    select a.uri from group_members m join accounts a on a.id = m.account_id
     where m.group_id = :group_id and m.role in ('owner', 'moderator') order by m.created_at, a.id
""")
CONVERSATION = Query("""
    select uri from statuses
     where conversation_id = :conversation_id and visibility <= 1 and reblog_of_id is null
     order by id limit :limit
""")
USAGE = Query("""
    select (select count(*) from users) as users,
           (select count(*) from users u join accounts a on a.id = u.account_id and a.domain = ''
             where a.last_status_at > :month) as active_month,
           (select count(*) from users u join accounts a on a.id = u.account_id and a.domain = ''
             where a.last_status_at > :half_year) as active_half_year,
           (select cast(coalesce(sum(statuses_count), 0) as bigint) from accounts where domain = '') as posts,
           0 as comments
""")


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """One account of a list, with the id of the relation as cursor."""

    id: int
    uri: str


class Usage(msgspec.Struct, array_like=True, frozen=True):
    """Figures about the node, as NodeInfo tells them."""

    users: int
    active_month: int
    active_half_year: int
    posts: int
    comments: int


async def replies(db: Reader, *, status_id: int, limit: int) -> list[str]:
    """Open replies to a post, oldest first."""
    return await db.values(REPLIES, status_id=status_id, limit=limit)


async def followers(db: Reader, *, account_id: int, before: int, limit: int) -> list[Entry]:
    """Who follows an account, newest first."""
    return await db.all(FOLLOWERS, Entry, account_id=account_id, before=before, limit=limit)


async def following(db: Reader, *, account_id: int, before: int, limit: int) -> list[Entry]:
    """Whom an account follows, newest first."""
    return await db.all(FOLLOWING, Entry, account_id=account_id, before=before, limit=limit)


async def posts(db: Reader, *, account_id: int, before: int, limit: int) -> list[Status]:
    """Open posts and boosts of an account, newest first."""
    return await db.all(POSTS, Status, account_id=account_id, before=before, limit=limit)


async def featured(db: Reader, *, account_id: int) -> list[str]:
    """Open pinned posts."""
    return await db.values(FEATURED, account_id=account_id)


async def moderators(db: Reader, *, group_id: int) -> list[str]:
    """Who runs a group."""
    return await db.values(MODERATORS, group_id=group_id)


async def conversation(db: Reader, *, conversation_id: int, limit: int) -> list[str]:
    """Open posts of a thread, oldest first."""
    return await db.values(CONVERSATION, conversation_id=conversation_id, limit=limit)


async def usage(db: Reader, *, now: int) -> Usage:
    """Figures about the node."""
    found = await db.one(USAGE, Usage, month=now - 30 * DAY, half_year=now - 180 * DAY)
    return found or Usage(users=0, active_month=0, active_half_year=0, posts=0, comments=0)
