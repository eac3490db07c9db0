"""What the instance documents count."""

import msgspec

from fediserver.clock import DAY
from fediserver.db.database import Reader
from fediserver.db.query import Query
from fediserver.ids import first_at

WEEK = 7 * DAY

COUNTS = Query("""
    select (select count(*) from users where confirmed_at is not null and approved_at is not null
               and disabled_at is null) as users,
           (select count(*) from users where last_seen_at > :month_ago) as active_month,
           (select cast(coalesce(sum(a.statuses_count), 0) as bigint)
              from users u join accounts a on a.id = u.account_id and a.domain = '') as statuses,
           (select count(*) from hosts) as hosts
""")
# Weeks are counted from 1970.
WEEKS = Query(f"""
    select 'statuses' as what, s.created_at / {WEEK} as week, count(*) as number
      from accounts a join statuses s on s.account_id = a.id and s.id >= :first_id
     where a.domain = '' and s.reblog_of_id is null group by s.created_at / {WEEK}
    union all
    select 'logins', last_seen_at / {WEEK}, count(*) from users where last_seen_at >= :start
     group by last_seen_at / {WEEK}
    union all
    select 'registrations', created_at / {WEEK}, count(*) from users where created_at >= :start
     group by created_at / {WEEK}
""")
OWNER = Query("select account_id from users where role = 'owner' order by account_id limit 1")
PEERS_NAMED = Query("""
    select name from hosts
     where last_success_at is not null and substr(name, 1, length(cast(:beginning as text))) = cast(:beginning as text)
     order by name limit :limit
""")
PEERS = Query("select name from hosts where last_success_at is not null order by name limit 10000")


class Counts(msgspec.Struct, array_like=True, frozen=True):
    """Members, those seen within 30 days, their posts, and servers known."""

    users: int
    active_month: int
    statuses: int
    hosts: int


class Number(msgspec.Struct, array_like=True, frozen=True):
    """How many `statuses`, `logins` or `registrations` there were in a week."""

    what: str
    week: int
    number: int


async def counts(db: Reader, *, month_ago: int) -> Counts:
    """The numbers of now; `month_ago` in ms."""
    found = await db.one(COUNTS, Counts, month_ago=month_ago)
    return found or Counts(0, 0, 0, 0)


async def weeks(db: Reader, *, start: int) -> list[Number]:
    """Posts of ours, log-ins and sign-ups by week since then (ms)."""
    return await db.all(WEEKS, Number, start=start, first_id=first_at(start))


async def owner(db: Reader) -> int | None:
    """The account of the first owner."""
    found = await db.value(OWNER)
    return None if found is None else int(found)


async def peers(db: Reader) -> list[str]:
    """Names of servers that this one has reached."""
    return await db.values(PEERS)


async def peers_named(db: Reader, beginning: str, *, limit: int) -> list[str]:
    """The first of them whose name begins so."""
    return await db.values(PEERS_NAMED, beginning=beginning, limit=limit)
