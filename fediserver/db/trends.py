"""Trends: who has used what in the last days, the order that comes of it, and what organisers allow."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Literal

import msgspec

from fediserver.clock import DAY
from fediserver.db.database import Reader, Writer
from fediserver.db.outlines import HIDDEN
from fediserver.db.query import Query, columns
from fediserver.db.tags import Tag
from fediserver.models.link import Link

USES = 20_000
"""Uses that are looked at, the newest."""


class Kind(IntEnum):
    """What can trend, and publishers, who are only allowed or not."""

    TAG = 0
    STATUS = 1
    LINK = 2
    PUBLISHER = 3


# Public posts of people who want to be discovered.
_OPEN = """
       s.visibility = 0 and a.discoverable and a.silenced_at is null and a.suspended_at is null and a.deleted_at is null
"""
TAG_USES = Query(f"""
    select t.tag_id as subject_id, s.account_id, s.created_at
      from status_tags t join statuses s on s.id = t.status_id join accounts a on a.id = s.account_id
     where t.status_id >= :since and {_OPEN}
     order by t.status_id desc limit :most
""")
LINK_USES = Query(f"""
    select k.link_id as subject_id, s.account_id, s.created_at
      from status_links k join statuses s on s.id = k.status_id join accounts a on a.id = s.account_id
     where k.status_id >= :since and {_OPEN}
     order by k.status_id desc limit :most
""")
STATUS_USES = Query(f"""
    with uses as materialized (
        select * from (select f.status_id as subject_id, f.account_id, f.created_at from favourites f
                        where f.id >= :since order by f.id desc limit :most) liked
         union all
        select * from (select b.reblog_of_id as subject_id, b.account_id, b.created_at from statuses b
                        where b.id >= :since and b.reblog_of_id is not null order by b.id desc limit :most) boosted)
    select u.subject_id, u.account_id, u.created_at
      from uses u join statuses s on s.id = u.subject_id join accounts a on a.id = s.account_id
     where s.id >= :since and {_OPEN} and not s.sensitive
       and s.in_reply_to_id is null and s.in_reply_to_uri is null and u.account_id <> s.account_id
""")

CLEAR = Query("delete from trends where kind = :kind")
PUT = Query("""
    insert into trends (kind, subject_id, score, publisher, computed_at)
    values (:kind, :subject_id, :score, :publisher, :computed_at)
""")
COMPUTED_AT = Query("select max(computed_at) from trends")

# What was decided on the thing itself, else on its publisher, else what holds for all.
_REVIEWS = """
      left join trend_reviews r on r.kind = t.kind and r.subject = cast(t.subject_id as text)
      left join trend_reviews p on p.kind = 3 and p.subject = t.publisher
"""
_ALLOWED = "coalesce(r.allowed, p.allowed, :unreviewed)"
_PAGE = "order by t.score desc, t.subject_id desc limit :limit offset :offset"
TAGS = Query(f"""
    select g.id, g.name, g.display_name
      from trends t join tags g on g.id = t.subject_id {_REVIEWS}
     where t.kind = 0 and g.usable and {_ALLOWED} {_PAGE}
""")
EVERY_TAG = Query(f"""
    select g.id, g.name, g.display_name
      from (select t.subject_id, t.score from trends t where t.kind = 0 {_PAGE}) t join tags g on g.id = t.subject_id
     order by t.score desc, t.subject_id desc
""")
_STATUSES = f"""
    {HIDDEN}
    select s.id
      from trends t join statuses s on s.id = t.subject_id join accounts a on a.id = s.account_id {{reviews}}
     where t.kind = 1 and {_OPEN} and s.account_id not in (select id from hidden)
       and not exists (select 1 from domain_blocks d where d.account_id = :viewer_id and d.domain = a.domain)
       {{allowed}} {_PAGE}
"""
STATUSES = Query(_STATUSES.format(reviews=_REVIEWS, allowed=f"and {_ALLOWED}"))
EVERY_STATUS = Query(_STATUSES.format(reviews="", allowed=""))
LINKS = Query(f"""
    select {columns(Link, "l")}
      from trends t join links l on l.id = t.subject_id {_REVIEWS}
     where t.kind = 2 and l.title <> '' and {_ALLOWED} {_PAGE}
""")
# The page is cut before its links are looked up: there may be many links, and few of them trend.
EVERY_LINK = Query(f"""
    select {columns(Link, "l")}
      from (select t.subject_id, t.score from trends t
             where t.kind = 2 and (select k.title <> '' from links k where k.id = t.subject_id) {_PAGE}) t
      join links l on l.id = t.subject_id
     order by t.score desc, t.subject_id desc
