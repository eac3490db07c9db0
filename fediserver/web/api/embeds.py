"""Posts shown on other sites: https://docs.joinmastodon.org/methods/oembed/."""

import msgspec
from starlette.responses import Response

from fediserver.activitypub.context import Context
from fediserver.db import accounts
from fediserver.errors import NotFound
from fediserver.models.status import Status
from fediserver.views.entities.embeds import WIDTH, embed
from fediserver.web.api import targets
from fediserver.web.responses import json_response

_WIDEST = 10_000


class Wanted(msgspec.Struct):
    """The page of a post, and how much room there is, in pixels."""

    url: str
    maxwidth: int | None = None
    maxheight: int | None = None


async def by_address(ctx: Context, wanted: Wanted) -> Response:
    """GET /api/oembed: a post of ours that everybody may see, by its address."""
    local = ctx.uris.local(wanted.url)
    if local is None or local.kind != "status":
        raise NotFound
    status = await targets.status(ctx, None, int(local.key))
    return await _embedded(ctx, status, width=wanted.maxwidth, height=wanted.maxheight)


async def by_id(ctx: Context, status_id: int) -> Response:
    """GET /api/web/embeds/:id: the same by id, also for a post of another server."""
    return await _embedded(ctx, await targets.status(ctx, None, status_id), width=None, height=None)


async def _embedded(ctx: Context, status: Status, *, width: int | None, height: int | None) -> Response:
    if status.reblog_of_id is not None:
        status = await targets.status(ctx, None, status.reblog_of_id)
    author = await accounts.by_id(ctx.db, status.account_id)
    if author is None or author.suspended_at is not None:
        raise NotFound
    return json_response(
        embed(
            ctx,
            status,
            author,
            width=min(width, _WIDEST) if width and width > 0 else WIDTH,
            height=min(height, _WIDEST) if height and height > 0 else None,
        )
    )
