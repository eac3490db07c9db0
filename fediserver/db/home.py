"""Home entries: who finds a post at home, in the order of arrival."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.domain_blocks import blocked
from fediserver.db.query import Query

RECENT = 40
"""A boost does not show again what stands among this many newest entries."""

# Blocks in both directions, mutes and blocked servers, of the author and of the boosted author; `a` reads.
WANTED = f"""
    not exists (select 1 from mutes m where m.account_id = a.id
                   and m.target_id in (:author_id, :original_author_id)
                   and (m.expires_at is null or m.expires_at > :now))
    and not exists (select 1 from blocks b where b.account_id = a.id
                   and b.target_id in (:author_id, :original_author_id))
    and not exists (select 1 from blocks b where b.target_id = a.id
                   and b.account_id in (:author_id, :original_author_id))
    and not {blocked("a.id", ":author_id, :original_author_id")}
"""
# Languages that a follow is bound to, a JSON list; a post without language is for everybody.
SPOKEN = """
    (f.languages is null or cast(:language as text) is null
     or f.languages like '%"' || cast(:language as text) || '"%')
"""
# Whom a reader has put into an exclusive list is read there.
_NOT_APART = """
    not exists (select 1 from list_accounts x join lists y on y.id = x.list_id
                 where x.account_id = :author_id and x.owner_id = a.id and y.exclusive)
"""

DISTRIBUTE = Query(f"""
    insert into home_entries (account_id, position, status_id, original_id, author_id)
    select a.id, cast(:position as bigint), cast(:status_id as bigint), cast(:status_id as bigint),
           cast(:author_id as bigint)
      from follows f
      join accounts a on a.id = f.account_id and a.domain = ''
     where f.target_id = :author_id
       and (cast(:direct as boolean) = false or exists (
            select 1 from mentions t where t.status_id = :status_id and t.account_id = a.id))
       and (cast(:answered_id as bigint) is null or cast(:answered_id as bigint) in (f.account_id, :author_id)
            or exists (select 1 from follows g
                        where g.account_id = f.account_id and g.target_id = cast(:answered_id as bigint)))
       and {SPOKEN} and {_NOT_APART} and {WANTED}
    on conflict do nothing
""")
# Who follows several of the tags, or the author as well, gets the post once.
DISTRIBUTE_TAGGED = Query(f"""
    insert into home_entries (account_id, position, status_id, original_id, author_id)
    select a.id, cast(:position as bigint), cast(:status_id as bigint), cast(:status_id as bigint),
           cast(:author_id as bigint)
      from status_tags n
      join tag_follows t on t.tag_id = n.tag_id
      join accounts a on a.id = t.account_id
      left join follows f on f.account_id = a.id and f.target_id = :author_id
     where n.status_id = :status_id
       and {SPOKEN} and {_NOT_APART} and {WANTED}
    on conflict do nothing
""")
DISTRIBUTE_BOOST = Query(f"""
    insert into home_entries (account_id, position, status_id, original_id, author_id)
    select a.id, cast(:position as bigint), cast(:status_id as bigint), cast(:original_id as bigint),
           cast(:author_id as bigint)
      from follows f
      join accounts a on a.id = f.account_id and a.domain = ''
     where f.target_id = :author_id
       and f.show_reblogs
       and a.id <> cast(:original_author_id as bigint)
       and not exists (
            select 1 from (select h.original_id from home_entries h where h.account_id = a.id
                            order by h.position desc limit {RECENT}) recent
             where recent.original_id = :original_id)
       and {_NOT_APART} and {WANTED}
    on conflict do nothing
""")
ADD = Query("""
    insert into home_entries (account_id, position, status_id, original_id, author_id)
    values (:account_id, :position, :status_id, :original_id, :author_id)
    on conflict do nothing
""")
READERS = Query("select account_id from home_entries where status_id = :status_id")
FORGET_AUTHORS = Query("""
    delete from home_entries where account_id = :account_id and author_id = any(:author_ids)
""")
FORGET_TAG = Query("""
    delete from home_entries
     where account_id = :account_id and author_id <> :account_id
       and exists (select 1 from status_tags n where n.tag_id = :tag_id and n.status_id = home_entries.status_id)
       and not exists (select 1 from follows f
                        where f.account_id = :account_id and f.target_id = home_entries.author_id)
       and not exists (select 1 from tag_follows t join status_tags n on n.tag_id = t.tag_id
                        where t.account_id = :account_id and n.status_id = home_entries.status_id)
