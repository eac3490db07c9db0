"""What others send: activities, kept before they are acknowledged."""

import ipaddress

from starlette.requests import Request
from starlette.responses import Response

from fediserver.activitypub import inbox
from fediserver.activitypub.context import Context
from fediserver.activitypub.vocabulary import CONTENT_TYPE
from fediserver.errors import BadRequest
from fediserver.signatures import SignatureError
from fediserver.web.body import read_body
from fediserver.web.federation.asking import message_of
from fediserver.web.responses import json_response

BODY_LIMIT = 1 << 20


async def post_to_inbox(ctx: Context, request: Request) -> Response:
    """POST /inbox, /users/NAME/inbox, /actor/inbox: 202 once the activity is durable."""
    body = await read_body(request, BODY_LIMIT)
    message = await message_of(ctx, request, body)
    if (
        not request.headers.get("content-type", "")
        .lower()
        .startswith(("application/activity+json", "application/ld+json", "application/json"))
    ):
        raise BadRequest(f"send activities as {CONTENT_TYPE}")
    try:
        await inbox.receive(ctx, message, network=_network(request))
    except SignatureError as problem:
        return json_response({"error": str(problem)}, 401)
    return Response(status_code=202)


async def outbox_is_read_only(_: Context, __: Request) -> Response:
    """POST to an outbox: this node speaks the client API of Mastodon instead."""
    return json_response({"error": "post through the client API at /api/v1/statuses"}, 405)


def _network(request: Request) -> str:
    """The sender's network, as far as one party usually has it: /24, or /48 of IPv6."""
    address = request.client.host if request.client else "0.0.0.0"  # noqa: S104 - a name for "unknown"
    try:
        wide = 24 if ipaddress.ip_address(address).version == 4 else 48
        return str(ipaddress.ip_network(f"{address}/{wide}", strict=False))
    except ValueError:
        return address[:64]