""")

_BY_DAY = f"s.created_at / {DAY}"
LINK_DAYS = Query(f"""
    select k.link_id as subject_id, {_BY_DAY} as day, count(*) as uses, count(distinct s.account_id) as accounts
      from status_links k join statuses s on s.id = k.status_id
     where k.link_id = any(:ids) and k.status_id >= :since and s.visibility = 0
     group by k.link_id, {_BY_DAY}
""")

REVIEW = Query("""
    insert into trend_reviews (kind, subject, allowed, reviewed_at) values (:kind, :subject, :allowed, :now)
    on conflict (kind, subject) do update set allowed = excluded.allowed, reviewed_at = excluded.reviewed_at
""")
ALLOWED_AMONG = Query("""
    select subject from trend_reviews where kind = :kind and subject = any(:subjects) and allowed
""")
Among = Literal["allowed", "unrefused", "everything"]
"""What is looked through: what organisers have allowed, all but what they refused, or that, too."""

_USES = {Kind.TAG: TAG_USES, Kind.STATUS: STATUS_USES, Kind.LINK: LINK_USES}


class Use(msgspec.Struct, array_like=True, frozen=True):
    """Somebody has used a tag or link, or liked or boosted a post (time in ms)."""

    subject_id: int
    account_id: int
    created_at: int


class Trend(msgspec.Struct, frozen=True):
    """How much something is talked about now; `publisher` is the site of a link."""

    subject_id: int
    score: float
    publisher: str = ""


class Day(msgspec.Struct, array_like=True, frozen=True):
    """Uses of one day, and by how many; days are counted from 1970."""

    subject_id: int
    day: int
    uses: int
    accounts: int


async def uses(db: Reader, kind: Kind, *, since: int) -> list[Use]:
    """Public uses since then; `since` is the first id of that time."""
    return await db.all(_USES[kind], Use, since=since, most=USES)


async def replace(tx: Writer, kind: Kind, found: Sequence[Trend], now: int) -> None:
    """Write the trends of a kind anew."""
    await tx.run(CLEAR, kind=kind)
    await tx.many(PUT, [msgspec.structs.asdict(one) | {"kind": kind, "computed_at": now} for one in found])


async def computed_at(db: Reader) -> int:
    """When there were trends last (ms)."""
    return int(await db.value(COMPUTED_AT) or 0)


async def tags(db: Reader, *, among: Among, limit: int, offset: int) -> list[Tag]:
    """Tags that trend."""
    if among == "everything":
        return await db.all(EVERY_TAG, Tag, limit=limit, offset=offset)
    return await db.all(TAGS, Tag, unreviewed=among == "unrefused", limit=limit, offset=offset)


async def statuses(
    db: Reader, *, viewer_id: int, now: int, among: Among, limit: int, offset: int
) -> list[int]:
    """Ids of posts that trend, without those of whom the viewer (0 for a stranger) blocks or mutes."""
    part = {"viewer_id": viewer_id, "now": now, "limit": limit, "offset": offset}
    if among == "everything":
        return await db.values(EVERY_STATUS, **part)
    return await db.values(STATUSES, unreviewed=among == "unrefused", **part)


async def links(db: Reader, *, among: Among, limit: int, offset: int) -> list[Link]:
    """Links that trend and have a card."""
    if among == "everything":
        return await db.all(EVERY_LINK, Link, limit=limit, offset=offset)
    return await db.all(LINKS, Link, unreviewed=among == "unrefused", limit=limit, offset=offset)


async def link_days(db: Reader, ids: Sequence[int], *, since: int) -> list[Day]:
    """How often links were used, by day."""
    return await db.all(LINK_DAYS, Day, ids=ids, since=since) if ids else []


async def review(tx: Writer, kind: Kind, subject: str, *, allowed: bool, now: int) -> None:
    """Let something trend, or never; `subject` is an id, for a publisher the name of its site."""
    await tx.run(REVIEW, kind=kind, subject=subject, allowed=allowed, now=now)


async def allowed_among(db: Reader, kind: Kind, ids: Sequence[int]) -> set[int]:
    """Those that somebody has looked at and allowed."""
    found = await db.values(ALLOWED_AMONG, kind=kind, subjects=[str(one) for one in ids])
    return {int(one) for one in found}
