"""Use by day, and Trends::Link: https://docs.joinmastodon.org/entities/Trends_Link/."""

from collections.abc import Mapping, Sequence

from fediserver.activitypub.context import Context
from fediserver.clock import DAY, SECOND
from fediserver.db import trends
from fediserver.db.database import Reader
from fediserver.db.trends import Day
from fediserver.ids import first_at
from fediserver.models.link import Link
from fediserver.views.entities import accounts, cards
from fediserver.views.entities.shelf import shelf

DAYS = 7

History = list[dict[str, str]]


def first_day(ctx: Context) -> int:
    """The day, counted from 1970, that a history begins with."""
    return ctx.clock() // DAY - DAYS + 1


def histories(ctx: Context, ids: Sequence[int], days: Sequence[Day]) -> dict[int, History]:
    """Seven entries each, today's first; numbers are strings."""
    known = {(one.subject_id, one.day): one for one in days}
    first = first_day(ctx)
    return {
        subject: [
            _day(number, known.get((subject, number))) for number in range(first + DAYS - 1, first - 1, -1)
        ]
        for subject in ids
    }


def _day(number: int, day: Day | None) -> dict[str, str]:
    return {
        "day": str(number * (DAY // SECOND)),
        "uses": str(day.uses if day else 0),
        "accounts": str(day.accounts if day else 0),
    }


async def links(ctx: Context, rows: Sequence[Link], viewer_id: int | None) -> list[dict[str, object]]:
    """Trends::Link entities in the same order."""
    ids = [row.id for row in rows]

    async def load(tx: Reader) -> tuple[cards.Cards, Mapping[int, History]]:
        found = await cards.with_authors(tx, {row.id: row for row in rows})
        days = await trends.link_days(tx, ids, since=first_at(first_day(ctx) * DAY))
        return found, histories(ctx, ids, days)

    found, used = await ctx.db.read(load)
    moved_to = await accounts.successors(ctx.db, list(found.authors.values()))
    shelved = shelf(ctx, viewer_id)
    return [
        cards.entity(shelved, row, found.authors.get(row.author_id or 0), moved_to)
        | {"history": used[row.id]}
        for row in rows
    ]
