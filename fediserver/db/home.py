"""Home entries: who finds a post at home, in the order of arrival."""

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query

RECENT = 40
"""A boost does not show again what stands among this many newest entries."""

# Blocks in both directions and mutes, of the author and of the boosted author.
_WANTED = """
    not exists (select 1 from mutes m where m.account_id = a.id
                   and m.target_id in (:author_id, :original_author_id)
                   and (m.expires_at is null or m.expires_at > :now))
    and not exists (select 1 from blocks b where b.account_id = a.id
                   and b.target_id in (:author_id, :original_author_id))
    and not exists (select 1 from blocks b where b.target_id = a.id
                   and b.account_id in (:author_id, :original_author_id))
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
       and {_WANTED}
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
       and {_WANTED}
    on conflict do nothing
""")
ADD = Query("""
    insert into home_entries (account_id, position, status_id, original_id, author_id)
    values (:account_id, :position, :status_id, :original_id, :author_id)
    on conflict do nothing
""")
READERS = Query("select account_id from home_entries where status_id = :status_id")
FORGET_AUTHOR = Query("delete from home_entries where account_id = :account_id and author_id = :author_id")
FILL = Query("""
    insert into home_entries (account_id, position, status_id, original_id, author_id)
    select cast(:account_id as bigint), s.id, s.id, coalesce(s.reblog_of_id, s.id), s.account_id
      from statuses s
     where s.account_id = :author_id and s.visibility <= 1 and s.in_reply_to_id is null
       and s.in_reply_to_uri is null
     order by s.id desc limit :count
    on conflict do nothing
""")
TRIM = Query("""
    delete from home_entries
     where account_id = :account_id and position < (
        select position from home_entries where account_id = :account_id
         order by position desc limit 1 offset :keep)
""")


async def distribute(
    tx: Writer,
    *,
    position: int,
    status_id: int,
    author_id: int,
    answered_id: int | None,
    direct: bool,
    now: int,
) -> None:
    """Put a post before the author's local followers; `answered_id` is whose post it replies to.

    A direct post reaches those of them who are addressed; a reply those who follow both.
    """
    await tx.run(
        DISTRIBUTE,
        position=position,
        status_id=status_id,
        author_id=author_id,
        original_author_id=author_id,
        answered_id=answered_id,
        direct=direct,
        now=now,
    )


async def distribute_boost(
    tx: Writer,
    *,
    position: int,
    status_id: int,
    author_id: int,
    original_id: int,
    original_author_id: int,
    now: int,
) -> None:
    """Put a boost before the booster's local followers who have not seen the post lately."""
    await tx.run(
        DISTRIBUTE_BOOST,
        position=position,
        status_id=status_id,
        author_id=author_id,
        original_id=original_id,
        original_author_id=original_author_id,
        now=now,
    )


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
    await tx.run(FORGET_AUTHOR, account_id=account_id, author_id=author_id)


async def fill(tx: Writer, account_id: int, author_id: int, count: int) -> None:
    """Show a new follower the author's latest posts."""
    await tx.run(FILL, account_id=account_id, author_id=author_id, count=count)


async def trim(tx: Writer, account_id: int, keep: int) -> None:
    """Let go of the oldest entries."""
    await tx.run(TRIM, account_id=account_id, keep=keep)
