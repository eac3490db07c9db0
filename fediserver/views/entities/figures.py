"""Admin::Measure, Admin::Dimension and Admin::Cohort: https://docs.joinmastodon.org/entities/Admin_Measure/."""

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from fediserver import __version__
from fediserver.activitypub.context import Context
from fediserver.clock import DAY, SECOND, isoformat
from fediserver.db import dimensions, measures, media
from fediserver.db.dimensions import DIMENSIONS
from fediserver.db.measures import MEASURES, About, Span

Entity = dict[str, object]

ALTOGETHER = tuple(key for key in MEASURES if key.startswith("instance_"))
"""Measures whose total is that of all time, so that there is none of before."""
_BYTES = "instance_media_attachments"
PARTS: Final = (*DIMENSIONS, "sources", "space_usage", "software_versions")
"""The dimensions that there are."""


class Question(msgspec.Struct, frozen=True):
    """A figure by its name, and what it is about."""

    key: str
    about: About


async def measure(ctx: Context, question: Question, span: Span) -> Entity:
    """An Admin::Measure with a number for each day."""
    key, about, db = question.key, question.about, ctx.db.slow
    by_day = await measures.days(db, key, span, about)
    total = await measures.total(db, key, span, about)
    entity: Entity = {"key": key, "unit": "bytes" if key == _BYTES else None, "total": str(total)}
    if key == _BYTES:
        entity["human_value"] = human(total)
    if key not in ALTOGETHER:
        entity["previous_total"] = str(await measures.total(db, key, span.before, about))
    return entity | {
        "data": [{"date": isoformat(day * DAY), "value": str(by_day.get(day, 0))} for day in span.days]
    }


async def dimension(ctx: Context, question: Question, span: Span, limit: int) -> Entity:
    """An Admin::Dimension."""
    key = question.key
    if key in DIMENSIONS:
        found = await dimensions.parts(ctx.db.slow, key, span, question.about, limit)
        data = [_part(_name(ctx, key, one.name), str(one.number)) for one in found]
    elif key == "space_usage":
        data = await _space(ctx)
    elif key == "software_versions":
        data = await _versions(ctx)
    else:
        # By what program people signed up is not kept.
        data = []
    return {"key": key, "data": data}


def _name(ctx: Context, key: str, name: str) -> str:
    if name:
        return name
    return "und" if key.endswith("languages") else ctx.config.domain


def _part(key: str, value: str, human_key: str = "") -> Entity:
    return {"key": key, "human_key": human_key or key, "value": value}


async def _space(ctx: Context) -> list[Entity]:
    engine = await ctx.db.engine()
    stored = await dimensions.uploaded_bytes(ctx.db.slow) + await media.cached_bytes(ctx.db.slow)
    return [
        _part(name.lower(), str(size), name) | {"unit": "bytes", "human_value": human(size)}
        for name, size in ((engine.name, engine.size), ("Media", stored))
    ]


async def _versions(ctx: Context) -> list[Entity]:
    engine = await ctx.db.engine()
    versions = {"fediserver": __version__, "Python": platform.python_version(), engine.name: engine.version}
    return [
        _part(name.lower(), version, name) | {"human_value": version} for name, version in versions.items()
    ]


def human(size: int) -> str:
    """Bytes as people read them: 1.5 MiB."""
    amount, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{size} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"


async def cohorts(ctx: Context, span: Span, *, by_month: bool) -> list[Entity]:
    """Admin::Cohort entities: of those who came in a period, how many were still here in each later one."""
    starts = sorted({_period(day, by_month=by_month) for day in span.days})
    whole = Span(starts[0], span.last)
    # By period of coming and of the last visit: people are many, periods few.
    people: dict[int, Counter[int]] = {start: Counter() for start in starts}
    for one in await measures.stays(ctx.db.slow, whole):
        people[_period(one.joined, by_month=by_month)][_period(one.seen, by_month=by_month)] += one.people
    return [_cohort(start, starts, people[start], by_month=by_month) for start in starts]


def _cohort(start: int, starts: Sequence[int], people: Mapping[int, int], *, by_month: bool) -> Entity:
    size = sum(people.values())
    data = []
    for later in starts:
        if later >= start:
            still = sum(number for seen, number in people.items() if seen >= later)
            data.append({"date": isoformat(later * DAY), "rate": still / max(size, 1), "value": str(still)})
    return {"period": isoformat(start * DAY), "frequency": "month" if by_month else "day", "data": data}


def _period(day: int, *, by_month: bool) -> int:
    """The day itself, or the first of its month."""
    if not by_month:
        return day
    moment = datetime.fromtimestamp(day * (DAY // SECOND), UTC)
    return day - moment.day + 1
