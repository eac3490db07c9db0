"""Settings that a web client keeps on the node; apps do not read them."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from fediserver.activitypub.context import Context
from fediserver.db import web_settings
from fediserver.errors import Invalid
from fediserver.web import params
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty

BYTES = 64 * 1024
"""What the settings of one member may take."""


async def keep(ctx: Context, me: Viewer, request: Request) -> Response:
    """PATCH /api/web/settings: keep `data`, a JSON object, as it is sent."""
    data = (await params.fields(request)).get("data")
    if not isinstance(data, dict):
        raise Invalid("Validation failed: data must be a JSON object")
    text = orjson.dumps(data)
    if len(text) > BYTES:
        raise Invalid(f"Validation failed: the settings take {len(text)} bytes; at most {BYTES} are kept")
    await ctx.db.write(lambda tx: web_settings.put(tx, me.user.account_id, text.decode()))
    return empty()
