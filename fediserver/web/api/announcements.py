"""Announcements: https://docs.joinmastodon.org/methods/announcements/."""

import msgspec
from starlette.responses import Response

from fediserver.actions import announce
from fediserver.activitypub.context import Context
from fediserver.db import announcements as rows
from fediserver.views.entities import announcements
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response


class Wish(msgspec.Struct):
    """Whether announcements that the member has dismissed are wanted, too.

    Documented as false unless said; but Mastodon always sends them, and apps tell them by `read`.
    """

    with_dismissed: bool = True


async def page(ctx: Context, me: Viewer, wish: Wish) -> Response:
    """GET /api/v1/announcements: what the organisers tell everybody now."""
    found = await announcements.listed(ctx, await rows.shown(ctx.db, ctx.clock()), me.id)
    return json_response([one for one in found if wish.with_dismissed or not one["read"]])


async def dismiss(ctx: Context, me: Viewer, announcement_id: int) -> Response:
    """POST /api/v1/announcements/:id/dismiss: it has been read."""
    await announce.dismiss(ctx, announcement_id, me.id)
    return empty()


async def react(ctx: Context, me: Viewer, announcement_id: int, name: str) -> Response:
    """PUT /api/v1/announcements/:id/reactions/:name: an emoji, or the shortcode of one of ours."""
    await announce.react(ctx, announcement_id, name, me.id)
    return empty()


async def unreact(ctx: Context, me: Viewer, announcement_id: int, name: str) -> Response:
    """DELETE /api/v1/announcements/:id/reactions/:name."""
    await announce.unreact(ctx, announcement_id, name, me.id)
    return empty()
