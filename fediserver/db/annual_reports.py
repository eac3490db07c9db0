"""Members' years: what is counted, and the reports that were made."""

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.annual_report import AnnualReport

MOST = 50_000
"""Posts, follows or followers of one year that are counted, the first."""

_REPORT = columns(AnnualReport)

OF_ACCOUNT = Query(f"""
    select {_REPORT} from annual_reports where account_id = :account_id and read_at is null order by year desc
""")
BY_YEAR = Query(f"select {_REPORT} from annual_reports where account_id = :account_id and year = :year")
PUT = Query(insertion("annual_reports", AnnualReport) + " on conflict (account_id, year) do nothing")
READ = Query("""
    update annual_reports set read_at = :now
     where account_id = :account_id and year = :year and read_at is null
""")

POSTS = Query("""
    select id, created_at, reblog_of_id is not null as is_boost,
           in_reply_to_id is not null or in_reply_to_uri is not null as is_reply,
           poll_id is not null as has_poll, visibility <= 1 as is_open, reblogs_count, tags
      from statuses
     where account_id = :account_id and id >= :since and id < :until
     order by id limit :limit
""")
FOLLOWING = Query("""
    select created_at from follows
     where account_id = :account_id and created_at >= :since and created_at < :until order by id limit :limit
""")
FOLLOWERS = Query("""
    select created_at from follows
     where target_id = :account_id and created_at >= :since and created_at < :until order by id limit :limit
""")
HAS_POSTED = Query("""
    select 1 from statuses where account_id = :account_id and id >= :since and id < :until limit 1
""")


class Post(msgspec.Struct, array_like=True, frozen=True):
    """As much of a post as a report counts."""

    id: int
    created_at: int
    is_boost: bool
    is_reply: bool
    has_poll: bool
    is_open: bool
    reblogs_count: int
    tags: str


async def unread(db: Reader, account_id: int) -> list[AnnualReport]:
    """Reports that a member has not read, the last year's first."""
    return await db.all(OF_ACCOUNT, AnnualReport, account_id=account_id)


async def by_year(db: Reader, account_id: int, year: int) -> AnnualReport | None:
    """The report of a year, if there is one."""
    return await db.one(BY_YEAR, AnnualReport, account_id=account_id, year=year)


async def put(tx: Writer, report: AnnualReport) -> None:
    """Keep a report; the one that is there stays."""
    await tx.run(PUT, **msgspec.structs.asdict(report))


async def note_read(tx: Writer, account_id: int, year: int, now: int) -> None:
    """The member has read it."""
    await tx.run(READ, account_id=account_id, year=year, now=now)


async def has_posted(db: Reader, account_id: int, *, since: int, until: int) -> bool:
    """Whether somebody has said anything between two ids."""
    return await db.value(HAS_POSTED, account_id=account_id, since=since, until=until) is not None


async def posts(db: Reader, account_id: int, *, since: int, until: int) -> list[Post]:
    """Posts and boosts between two ids."""
    return await db.all(POSTS, Post, account_id=account_id, since=since, until=until, limit=MOST)


async def following(db: Reader, account_id: int, *, since: int, until: int) -> list[int]:
    """When a member began to follow those whom they follow, between two times (ms)."""
    return await db.values(FOLLOWING, account_id=account_id, since=since, until=until, limit=MOST)


async def followers(db: Reader, account_id: int, *, since: int, until: int) -> list[int]:
    """When their followers came, between two times (ms)."""
    return await db.values(FOLLOWERS, account_id=account_id, since=since, until=until, limit=MOST)
