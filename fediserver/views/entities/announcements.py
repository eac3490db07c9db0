"""Announcement and Reaction: https://docs.joinmastodon.org/entities/Announcement/."""

from collections.abc import Sequence

import msgspec
import orjson

from fediserver.actions import visibility
from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import accounts, announcements, outlines
from fediserver.db.database import Reader
from fediserver.models.announcement import Announcement, Reaction
from fediserver.views.entities import statuses
from fediserver.views.entities.shelf import Json, Shelf, shelf

Entity = dict[str, object]


class _Loaded(msgspec.Struct, frozen=True):
    reactions: Sequence[Reaction]
    dismissed: set[int]
    status_ids: Sequence[int]


async def listed(ctx: Context, found: Sequence[Announcement], viewer_id: int | None) -> list[Entity]:
    """Announcement entities in the same order; without viewer as everybody hears of them."""
    ids = [row.id for row in found]
    linked = {row.id: list[int](orjson.loads(row.status_ids)) for row in found}

    async def read(tx: Reader) -> _Loaded:
        viewer = await accounts.by_id(tx, viewer_id) if viewer_id is not None else None
        wanted = sorted({one for some in linked.values() for one in some})
        posts = await outlines.by_ids(tx, wanted, viewer_id=viewer_id)
        return _Loaded(
            await announcements.reactions(tx, ids, viewer_id),
            set() if viewer_id is None else await announcements.dismissed(tx, ids, viewer_id),
            [one.id for one in await visibility.filter_visible(tx, viewer, posts)],
        )

    loaded = await ctx.db.read(read)
    entities = await statuses.by_ids(ctx, loaded.status_ids, viewer_id)
    # A post may be deleted between the two; then its entity is left out, and its id is told by the entity.
    posts = {int(orjson.loads(bytes(entity))["id"]): entity for entity in entities}
    shelved = shelf(ctx, viewer_id)
    return [
        _entity(ctx, row, [posts[one] for one in linked[row.id] if one in posts])
        | {
            "reactions": [
                reaction(shelved, one, viewer_id) for one in loaded.reactions if one.announcement_id == row.id
            ]
        }
        | ({} if viewer_id is None else {"read": row.id in loaded.dismissed})
        for row in found
    ]


def reaction(shelved: Shelf, row: Reaction, viewer_id: int | None) -> Entity:
    """A Reaction; `me` is only told to somebody."""
    entity: Entity = {"name": row.name, "count": row.count}
    if viewer_id is not None:
        entity["me"] = row.is_mine
    if row.path is not None:
        entity |= {"url": shelved.file(row.path), "static_url": shelved.file(row.path)}
    return entity


def _entity(ctx: Context, row: Announcement, posts: list[Json]) -> Entity:
    return {
        "id": str(row.id),
        "content": row.content,
        "starts_at": None if row.starts_at is None else isoformat(row.starts_at),
        "ends_at": None if row.ends_at is None else isoformat(row.ends_at),
        "all_day": row.all_day,
        "published_at": isoformat(row.published_at or row.created_at),
        "updated_at": isoformat(row.updated_at),
        "mentions": orjson.loads(row.mentions),
        "statuses": posts,
        "tags": [{"name": name, "url": ctx.uris.tag(name)} for name in orjson.loads(row.tags)],
        "emojis": shelf(ctx, None).emojis(orjson.loads(row.emojis)),
    }
