"""What a member takes along: all of it at once, newest first."""

from typing import NamedTuple

from fediserver.db.database import Reader
from fediserver.db.query import Query

FOLLOWS = Query("""
    select a.id, a.username, a.domain, f.show_reblogs, f.notify, f.languages
      from follows f join accounts a on a.id = f.target_id
     where f.account_id = :account_id order by f.id desc
""")
BLOCKS = Query("""
    select a.id, a.username, a.domain from blocks b join accounts a on a.id = b.target_id
     where b.account_id = :account_id order by b.id desc
""")
MUTES = Query("""
    select a.id, a.username, a.domain, m.hide_notifications
      from mutes m join accounts a on a.id = m.target_id
     where m.account_id = :account_id and (m.expires_at is null or m.expires_at > :now) order by m.id desc
""")
DOMAIN_BLOCKS = Query("select domain from domain_blocks where account_id = :account_id order by id desc")
BOOKMARKS = Query("""
    select s.id, s.uri from bookmarks b join statuses s on s.id = b.status_id
     where b.account_id = :account_id order by b.id desc
""")
LISTS = Query("""
    select l.id, l.title, a.id, a.username, a.domain
      from lists l
      join list_accounts k on k.list_id = l.id
      join accounts a on a.id = k.account_id
     where l.account_id = :account_id order by l.id, a.id
""")


class Person(NamedTuple):
    """Somebody whom a member follows, blocks or mutes; the flags of a follow or mute where there is one."""

    id: int
    username: str
    domain: str
    show_reblogs: bool = True
    notify: bool = False
    languages: str | None = None
    hide_notifications: bool = True


class Listed(NamedTuple):
    """Somebody in a list."""

    list_id: int
    title: str
    id: int
    username: str
    domain: str


async def follows(db: Reader, account_id: int) -> list[Person]:
    """Whom a member follows."""
    rows = await db.rows(FOLLOWS, account_id=account_id)
    return [
        Person(one, name, host, bool(boosts), bool(bell), said)
        for one, name, host, boosts, bell, said in rows
    ]


async def blocks(db: Reader, account_id: int) -> list[Person]:
    """Whom a member blocks."""
    return [Person(*row) for row in await db.rows(BLOCKS, account_id=account_id)]


async def mutes(db: Reader, account_id: int, *, now: int) -> list[Person]:
    """Whom a member mutes now."""
    rows = await db.rows(MUTES, account_id=account_id, now=now)
    return [Person(one, name, host, hide_notifications=bool(hide)) for one, name, host, hide in rows]


async def domain_blocks(db: Reader, account_id: int) -> list[str]:
    """Which servers a member blocks."""
    return await db.values(DOMAIN_BLOCKS, account_id=account_id)


async def bookmarks(db: Reader, account_id: int) -> list[tuple[int, str]]:
    """Ids and addresses of a member's bookmarked posts."""
    return [(int(one), str(uri)) for one, uri in await db.rows(BOOKMARKS, account_id=account_id)]


async def lists(db: Reader, account_id: int) -> list[Listed]:
    """Who is in which of a member's lists."""
    return [Listed(*row) for row in await db.rows(LISTS, account_id=account_id)]
