"""A member's year: counted once, from their own posts, when they ask; nobody else sees it."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import orjson

from fediserver.actions.core import Core
from fediserver.clock import SECOND
from fediserver.db import annual_reports
from fediserver.db.annual_reports import Post
from fediserver.db.database import Reader
from fediserver.ids import first_at
from fediserver.models.account import Account
from fediserver.models.annual_report import AnnualReport

FIRST_YEAR = 2000
OPENS = (12, 10)
"""Month and day from which the running year may be looked back at."""
FEW_POSTS = 10
TAGS = 5


async def state(core: Core, me: Account, year: int) -> str:
    """`available`, `eligible` when one can be made, else `ineligible`."""
    if await annual_reports.by_year(core.db, me.id, year) is not None:
        return "available"
    since, until = _bounds(year)
    if not _is_open(core, year):
        return "ineligible"
    posted = await annual_reports.has_posted(core.db, me.id, since=first_at(since), until=first_at(until))
    return "eligible" if posted else "ineligible"


async def generate(core: Core, me: Account, year: int) -> None:
    """Make the report of a year, if there is none and can be one."""
    if await state(core, me, year) != "eligible":
        return
    since, until = _bounds(year)
    posts = await annual_reports.posts(core.db.slow, me.id, since=first_at(since), until=first_at(until))
    months = await _months(core.db.slow, me, year, posts)
    report = AnnualReport(
        account_id=me.id,
        year=year,
        data=orjson.dumps(_data(posts, months)).decode(),
        created_at=core.clock(),
        read_at=None,
    )
    await core.db.write(lambda tx: annual_reports.put(tx, report))


def _is_open(core: Core, year: int) -> bool:
    now = datetime.fromtimestamp(core.clock() / SECOND, UTC)
    return FIRST_YEAR <= year < now.year or (year == now.year and (now.month, now.day) >= OPENS)


def _bounds(year: int) -> tuple[int, int]:
    """The first moment (ms) of a year and of the next."""
    first, last = (
        int(datetime(min(max(one, FIRST_YEAR), 9000), 1, 1, tzinfo=UTC).timestamp()) * SECOND
        for one in (year, year + 1)
    )
    return first, last


async def _months(db: Reader, me: Account, year: int, posts: Sequence[Post]) -> list[dict[str, int]]:
    since, until = _bounds(year)
    counted = {
        "statuses": Counter(map(_month, (post.created_at for post in posts))),
        "following": Counter(
            map(_month, await annual_reports.following(db, me.id, since=since, until=until))
        ),
        "followers": Counter(
            map(_month, await annual_reports.followers(db, me.id, since=since, until=until))
        ),
    }
    return [
        {"month": month, **{name: found[month] for name, found in counted.items()}} for month in range(1, 13)
    ]


def _month(moment: int) -> int:
    return datetime.fromtimestamp(moment / SECOND, UTC).month


def _data(posts: Sequence[Post], months: list[dict[str, int]]) -> dict[str, object]:
    """Figures in the second version of Mastodon's form."""
    own = [post for post in posts if not post.is_boost]
    boosted = max(
        (post for post in own if post.is_open and post.reblogs_count),
        key=lambda one: one.reblogs_count,
        default=None,
    )
    tags = Counter(tag for post in own for tag in orjson.loads(post.tags))
    return {
        "archetype": _archetype(posts),
        "top_statuses": {
            "by_reblogs": None if boosted is None else str(boosted.id),
            "by_favourites": None,
            "by_replies": None,
        },
        "time_series": months,
        "top_hashtags": [{"name": name, "count": uses} for name, uses in tags.most_common(TAGS)],
    }


def _archetype(posts: Sequence[Post]) -> str:
    """What kind of poster somebody was: what they did more than half of the time, polls a tenth."""
    total = len(posts)
    if total < FEW_POSTS:
        return "lurker"
    if sum(post.is_boost for post in posts) * 2 > total:
        return "booster"
    if sum(post.has_poll for post in posts) * 10 > total:
        return "pollster"
    if sum(post.is_reply for post in posts) * 2 > total:
        return "replier"
    return "oracle"
