"""Figures for those who moderate: https://docs.joinmastodon.org/methods/admin/measures/ and its neighbours."""

from collections.abc import Callable

import msgspec
from starlette.responses import Response

from fediserver.activitypub.context import Context
from fediserver.clock import DAY, parse
from fediserver.db import tags
from fediserver.db.measures import MEASURES, About, Span
from fediserver.errors import BadRequest, Invalid, NotFound
from fediserver.views.entities import figures
from fediserver.views.entities.figures import Question
from fediserver.web.api import staff
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response

MOST_DAYS = 366
MOST_MONTHS = 60
_USUAL = 30
"""Days that are looked at where a dimension need not say."""
_LONGEST_DOMAIN = 260


class OfTag(msgspec.Struct):
    """A figure about a hashtag."""

    id: int


class OfServer(msgspec.Struct):
    """A figure about another server."""

    domain: str


class Figures(msgspec.Struct):
    """Which figures, of what time; keys that are not known are left out, as Mastodon does."""

    keys: list[str]
    start_at: str = ""
    end_at: str = ""
    tag_servers: OfTag | None = None
    instance_accounts: OfServer | None = None


class Measures(Figures):
    """Which measures."""

    tag_accounts: OfTag | None = None
    tag_uses: OfTag | None = None
    instance_media_attachments: OfServer | None = None
    instance_reports: OfServer | None = None
    instance_statuses: OfServer | None = None
    instance_follows: OfServer | None = None
    instance_followers: OfServer | None = None


class Dimensions(Figures):
    """Which dimensions, and how many parts of each."""

    limit: int = 10
    tag_languages: OfTag | None = None
    instance_languages: OfServer | None = None


class Retention(msgspec.Struct):
    """Who is looked at, and in which periods."""

    start_at: str
    end_at: str
    frequency: str = "day"


async def measures(ctx: Context, me: Viewer, wanted: Measures) -> Response:
    """POST /api/v1/admin/measures: how much of something there was, day by day."""
    staff.moderator(me)
    span = _span(wanted.start_at, wanted.end_at)
    questions = await _questions(ctx, wanted, MEASURES.__contains__)
    return json_response([await figures.measure(ctx, question, span) for question in questions])


async def dimensions(ctx: Context, me: Viewer, wanted: Dimensions) -> Response:
    """POST /api/v1/admin/dimensions: what something is made of."""
    staff.moderator(me)
    today = ctx.clock() // DAY
    usual = Span(today - _USUAL + 1, today)
    span = _span(wanted.start_at, wanted.end_at) if wanted.start_at or wanted.end_at else usual
    questions = await _questions(ctx, wanted, figures.PARTS.__contains__)
    limit = min(max(wanted.limit, 1), 100)
    return json_response([await figures.dimension(ctx, question, span, limit) for question in questions])


async def retention(ctx: Context, me: Viewer, wanted: Retention) -> Response:
    """POST /api/v1/admin/retention: how many of those who came stayed."""
    staff.moderator(me)
    by_month = wanted.frequency == "month"
    span = _span(wanted.start_at, wanted.end_at, MOST_MONTHS * 31 if by_month else 92)
    return json_response(await figures.cohorts(ctx, span, by_month=by_month))


def _span(start: str, end: str, most: int = MOST_DAYS) -> Span:
    first, last = _day("start_at", start), _day("end_at", end)
    if not 0 <= last - first < most:
        raise Invalid(f"end_at has to be on or after start_at, and at most {most} days may be asked for")
    return Span(first, last)


def _day(name: str, text: str) -> int:
    """A day, counted from 1970, from a date or a time."""
    if not text:
        raise BadRequest(f"The parameter {name} is missing")
    moment = parse(text) or parse(f"{text}T00:00")
    if moment is None or not 0 < moment < 2**45:
        raise Invalid(f"{name} has to be a date such as 2026-05-01, after 1970")
    return moment // DAY


async def _questions(ctx: Context, wanted: Figures, is_known: Callable[[str], bool]) -> list[Question]:
    """What is asked, each once; BadRequest where it is not said about what, NotFound for an unknown hashtag."""
    return [
        Question(key, await _about(ctx, wanted, key)) for key in dict.fromkeys(wanted.keys) if is_known(key)
    ]


async def _about(ctx: Context, wanted: Figures, key: str) -> About:
    if not key.startswith(("tag_", "instance_")):
        return About()
    said: OfTag | OfServer | None = getattr(wanted, key)
    if said is None:
        raise BadRequest(f"The parameter {key} is missing: say what is asked about")
    if isinstance(said, OfServer):
        return About(domain=said.domain.strip().lower()[:_LONGEST_DOMAIN])
    if await tags.by_id(ctx.db, said.id) is None:
        raise NotFound
    return About(tag_id=said.id)
