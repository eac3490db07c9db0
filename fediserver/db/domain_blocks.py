"""Servers of which a member wants to see nothing."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query, columns
from fediserver.models.account import Account

PUT = Query("""
    insert into domain_blocks (id, account_id, domain, created_at) values (:id, :account_id, :domain, :now)
    on conflict (account_id, domain) do nothing
""")
DROP = Query("delete from domain_blocks where account_id = :account_id and domain = :domain")
COUNT = Query("select count(*) from domain_blocks where account_id = :account_id")
LIST = Listing(
    "select d.id as cursor, d.id as id from domain_blocks d where d.account_id = :account_id", "d.id"
)
NAMES = Query("select id, domain from domain_blocks where id = any(:ids)")

FORGET_HOME = Query("""
    delete from home_entries
     where account_id = :account_id
       and exists (select 1 from accounts a where a.id = home_entries.author_id and a.domain = :domain)
""")
FORGET_NOTIFICATIONS = Query("""
    delete from notifications
     where account_id = :account_id
       and exists (select 1 from accounts a where a.id = notifications.from_id and a.domain = :domain)
""")
FORGET_REQUESTS = Query("""
    delete from notification_requests
     where account_id = :account_id
       and exists (select 1 from accounts a where a.id = notification_requests.from_id and a.domain = :domain)
""")
TIES = Query("""
    select (select count(*) from follows f join accounts a on a.id = f.target_id
             where f.account_id = :account_id and a.domain = :domain) as following,
           (select count(*) from follows f join accounts a on a.id = f.account_id
             where f.target_id = :account_id and a.domain = :domain) as followers
""")
TIED = Query(f"""
    select {columns(Account, "a")} from accounts a where a.domain = :domain and a.id in (
        select target_id from follows where account_id = :account_id
         union select account_id from follows where target_id = :account_id
         union select target_id from follow_requests where account_id = :account_id
         union select account_id from follow_requests where target_id = :account_id)
     limit :limit
""")


class Ties(msgspec.Struct, array_like=True, frozen=True):
    """How many of a server a member follows, and how many of it follow the member."""

    following: int
    followers: int


def blocked(reader: str, authors: str) -> str:
    """The condition that a member blocks the server of one of some authors, all given by their ids."""
    return f"""exists (select 1 from domain_blocks db join accounts da on da.domain = db.domain
                        where db.account_id = {reader} and da.id in ({authors}))"""


async def put(tx: Writer, *, id: int, account_id: int, domain: str, now: int) -> bool:  # noqa: A002
    """Block a server; False when it was blocked."""
    return bool(await tx.run(PUT, id=id, account_id=account_id, domain=domain, now=now))


async def drop(tx: Writer, *, account_id: int, domain: str) -> None:
    """No longer block a server."""
    await tx.run(DROP, account_id=account_id, domain=domain)


async def count(db: Reader, account_id: int) -> int:
    """How many servers a member blocks."""
    return int(await db.value(COUNT, account_id=account_id))


async def page(db: Reader, bounds: Bounds, *, account_id: int) -> list[Entry]:
    """The servers that a member blocks, latest first; both ids are those of the blocks."""
    return await LIST.page(db, bounds, account_id=account_id)


async def names(db: Reader, ids: Sequence[int]) -> dict[int, str]:
    """Servers by the ids of their blocks."""
    return dict(await db.rows(NAMES, ids=ids)) if ids else {}


async def forget(tx: Writer, *, account_id: int, domain: str) -> None:
    """Take everything of a server out of one member's home and notifications."""
    await tx.run(FORGET_HOME, account_id=account_id, domain=domain)
    await tx.run(FORGET_NOTIFICATIONS, account_id=account_id, domain=domain)
    await tx.run(FORGET_REQUESTS, account_id=account_id, domain=domain)


async def ties(db: Reader, *, account_id: int, domain: str) -> Ties:
    """What a block would cut."""
    return await db.one(TIES, Ties, account_id=account_id, domain=domain) or Ties(0, 0)


async def tied(db: Reader, *, account_id: int, domain: str, limit: int) -> list[Account]:
    """Some of a server who follow a member, are followed, or wait for consent either way."""
    return await db.all(TIED, Account, account_id=account_id, domain=domain, limit=limit)
