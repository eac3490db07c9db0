"""What the instance documents count."""

import msgspec

from fediserver.db.database import Reader
from fediserver.db.query import Query

COUNTS = Query("""
    select (select count(*) from users where confirmed_at is not null and approved_at is not null
               and disabled_at is null) as users,
           (select count(*) from users where last_seen_at > :month_ago) as active_month,
           (select cast(coalesce(sum(a.statuses_count), 0) as bigint)
              from users u join accounts a on a.id = u.account_id and a.domain = '') as statuses,
           (select count(*) from hosts) as hosts
""")
WEEK = Query("""
    select (select count(*) from users where last_seen_at >= :start and last_seen_at < :stop) as logins,
           (select count(*) from users where created_at >= :start and created_at < :stop) as registrations
""")
OWNER = Query("select account_id from users where role = 'owner' order by account_id limit 1")
PEERS = Query("select name from hosts where last_success_at is not null order by name limit 10000")


class Counts(msgspec.Struct, array_like=True, frozen=True):
    """Members, those seen within 30 days, their posts, and servers known."""

    users: int
    active_month: int
    statuses: int
    hosts: int


class Week(msgspec.Struct, array_like=True, frozen=True):
    """Log-ins and sign-ups of seven days."""

    logins: int
    registrations: int


async def counts(db: Reader, *, month_ago: int) -> Counts:
    """The numbers of now; `month_ago` in ms."""
    found = await db.one(COUNTS, Counts, month_ago=month_ago)
    return found or Counts(0, 0, 0, 0)


async def week(db: Reader, *, start: int, stop: int) -> Week:
    """One week, from start up to stop (ms)."""
    return await db.one(WEEK, Week, start=start, stop=stop) or Week(0, 0)


async def owner(db: Reader) -> int | None:
    """The account of the first owner."""
    found = await db.value(OWNER)
    return None if found is None else int(found)


async def peers(db: Reader) -> list[str]:
    """Names of servers that this one has reached."""
    return await db.values(PEERS)
