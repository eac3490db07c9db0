"""Figures for those who moderate: how much of something there was, day by day, and in all.

Each question has one query for the days of a span; the total is another query where it is not the sum of the
days. They may take long: read them with `db.slow`.
"""

from typing import Any, Final, NamedTuple

import msgspec

from fediserver.clock import DAY
from fediserver.db.database import Reader
from fediserver.db.query import Query
from fediserver.ids import first_at


class Span(msgspec.Struct, frozen=True):
    """Whole days, counted from 1970, the last included."""

    first: int
    last: int

    @property
    def days(self) -> range:
        """All of them."""
        return range(self.first, self.last + 1)

    @property
    def before(self) -> "Span":
        """As many days as these, just before them."""
        return Span(2 * self.first - self.last - 1, self.first - 1)

    @property
    def bounds(self) -> dict[str, int]:
        """Its beginning and its end, as times (ms) and as ids."""
        start, end = self.first * DAY, (self.last + 1) * DAY
        return {"start": start, "end": end, "first_id": first_at(start), "end_id": first_at(end)}


class About(msgspec.Struct, frozen=True):
    """What is asked about, where a question needs it: a hashtag, or another server."""

    tag_id: int = 0
    domain: str = ""


class _Measure(NamedTuple):
    days: Query
    total: Query | None = None


_DAY_OF_ID = f"/ {first_at(DAY)}"


def _users(moment: str) -> Query:
    return Query(f"""
        select {moment} / {DAY} as day, count(*) as number from users
         where {moment} >= :start and {moment} < :end group by {moment} / {DAY}
    """)


# Only public uses count, as in histories of hashtags.
_TAGGED = """
      from status_tags n
      join statuses s on s.id = n.status_id and s.visibility = 0
      join accounts a on a.id = n.account_id
     where n.tag_id = :tag_id and n.status_id >= :first_id and n.status_id < :end_id
"""


def _tagged(what: str) -> _Measure:
    days = Query(
        f"select n.status_id {_DAY_OF_ID} as day, {what} as number {_TAGGED} group by n.status_id {_DAY_OF_ID}"
    )
    return _Measure(days, Query(f"select 0 as day, {what} as number {_TAGGED}"))


_OF_SERVER = "a.domain = :domain and a.domain <> ''"


def _related(table: str, whose: str) -> _Measure:
    """Rows about accounts of a server, by their ids."""
    found = f"from accounts a join {table} x on x.{whose} = a.id"
    return _Measure(
        Query(f"""
            select x.id {_DAY_OF_ID} as day, count(*) as number {found} and x.id >= :first_id and x.id < :end_id
             where {_OF_SERVER} group by x.id {_DAY_OF_ID}
        """),
        Query(f"select 0 as day, count(*) as number {found} where {_OF_SERVER}"),
    )


MEASURES: Final[dict[str, _Measure]] = {
    # When a member was here is known of the last time only.
    "active_users": _Measure(_users("last_seen_at")),
    "new_users": _Measure(_users("created_at")),
    "interactions": _Measure(
        Query(f"""
            select done.day, count(*) as number
              from (select f.id {_DAY_OF_ID} as day
                      from favourites f join accounts a on a.id = f.account_id and a.domain = ''
                     where f.id >= :first_id and f.id < :end_id
                     union all
                    select s.id {_DAY_OF_ID}
                      from accounts a
                      join statuses s on s.account_id = a.id and s.id >= :first_id and s.id < :end_id
                     where a.domain = '' and (s.reblog_of_id is not null or s.in_reply_to_id is not null)) done
             group by done.day
        """)
    ),
    "opened_reports": _Measure(
        Query(f"""
            select id {_DAY_OF_ID} as day, count(*) as number from reports
             where id >= :first_id and id < :end_id group by id {_DAY_OF_ID}
        """)
    ),
    "resolved_reports": _Measure(
        Query(f"""
            select resolved_at / {DAY} as day, count(*) as number from reports
             where resolved_at >= :start and resolved_at < :end group by resolved_at / {DAY}
        """)
    ),
    "tag_accounts": _tagged("count(distinct n.account_id)"),
    "tag_uses": _tagged("count(*)"),
    "tag_servers": _tagged("count(distinct a.domain)"),
    "instance_accounts": _Measure(
        Query(f"""
            select a.created_at / {DAY} as day, count(*) as number from accounts a
             where {_OF_SERVER} and a.created_at >= :start and a.created_at < :end
             group by a.created_at / {DAY}
        """),
        Query(f"select 0 as day, count(*) as number from accounts a where {_OF_SERVER}"),
    ),
    # What is kept here of files of a server, in bytes.
    "instance_media_attachments": _Measure(
        Query(f"""
            select s.id {_DAY_OF_ID} as day, cast(coalesce(sum(r.bytes), 0) as bigint) as number
              from accounts a
              join statuses s on s.account_id = a.id and s.id >= :first_id and s.id < :end_id
              join media_attachments m on m.status_id = s.id
              join remote_files r
                on r.id = case when m.path like 'remote/%' then cast(substr(m.path, 8) as bigint) end
             where {_OF_SERVER}
             group by s.id {_DAY_OF_ID}
        """)
    ),
    "instance_reports": _related("reports", "target_id"),
    "instance_statuses": _Measure(
        Query(f"""
            select s.id {_DAY_OF_ID} as day, count(*) as number
              from accounts a join statuses s on s.account_id = a.id and s.id >= :first_id and s.id < :end_id
             where {_OF_SERVER} group by s.id {_DAY_OF_ID}
        """),
        Query(f"""
            select 0 as day, cast(coalesce(sum(a.statuses_count), 0) as bigint) as number
              from accounts a where {_OF_SERVER}
        """),
    ),
    # Of ours to the server, and of the server to ours.
    "instance_follows": _related("follows", "target_id"),
    "instance_followers": _related("follows", "account_id"),
}
"""The questions, as Mastodon calls them."""

RETENTION = Query(f"""
    select created_at / {DAY} as joined, coalesce(last_seen_at, created_at) / {DAY} as seen, count(*) as people
      from users where created_at >= :start and created_at < :end
     group by created_at / {DAY}, coalesce(last_seen_at, created_at) / {DAY}
""")


class Stay(msgspec.Struct, array_like=True, frozen=True):
    """How many people came on one day and were here last on another."""

    joined: int
    seen: int
    people: int


async def days(db: Reader, key: str, span: Span, about: About) -> dict[int, int]:
    """How much there was on each day; days without are left out."""
    rows = await _rows(db, MEASURES[key].days, span, about)
    return {int(day): int(number) for day, number in rows}


async def total(db: Reader, key: str, span: Span, about: About) -> int:
    """How much there was in all: of a server altogether, of all else within the span."""
    query = MEASURES[key].total
    if query is None:
        return sum((await days(db, key, span, about)).values())
    return int((await _rows(db, query, span, about))[0][1])


async def stays(db: Reader, span: Span) -> list[Stay]:
    """When those who came within a span were here last."""
    bounds = span.bounds
    return await db.all(RETENTION, Stay, start=bounds["start"], end=bounds["end"])


async def _rows(db: Reader, query: Query, span: Span, about: About) -> list[tuple[Any, ...]]:
    known = span.bounds | {"tag_id": about.tag_id, "domain": about.domain}
    return await db.rows(query, **{name: known[name] for name in query.names})
