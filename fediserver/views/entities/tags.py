"""Tag and FeaturedTag: https://docs.joinmastodon.org/entities/Tag/."""

from collections.abc import Mapping, Sequence

from fediserver.activitypub.context import Context
from fediserver.clock import DAY, SECOND, isoformat
from fediserver.db import tags as rows
from fediserver.db.database import Reader
from fediserver.db.tags import Day, FeaturedTag, Tag
from fediserver.ids import first_at

_DAYS = 7


async def tags(ctx: Context, found: Sequence[Tag], viewer_id: int | None) -> list[dict[str, object]]:
    """Tag entities in the same order, with how much each was used in seven days."""
    ids = [tag.id for tag in found]
    today = ctx.clock() // DAY
    # Uses of a busy tag are many to count.
    counted = await rows.history(
        ctx.db.slow, ids, since=first_at((today - _DAYS + 1) * DAY), day=first_at(DAY)
    )
    uses = {(one.tag_id, one.day): one for one in counted}
    entities = [_entity(ctx, tag, today, uses) for tag in found]
    if viewer_id is None:
        return entities

    async def marks(tx: Reader) -> tuple[set[int], set[int]]:
        return await rows.followed_of(tx, viewer_id, ids), await rows.featured_of(tx, viewer_id, ids)

    followed, featured = await ctx.db.read(marks)
    return [
        entity | {"following": tag.id in followed, "featuring": tag.id in featured}
        for tag, entity in zip(found, entities, strict=True)
    ]


async def tag(ctx: Context, found: Tag, viewer_id: int | None) -> dict[str, object]:
    """One Tag entity."""
    return (await tags(ctx, [found], viewer_id))[0]


def featured_tag(ctx: Context, row: FeaturedTag) -> dict[str, object]:
    """A FeaturedTag."""
    return {
        "id": str(row.id),
        "name": row.name,
        "url": ctx.uris.tag(row.folded),
        "statuses_count": str(row.statuses_count),
        "last_status_at": None if row.last_status_at is None else isoformat(row.last_status_at)[:10],
    }


def _entity(ctx: Context, row: Tag, today: int, uses: Mapping[tuple[int, int], Day]) -> dict[str, object]:
    days = [(day, uses.get((row.id, day))) for day in range(today, today - _DAYS, -1)]
    return {
        "id": str(row.id) if row.id else "",
        "name": row.display_name,
        "url": ctx.uris.tag(row.name),
        "history": [
            {
                "day": str(day * DAY // SECOND),
                "uses": str(counted.uses) if counted else "0",
                "accounts": str(counted.accounts) if counted else "0",
            }
            for day, counted in days
        ],
    }