""")
FILL = Query("""
    insert into home_entries (account_id, position, status_id, original_id, author_id)
    select cast(:account_id as bigint), s.id, s.id, coalesce(s.reblog_of_id, s.id), s.account_id
      from statuses s
     where s.account_id = :author_id and s.visibility <= 1 and s.in_reply_to_id is null
       and s.in_reply_to_uri is null
     order by s.id desc limit :count
    on conflict do nothing
""")
FILL_FROM_LIST = Query("""
    insert into home_entries (account_id, position, status_id, original_id, author_id)
    select cast(:account_id as bigint), e.position, e.status_id, e.original_id, e.author_id
      from list_entries e
     where e.list_id = :list_id and e.author_id = any(:author_ids)
       and not exists (select 1 from list_accounts x join lists y on y.id = x.list_id
                        where x.account_id = e.author_id and x.owner_id = :account_id and y.exclusive
                          and y.id <> :list_id)
    on conflict do nothing
""")
TRIM = Query("""
    delete from home_entries
     where account_id = :account_id and position <= (
        select position from home_entries where account_id = :account_id
         order by position desc limit 1 offset :keep)
""")


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A new post on its way to its readers; `answered_id` is whose post it replies to.

    A direct post reaches those of them who are addressed; a reply those who follow both.
    """

    position: int
    status_id: int
    author_id: int
    answered_id: int | None
    direct: bool
    language: str | None
    now: int


class Boost(msgspec.Struct, frozen=True, kw_only=True):
    """A boost on its way to its readers."""

    position: int
    status_id: int
    author_id: int
    original_id: int
    original_author_id: int
    now: int


async def distribute(tx: Writer, arrival: Arrival) -> None:
    """Put a post before the author's local followers."""
    await tx.run(DISTRIBUTE, **msgspec.structs.asdict(arrival), original_author_id=arrival.author_id)


async def distribute_tagged(tx: Writer, arrival: Arrival) -> None:
    """Put a public post before those who follow one of its hashtags."""
    await tx.run(DISTRIBUTE_TAGGED, **msgspec.structs.asdict(arrival), original_author_id=arrival.author_id)


async def distribute_boost(tx: Writer, boost: Boost) -> None:
    """Put a boost before the booster's local followers who have not seen the post lately."""
    await tx.run(DISTRIBUTE_BOOST, **msgspec.structs.asdict(boost))


async def add(
    tx: Writer, *, account_id: int, position: int, status_id: int, original_id: int, author_id: int
) -> None:
    """Put a post before one member."""
    await tx.run(
        ADD,
        account_id=account_id,
        position=position,
        status_id=status_id,
        original_id=original_id,
        author_id=author_id,
    )


async def readers(db: Reader, status_id: int) -> list[int]:
    """Who has a post at home."""
    return await db.values(READERS, status_id=status_id)


async def forget_author(tx: Writer, account_id: int, author_id: int) -> None:
    """Take everything of one author out of one member's home."""
    await forget_authors(tx, account_id, [author_id])


async def forget_authors(tx: Writer, account_id: int, author_ids: Sequence[int]) -> None:
    """Take everything of several authors out of one member's home."""
    await tx.run(FORGET_AUTHORS, account_id=account_id, author_ids=author_ids)


async def forget_tag(tx: Writer, account_id: int, tag_id: int) -> None:
    """Take out of one member's home what only a hashtag brought there that they no longer follow."""
    await tx.run(FORGET_TAG, account_id=account_id, tag_id=tag_id)


async def fill(tx: Writer, account_id: int, author_id: int, count: int) -> None:
    """Show a new follower the author's latest posts."""
    await tx.run(FILL, account_id=account_id, author_id=author_id, count=count)


async def fill_from_list(tx: Writer, account_id: int, list_id: int, author_ids: Sequence[int]) -> None:
    """Show a member at home what authors said in an exclusive list that they leave, if it was the only one."""
    await tx.run(FILL_FROM_LIST, account_id=account_id, list_id=list_id, author_ids=author_ids)


async def trim(tx: Writer, account_id: int, keep: int) -> None:
    """Let go of the oldest entries."""
    await tx.run(TRIM, account_id=account_id, keep=keep)
