"""Whom to find: suggestions and the directory."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query

CANDIDATES = 200
"""Accounts of each kind among which suggestions are taken."""
FRIENDS = 200
"""Latest follows of a member whose own follows are counted."""

# Who agreed to be found, and was let in.
_FOUND = """
    a.discoverable and a.deleted_at is null and a.suspended_at is null and a.silenced_at is null
    and a.moved_to_id is null and a.actor_type <> 'Application'
    and not exists (select 1 from users u where u.account_id = a.id
                       and (u.confirmed_at is null or u.approved_at is null or u.disabled_at is not null))
"""
_NOT_SHUNNED = """
    not exists (select 1 from blocks b where b.account_id = :viewer_id and b.target_id = a.id)
    and not exists (select 1 from blocks b where b.account_id = a.id and b.target_id = :viewer_id)
    and not exists (select 1 from mutes m where m.account_id = :viewer_id and m.target_id = a.id
                       and (m.expires_at is null or m.expires_at > :now))
    and a.domain not in (select domain from domain_blocks where account_id = :viewer_id)
"""
_NEW = f"""
    a.id <> :viewer_id
    and not exists (select 1 from follows x where x.account_id = :viewer_id and x.target_id = a.id)
    and not exists (select 1 from follow_requests x where x.account_id = :viewer_id and x.target_id = a.id)
    and not exists (select 1 from dismissed_suggestions x
                     where x.account_id = :viewer_id and x.target_id = a.id)
    and {_NOT_SHUNNED}
"""

STAFF = Query(f"""
    select a.id
      from users s join accounts a on a.id = s.account_id
     where s.role <> 'member' and {_FOUND} and {_NEW}
     order by s.account_id limit :limit
""")
FRIENDS_OF_FRIENDS = Query(f"""
    select a.id
      from (select g.target_id, count(*) as friends
              from (select target_id from follows where account_id = :viewer_id
                     order by id desc limit {FRIENDS}) f
              join follows g on g.account_id = f.target_id
             group by g.target_id) known
      join accounts a on a.id = known.target_id
     where {_FOUND} and {_NEW}
     order by known.friends desc, a.followers_count desc, a.id limit :limit
""")
MOST_FOLLOWED = Query(f"""
    select a.id from accounts a
     where a.domain = '' and {_FOUND} and {_NEW}
     order by a.followers_count desc, a.id desc limit :limit
""")
DISMISS = Query("""
    insert into dismissed_suggestions (account_id, target_id) values (:account_id, :target_id)
    on conflict (account_id, target_id) do nothing
""")

_OURS = "and a.domain = ''"
_ACTIVE = "coalesce(a.last_status_at, 0) desc, a.id desc"
_NEWEST = "a.id desc"
DIRECTORY = {
    (local, order): Query(f"""
        select a.id from accounts a
         where {_FOUND} {_OURS if local else ""}
           and (cast(:viewer_id as bigint) = 0 or {_NOT_SHUNNED})
         order by {_ACTIVE if order == "active" else _NEWEST}
         limit :limit offset :offset
    """)
    for local in (True, False)
    for order in ("active", "new")
}

Order = Literal["active", "new"]


class Suggestion(msgspec.Struct, frozen=True):
    """Somebody to follow, and why."""

    account_id: int
    sources: tuple[str, ...]


async def suggestions(db: Reader, *, viewer_id: int, now: int) -> list[Suggestion]:
    """Whom a member may like to follow: who runs the node, friends of friends, the most followed of ours."""
    kinds = (
        ("featured", STAFF),
        ("friends_of_friends", FRIENDS_OF_FRIENDS),
        ("most_followed", MOST_FOLLOWED),
    )
    sources: dict[int, tuple[str, ...]] = {}
    for source, query in kinds:
        for found in await db.values(query, viewer_id=viewer_id, now=now, limit=CANDIDATES):
            sources[found] = (*sources.get(found, ()), source)
    return [Suggestion(account_id, why) for account_id, why in sources.items()]


async def dismiss(tx: Writer, *, account_id: int, target_id: int) -> None:
    """Not to suggest somebody again."""
    await tx.run(DISMISS, account_id=account_id, target_id=target_id)


async def directory(
    db: Reader, *, viewer_id: int, local: bool, order: Order, now: int, limit: int, offset: int
) -> Sequence[int]:
    """Accounts that want to be found; the viewer is 0 for a stranger."""
    params: dict[str, Any] = {"viewer_id": viewer_id, "now": now, "limit": limit, "offset": offset}
    return await db.values(DIRECTORY[local, order], **params)
