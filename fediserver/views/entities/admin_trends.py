"""Trends and hashtags as those who moderate see them: https://docs.joinmastodon.org/methods/admin/trends/."""

from collections.abc import Sequence

import orjson

from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import trend_reviews
from fediserver.db.database import Reader
from fediserver.db.tags import Tag
from fediserver.db.trend_reviews import Publisher, Review, TagStanding
from fediserver.db.trends import Kind
from fediserver.models.link import Link
from fediserver.models.uris import host
from fediserver.views.entities import statuses as status_entities
from fediserver.views.entities import trends
from fediserver.views.entities.tags import tags as tag_entities

Entity = dict[str, object]


async def tags(ctx: Context, rows: Sequence[Tag], viewer_id: int) -> list[Entity]:
    """Admin::Tag entities in the same order."""
    ids = [row.id for row in rows]

    async def read(tx: Reader) -> tuple[dict[int, TagStanding], dict[str, Review]]:
        return await trend_reviews.standings(tx, ids), await trend_reviews.reviews(tx, Kind.TAG, ids)

    standings, reviews = await ctx.db.read(read)
    return [
        entity
        | _tag(standings[row.id], reviews.get(str(row.id)), unreviewed=ctx.config.trends_review == "off")
        for row, entity in zip(rows, await tag_entities(ctx, rows, viewer_id), strict=True)
    ]


def _tag(standing: TagStanding, review: Review | None, *, unreviewed: bool) -> Entity:
    return {
        "trendable": unreviewed if review is None else review.allowed,
        "usable": standing.usable,
        "requires_review": standing.reviewed_at is None,
        "listable": standing.listable,
    }


async def links(ctx: Context, rows: Sequence[Link], viewer_id: int) -> list[Entity]:
    """Admin::Trends::Link entities in the same order; who has looked at the site has looked at its pages."""
    sites = {row.id: host(row.url) for row in rows}

    async def read(tx: Reader) -> tuple[dict[str, Review], dict[str, Review]]:
        return (
            await trend_reviews.reviews(tx, Kind.LINK, list(sites)),
            await trend_reviews.reviews(tx, Kind.PUBLISHER, sorted(set(sites.values()))),
        )

    reviews, of_sites = await ctx.db.read(read)
    return [
        entity
        | {"id": row.id, "requires_review": str(row.id) not in reviews and sites[row.id] not in of_sites}
        for row, entity in zip(rows, await trends.links(ctx, rows, viewer_id), strict=True)
    ]


async def statuses(ctx: Context, ids: Sequence[int], viewer_id: int) -> list[Entity]:
    """Admin::Trends::Status entities in the order of the ids, without those that are gone."""
    reviews = await trend_reviews.reviews(ctx.db, Kind.STATUS, ids)
    found = [orjson.loads(bytes(one)) for one in await status_entities.by_ids(ctx, ids, viewer_id)]
    return [one | {"requires_review": one["id"] not in reviews} for one in found]


async def publishers(ctx: Context, rows: Sequence[Publisher]) -> list[Entity]:
    """Admin::Trends::PreviewCardProvider entities in the same order."""
    reviews = await trend_reviews.reviews(ctx.db, Kind.PUBLISHER, [row.domain for row in rows])
    return [_publisher(row, reviews.get(row.domain)) for row in rows]


def _publisher(row: Publisher, review: Review | None) -> Entity:
    return {
        "id": row.id,
        "domain": row.domain,
        "trendable": None if review is None else review.allowed,
        "reviewed_at": None if review is None else isoformat(review.reviewed_at),
        "requested_review_at": isoformat(row.requested_at),
        "requires_review": review is None,
    }
