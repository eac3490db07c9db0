"""List entries: what finds its way into which lists, in the order of arrival."""

from collections.abc import Iterable

import msgspec

from fediserver.db.database import Writer
from fediserver.db.home import RECENT, SPOKEN, WANTED, Arrival, Boost
from fediserver.db.query import Query

# An answer to others is for those lists whose policy lets it in; `l` is the list, `a` its owner.
_ANSWERS = """
    (cast(:answered_id as bigint) is null
     or cast(:answered_id as bigint) in (a.id, :author_id)
     or (l.replies_policy = 'followed' and exists (
            select 1 from follows g where g.account_id = a.id and g.target_id = cast(:answered_id as bigint)))
     or (l.replies_policy = 'list' and exists (
            select 1 from list_accounts g
             where g.list_id = l.id and g.account_id = cast(:answered_id as bigint))))
"""
_LISTS = """
      from list_accounts m
      join lists l on l.id = m.list_id
      join accounts a on a.id = l.account_id
      left join follows f on f.id = m.follow_id
     where m.account_id = :author_id
"""

DISTRIBUTE = Query(f"""
    insert into list_entries (list_id, position, status_id, original_id, author_id)
    select l.id, cast(:position as bigint), cast(:status_id as bigint), cast(:status_id as bigint),
           cast(:author_id as bigint)
      {_LISTS}
       and (cast(:direct as boolean) = false or a.id = :author_id or exists (
            select 1 from mentions t where t.status_id = :status_id and t.account_id = a.id))
       and {_ANSWERS} and {SPOKEN} and {WANTED}
    on conflict do nothing
""")
DISTRIBUTE_BOOST = Query(f"""
    insert into list_entries (list_id, position, status_id, original_id, author_id)
    select l.id, cast(:position as bigint), cast(:status_id as bigint), cast(:original_id as bigint),
           cast(:author_id as bigint)
      {_LISTS}
       and (f.id is null or f.show_reblogs)
       and a.id <> cast(:original_author_id as bigint)
       and not exists (
            select 1 from (select h.original_id from list_entries h where h.list_id = l.id
                            order by h.position desc limit {RECENT}) recent
             where recent.original_id = :original_id)
       and {WANTED}
    on conflict do nothing
""")
FILL = Query("""
    insert into list_entries (list_id, position, status_id, original_id, author_id)
    select cast(:list_id as bigint), s.id, s.id, coalesce(s.reblog_of_id, s.id), s.account_id
      from statuses s
     where s.account_id = :author_id and s.visibility <= 2 and s.in_reply_to_uri is null
       and (s.in_reply_to_id is null or s.in_reply_to_account_id = s.account_id)
       and (s.reblog_of_id is null or not exists (
            select 1 from follows f
             where f.account_id = :owner_id and f.target_id = s.account_id and not f.show_reblogs))
     order by s.id desc limit :count
    on conflict do nothing
""")
TRIM = Query("""
    delete from list_entries
     where list_id = :list_id and position <= (
        select position from list_entries where list_id = :list_id
         order by position desc limit 1 offset :keep)
""")


async def distribute(tx: Writer, arrival: Arrival) -> None:
    """Put a post into the lists that its author is in."""
    await tx.run(DISTRIBUTE, **msgspec.structs.asdict(arrival), original_author_id=arrival.author_id)


async def distribute_boost(tx: Writer, boost: Boost) -> None:
    """Put a boost into the lists that its booster is in, unless the post stands there already."""
    await tx.run(DISTRIBUTE_BOOST, **msgspec.structs.asdict(boost))


async def fill(tx: Writer, list_id: int, owner_id: int, author_ids: Iterable[int], count: int) -> None:
    """Show the latest posts of accounts that have come into a list, so many of each."""
    await tx.many(
        FILL,
        [
            {"list_id": list_id, "owner_id": owner_id, "author_id": author_id, "count": count}
            for author_id in author_ids
        ],
    )


async def trim(tx: Writer, list_id: int, keep: int) -> None:
    """Let go of the oldest entries."""
    await tx.run(TRIM, list_id=list_id, keep=keep)
