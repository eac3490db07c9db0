"""What is talked about on this node: computed every few minutes from who used what in the last days."""

from collections.abc import Sequence

from fediserver.actions.core import Core
from fediserver.clock import DAY, HOUR, MINUTE
from fediserver.db import links, trend_reviews, trends
from fediserver.db.database import Writer
from fediserver.db.trends import Kind, Trend, Use
from fediserver.ids import first_at
from fediserver.models.uris import host

WINDOW = 3 * DAY
HALF_LIFE = 12 * HOUR
"""After this a use counts half: what was said yesterday evening is a quarter of what is said now."""
EVERY = 5 * MINUTE
LEAST = 2
"""People who have to agree: what one alone says over and over is no trend."""
MOST = 100


async def refresh(core: Core) -> None:
    """Compute the trends anew, unless another process has just done so."""
    now = core.clock()
    if now - await trends.computed_at(core.db) < EVERY // 2:
        return
    since = first_at(now - WINDOW)
    found = {
        kind: ranked(await trends.uses(core.db.slow, kind, since=since), now)
        for kind in (Kind.TAG, Kind.STATUS, Kind.LINK)
    }
    known = await links.by_ids(core.db, [one.subject_id for one in found[Kind.LINK]])
    found[Kind.LINK] = [
        Trend(one.subject_id, one.score, host(known[one.subject_id].url))
        for one in found[Kind.LINK]
        if one.subject_id in known
    ]

    async def work(tx: Writer) -> None:
        for kind, rows in found.items():
            await trends.replace(tx, kind, rows, now)
        await trend_reviews.note_publishers(tx, [one.publisher for one in found[Kind.LINK]], now)

    await core.db.write(work)


def ranked(uses: Sequence[Use], now: int) -> list[Trend]:
    """What most people use, each counted once by their last use, the more the nearer that is (ms)."""
    last: dict[int, dict[int, int]] = {}
    for use in uses:
        people = last.setdefault(use.subject_id, {})
        people[use.account_id] = max(use.created_at, people.get(use.account_id, 0))
    scores = {
        subject_id: sum(0.5 ** (max(now - moment, 0) / HALF_LIFE) for moment in people.values())
        for subject_id, people in last.items()
        if len(people) >= LEAST
    }
    best = sorted(scores.items(), key=lambda one: (-one[1], -one[0]))[:MOST]
    return [Trend(subject_id, score) for subject_id, score in best]
