"""The node about itself: https://docs.joinmastodon.org/methods/instance/."""

from starlette.responses import Response

from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import media, settings, usage
from fediserver.errors import NotFound
from fediserver.views.entities import instance
from fediserver.views.entities.shelf import shelf
from fediserver.web.responses import json_response

# Five minutes, as Mastodon has it for what everybody asks first.
_CACHED = {"Cache-Control": "public, max-age=300"}


async def version_1(ctx: Context) -> Response:
    """GET /api/v1/instance."""
    return json_response((await instance.documents(ctx)).v1, headers=_CACHED)


async def version_2(ctx: Context) -> Response:
    """GET /api/v2/instance."""
    return json_response((await instance.documents(ctx)).v2, headers=_CACHED)


async def rules(ctx: Context) -> Response:
    """GET /api/v1/instance/rules."""
    return json_response((await instance.documents(ctx)).rules, headers=_CACHED)


async def peers(ctx: Context) -> Response:
    """GET /api/v1/instance/peers: servers that this one has reached."""
    return json_response(await usage.peers(ctx.db.slow))


async def activity(ctx: Context) -> Response:
    """GET /api/v1/instance/activity: twelve weeks in numbers."""
    return json_response(await instance.activity(ctx), headers=_CACHED)


async def extended_description(ctx: Context) -> Response:
    """GET /api/v1/instance/extended_description: empty until somebody writes one."""
    content = (await settings.everything(ctx.db)).get("extended_description", "")
    return json_response({"updated_at": None, "content": content})


async def privacy_policy(ctx: Context) -> Response:
    """GET /api/v1/instance/privacy_policy: 404 until somebody writes one."""
    content = (await settings.everything(ctx.db)).get("privacy_policy", "")
    if not content:
        raise NotFound
    return json_response({"updated_at": isoformat(ctx.clock()), "content": content})


async def languages(ctx: Context) -> Response:
    """GET /api/v1/instance/languages."""
    return json_response([{"code": "en", "name": "English"}], headers=_CACHED)


async def custom_emojis(ctx: Context) -> Response:
    """GET /api/v1/custom_emojis: ours."""
    shelved = shelf(ctx, None)
    found = [
        shelved.emoji(row.shortcode, row.path, row.category, pick=row.visible)
        for row in await media.emojis(ctx.db)
    ]
    return json_response(found, headers=_CACHED)
