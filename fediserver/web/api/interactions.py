"""What members do to posts; every answer is the post with its marks and counts already changed."""

import msgspec
from starlette.responses import Response

from fediserver.actions import bookmark as bookmarks
from fediserver.actions import favourite as favourites
from fediserver.actions import mute as mutes
from fediserver.actions import pin as pins
from fediserver.actions import reblog as reblogs
from fediserver.activitypub.context import Context
from fediserver.db import statuses as rows
from fediserver.errors import Invalid, NotFound
from fediserver.models.visibility import Visibility, named
from fediserver.web.api import targets
from fediserver.web.api.statuses import answer
from fediserver.web.auth import Viewer


class Boost(msgspec.Struct):
    """How far a boost goes; None follows the member's settings."""

    visibility: str | None = None


async def favourite(ctx: Context, me: Viewer, status_id: int) -> Response:
    """POST /api/v1/statuses/:id/favourite."""
    status = await targets.original(ctx, me, status_id)
    await favourites.add(ctx, me.account, status)
    return await answer(ctx, me, status)


async def unfavourite(ctx: Context, me: Viewer, status_id: int) -> Response:
    """POST /api/v1/statuses/:id/unfavourite."""
    status = await targets.original(ctx, me, status_id)
    await favourites.remove(ctx, me.account, status)
    return await answer(ctx, me, status)


async def reblog(ctx: Context, me: Viewer, status_id: int, wish: Boost) -> Response:
    """POST /api/v1/statuses/:id/reblog: boost; the answer is the boost, around the post."""
    status = await targets.original(ctx, me, status_id)
    visibility: Visibility | None = None
    if wish.visibility:
        visibility = named(wish.visibility)
        if visibility is None or visibility is Visibility.DIRECT:
            raise Invalid("Validation failed: visibility must be public, unlisted or private")
    return await answer(ctx, me, await reblogs.add(ctx, me.account, status, visibility))


async def unreblog(ctx: Context, me: Viewer, status_id: int) -> Response:
    """POST /api/v1/statuses/:id/unreblog: take a boost back; `id` is that of the post or of the boost."""
    status = await rows.by_id(ctx.db, status_id)
    if status is None:
        raise NotFound
    if status.reblog_of_id is not None:
        status_id = status.reblog_of_id
    status = await targets.status(ctx, me, status_id)
    await reblogs.remove(ctx, me.account, status)
    return await answer(ctx, me, status)


async def bookmark(ctx: Context, me: Viewer, status_id: int) -> Response:
    """POST /api/v1/statuses/:id/bookmark."""
    status = await targets.original(ctx, me, status_id)
    await bookmarks.add(ctx, me.account, status)
    return await answer(ctx, me, status)


async def unbookmark(ctx: Context, me: Viewer, status_id: int) -> Response:
    """POST /api/v1/statuses/:id/unbookmark."""
    status = await targets.original(ctx, me, status_id)
    await bookmarks.remove(ctx, me.account, status)
    return await answer(ctx, me, status)


async def pin(ctx: Context, me: Viewer, status_id: int) -> Response:
    """POST /api/v1/statuses/:id/pin: show one's own post on top of the profile."""
    status = await targets.status(ctx, me, status_id)
    await pins.add(ctx, me.account, status)
    return await answer(ctx, me, status)


async def unpin(ctx: Context, me: Viewer, status_id: int) -> Response:
    """POST /api/v1/statuses/:id/unpin."""
    status = await targets.status(ctx, me, status_id)
    await pins.remove(ctx, me.account, status)
    return await answer(ctx, me, status)


async def mute(ctx: Context, me: Viewer, status_id: int) -> Response:
    """POST /api/v1/statuses/:id/mute: no more notifications from the thread."""
    status = await targets.status(ctx, me, status_id)
    await mutes.mute_conversation(ctx, me.account, status)
    return await answer(ctx, me, status)


async def unmute(ctx: Context, me: Viewer, status_id: int) -> Response:
    """POST /api/v1/statuses/:id/unmute."""
    status = await targets.status(ctx, me, status_id)
    await mutes.unmute_conversation(ctx, me.account, status)
    return await answer(ctx, me, status)
