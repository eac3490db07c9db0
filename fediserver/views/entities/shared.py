"""A status for many viewers at once: rendered once for all to whom it is the same."""

from collections.abc import Collection

from fediserver.activitypub.context import Context
from fediserver.db import streams
from fediserver.db.streams import Facts
from fediserver.views.entities import statuses
from fediserver.views.entities.shelf import Json

_ANYBODY = 0
"""The id of no account: a member who has done nothing with any post."""


async def status(ctx: Context, about: Facts, viewer_ids: Collection[int]) -> dict[int, Json]:
    """The Status entity by viewer, empty when the post has been deleted; who may see it has been decided.

    Only for those whose entity differs it is made by itself: who has marks on the post, is its author, or filters.
    Of collections that it links to, all are told what strangers are told; whom a member blocks goes when they look.
    """
    common = await statuses.by_ids(ctx, [about.id], _ANYBODY)
    if not common:
        return {}
    entities = dict.fromkeys(viewer_ids, common[0])
    for viewer_id in await streams.concerned(ctx.db, about, sorted(viewer_ids)):
        own = await statuses.by_ids(ctx, [about.id], viewer_id)
        if own:
            entities[viewer_id] = own[0]
    return entities
