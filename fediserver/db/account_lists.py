"""Lists of accounts, paged by the id of the relation: followers, blocks, who favourited, and the like."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query

FOLLOWERS = Listing(
    "select f.id as cursor, f.account_id as id from follows f where f.target_id = :id", "f.id"
)
FOLLOWING = Listing(
    "select f.id as cursor, f.target_id as id from follows f where f.account_id = :id", "f.id"
)
REQUESTS = Listing(
    "select f.id as cursor, f.account_id as id from follow_requests f where f.target_id = :id", "f.id"
)
BLOCKED = Listing("select b.id as cursor, b.target_id as id from blocks b where b.account_id = :id", "b.id")
MUTED = Listing(
    """
    select m.id as cursor, m.target_id as id from mutes m
     where m.account_id = :id and (m.expires_at is null or m.expires_at > :now)
    """,
    "m.id",
)
FAVOURITED_BY = Listing(
    "select f.id as cursor, f.account_id as id from favourites f where f.status_id = :id", "f.id"
)
REBLOGGED_BY = Listing(
    "select s.id as cursor, s.account_id as id from statuses s where s.reblog_of_id = :id and s.visibility <= 1",
    "s.id",
)
MUTE_ENDS = Query("""
    select target_id, expires_at from mutes where account_id = :account_id and target_id = any(:target_ids)
""")
COUNT_REQUESTS = Query("""
    select count(*) from (select 1 from follow_requests where target_id = :target_id limit 40) waiting
""")
HIDDEN = Query("""
    select a.id from accounts a
     where a.id = any(:among)
       and (exists (select 1 from blocks b where b.account_id = :viewer_id and b.target_id = a.id)
            or exists (select 1 from blocks b where b.account_id = a.id and b.target_id = :viewer_id)
            or exists (select 1 from mutes m where m.account_id = :viewer_id and m.target_id = a.id
                          and (m.expires_at is null or m.expires_at > :now))
            or a.domain in (select domain from domain_blocks where account_id = :viewer_id))
""")
FAMILIAR = Query("""
    select t.target_id as cursor, f.target_id as id
      from follows t
      join follows f on f.target_id = t.account_id and f.account_id = :viewer_id
      join accounts a on a.id = t.target_id and not a.hide_collections
     where t.target_id = any(:target_ids)
     order by t.id desc limit 1000
""")


async def followers(db: Reader, bounds: Bounds, *, account_id: int) -> list[Entry]:
    """Who follows an account, latest first."""
    return await FOLLOWERS.page(db, bounds, id=account_id)


async def following(db: Reader, bounds: Bounds, *, account_id: int) -> list[Entry]:
    """Whom an account follows, latest first."""
    return await FOLLOWING.page(db, bounds, id=account_id)


async def requests(db: Reader, bounds: Bounds, *, account_id: int) -> list[Entry]:
    """Who waits for an account's consent, latest first."""
    return await REQUESTS.page(db, bounds, id=account_id)


async def blocked(db: Reader, bounds: Bounds, *, account_id: int) -> list[Entry]:
    """Whom an account blocks, latest first."""
    return await BLOCKED.page(db, bounds, id=account_id)


async def muted(db: Reader, bounds: Bounds, *, account_id: int, now: int) -> list[Entry]:
    """Whom an account mutes now, latest first."""
    return await MUTED.page(db, bounds, id=account_id, now=now)


async def favourited_by(db: Reader, bounds: Bounds, *, status_id: int) -> list[Entry]:
    """Who favourited a post, latest first."""
    return await FAVOURITED_BY.page(db, bounds, id=status_id)


async def reblogged_by(db: Reader, bounds: Bounds, *, status_id: int) -> list[Entry]:
    """Who boosted a post for everybody to see, latest first."""
    return await REBLOGGED_BY.page(db, bounds, id=status_id)


async def mute_ends(db: Reader, *, account_id: int, target_ids: Sequence[int]) -> dict[int, int | None]:
    """When each mute ends (ms), None for never; accounts that are not muted are left out."""
    return dict(await db.rows(MUTE_ENDS, account_id=account_id, target_ids=target_ids)) if target_ids else {}


async def count_requests(db: Reader, *, target_id: int) -> int:
    """How many follow requests wait, counted up to 40."""
    return int(await db.value(COUNT_REQUESTS, target_id=target_id))


async def hidden(db: Reader, *, viewer_id: int, among: Sequence[int], now: int) -> set[int]:
    """Whom a member does not see in lists: blocked in either direction, by their server, or muted now."""
    return set(await db.values(HIDDEN, viewer_id=viewer_id, among=among, now=now)) if among else set()


async def familiar(db: Reader, *, viewer_id: int, target_ids: Sequence[int]) -> dict[int, list[int]]:
    """Followers of each target whom the viewer follows, latest first; none of who hides their followers."""
    known: dict[int, list[int]] = {target_id: [] for target_id in target_ids}
    if target_ids:
        for entry in await db.all(FAMILIAR, Entry, viewer_id=viewer_id, target_ids=target_ids):
            known[entry.cursor].append(entry.id)
    return known


class Standing(msgspec.Struct, array_like=True, frozen=True):
    """How a member and another account stand to each other; None where there is no such relation."""

    id: int
    show_reblogs: bool | None
    notify: bool | None
    languages: str | None
    requested_reblogs: bool | None
    requested_notify: bool | None
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting_notifications: bool | None
    muting_until: int | None
    requested_by: bool
    domain_blocking: bool
    endorsed: bool
    note: str


STANDINGS = Query("""
    select a.id, f.show_reblogs, f.notify, coalesce(f.languages, r.languages) as languages,
           r.show_reblogs as requested_reblogs, r.notify as requested_notify,
           exists (select 1 from follows x where x.account_id = a.id and x.target_id = :viewer_id) as followed_by,
           exists (select 1 from blocks x where x.account_id = :viewer_id and x.target_id = a.id) as blocking,
           exists (select 1 from blocks x where x.account_id = a.id and x.target_id = :viewer_id) as blocked_by,
           m.hide_notifications as muting_notifications, m.expires_at as muting_until,
           exists (select 1 from follow_requests x
                    where x.account_id = a.id and x.target_id = :viewer_id) as requested_by,
           a.domain in (select domain from domain_blocks
                         where account_id = :viewer_id) as domain_blocking,
           exists (select 1 from endorsements x
                    where x.account_id = :viewer_id and x.target_id = a.id) as endorsed,
           coalesce(n.comment, '') as note
      from accounts a
      left join follows f on f.account_id = :viewer_id and f.target_id = a.id
      left join follow_requests r on r.account_id = :viewer_id and r.target_id = a.id
      left join mutes m on m.account_id = :viewer_id and m.target_id = a.id
                       and (m.expires_at is null or m.expires_at > :now)
      left join account_notes n on n.account_id = :viewer_id and n.target_id = a.id
     where a.id = any(:target_ids) and (:with_suspended = true or a.suspended_at is null)
""")


async def standings(
    db: Reader, *, viewer_id: int, target_ids: Sequence[int], with_suspended: bool, now: int
) -> dict[int, Standing]:
    """How the viewer stands to each account; unknown ones are left out, and suspended ones unless wanted."""
    if not target_ids:
        return {}
    found = await db.all(
        STANDINGS,
        Standing,
        viewer_id=viewer_id,
        target_ids=target_ids,
        with_suspended=with_suspended,
        now=now,
    )
    return {standing.id: standing for standing in found}
