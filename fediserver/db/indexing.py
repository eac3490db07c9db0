"""What waits to be indexed for search, and the facts that are indexed."""

from collections.abc import Sequence
from typing import Final

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query

POST: Final = 0
ACCOUNT: Final = 1
POSTS_OF_ONE = 20_000
"""Posts of an account, the newest, that are looked at anew when it changes whether they may be found."""

WAIT = Query("insert into search_waiting (kind, id) values (:kind, :id) on conflict (kind, id) do nothing")
WAIT_ALL_OF = Query("""
    insert into search_waiting (kind, id)
    select 0, id from statuses
     where account_id = :account_id and visibility = 0 and reblog_of_id is null
     order by id desc limit :limit
    on conflict (kind, id) do nothing
""")
WAITING = Query("""
    select kind, id from search_waiting order by kind desc, id desc limit :limit /*skip locked*/
""")
IS_WAITING = Query("select 1 from search_waiting limit 1")
DONE = Query("delete from search_waiting where kind = :kind and id = any(:ids)")

# Somebody of ours has dealt with the post, or its author lets everybody find it.
POSTS = Query("""
    select s.id, s.account_id, s.content, s.spoiler_text, s.name, s.language, s.sensitive, s.created_at, s.poll_id,
           s.in_reply_to_id is not null or s.in_reply_to_uri is not null as is_reply,
           s.text is not null or (s.visibility = 0 and a.indexable)
           or exists (select 1 from mentions m join accounts b on b.id = m.account_id and b.domain = ''
                       where m.status_id = s.id)
           or exists (select 1 from favourites m join accounts b on b.id = m.account_id and b.domain = ''
                       where m.status_id = s.id)
           or exists (select 1 from bookmarks m where m.status_id = s.id)
           or exists (select 1 from statuses m where m.reblog_of_id = s.id and m.text is null
                         and exists (select 1 from accounts b where b.id = m.account_id and b.domain = ''))
           or exists (select 1 from statuses m where m.in_reply_to_id = s.id and m.text is not null)
           or exists (select 1 from poll_votes m join accounts b on b.id = m.account_id and b.domain = ''
                       where m.poll_id = s.poll_id) as may_be_found
      from statuses s
      join accounts a on a.id = s.account_id
     where s.id = any(:ids) and s.reblog_of_id is null
""")
ACCOUNTS = Query("""
    select id, username, display_name, case when discoverable then note else '' end as note from accounts
     where id = any(:ids) and deleted_at is null and suspended_at is null and actor_type <> 'Application'
""")


class Waiting(msgspec.Struct, array_like=True, frozen=True):
    """A post or an account, by kind."""

    kind: int
    id: int


class Post(msgspec.Struct, array_like=True, frozen=True):
    """What a post is found by; `may_be_found` tells whether anybody could."""

    id: int
    account_id: int
    content: str
    spoiler_text: str
    name: str
    language: str | None
    sensitive: bool
    created_at: int
    poll_id: int | None
    is_reply: bool
    may_be_found: bool


class Person(msgspec.Struct, array_like=True, frozen=True):
    """What an account is found by; the note only of those who want to be discovered."""

    id: int
    username: str
    display_name: str
    note: str


async def wait(tx: Writer, kind: int, some_id: int) -> None:
    """Have a post or an account looked at soon; again and again changes nothing."""
    await tx.run(WAIT, kind=kind, id=some_id)


async def wait_all_of(tx: Writer, account_id: int) -> None:
    """Have the public posts of an account looked at."""
    await tx.run(WAIT_ALL_OF, account_id=account_id, limit=POSTS_OF_ONE)


async def is_waiting(db: Reader) -> bool:
    """Whether there is anything to do."""
    return await db.value(IS_WAITING) is not None


async def waiting(tx: Writer, limit: int) -> list[Waiting]:
    """Some of what waits, the newest first; nobody else gets the same until the transaction ends."""
    return await tx.all(WAITING, Waiting, limit=limit)


async def done(tx: Writer, kind: int, ids: Sequence[int]) -> None:
    """These have been looked at."""
    await tx.run(DONE, kind=kind, ids=ids)


async def posts(db: Reader, ids: Sequence[int]) -> dict[int, Post]:
    """Posts by id; boosts, and what is gone, are left out."""
    return {one.id: one for one in await db.all(POSTS, Post, ids=ids)} if ids else {}


async def people(db: Reader, ids: Sequence[int]) -> dict[int, Person]:
    """Accounts by id that may be found."""
    return {one.id: one for one in await db.all(ACCOUNTS, Person, ids=ids)} if ids else {}
