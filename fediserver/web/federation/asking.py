"""Who asks, and for what: what the endpoints of federation read from a request before they answer it."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from fediserver.activitypub import inbox, render
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Document
from fediserver.activitypub.vocabulary import CONTENT_TYPE
from fediserver.db import accounts
from fediserver.errors import FediserverError, Gone, NotFound, TooMany, Unauthorised
from fediserver.models.account import Account
from fediserver.models.uris import host
from fediserver.signatures import Message, claim
from fediserver.web.auth import access_of
from fediserver.web.limits import Rule
from fediserver.web.pages.door import client_key

Endpoint = Callable[[Context, Request], Awaitable[Response]]

INTRODUCTIONS_BY_ADDRESS = Rule("introductions-address", 30, 300)
INTRODUCTIONS_BY_HOST = Rule("introductions-host", 60, 300)
"""Keys that are fetched while their owner's request waits; what is posted to an inbox waits elsewhere."""
FRESH = {"cache-control": "max-age=60", "vary": "Accept, Signature"}
"""Headers of a document that anybody may have."""


def wants_activity(request: Request) -> bool:
    """Whether a client asks for the document rather than the page."""
    accept = request.headers.get("accept", "")
    return "activity+json" in accept or "ld+json" in accept


def wants_page(request: Request) -> bool:
    """Whether a person asks, with a browser."""
    return not wants_activity(request) and "text/html" in request.headers.get("accept", "")


def answer(doc: Document, status: int = 200) -> Response:
    """A document, with the content type that peers compare to the letter."""
    return Response(render.dumps(doc), status, headers=FRESH, media_type=CONTENT_TYPE)


async def signed_by(ctx: Context, request: Request) -> Account | None:
    """Whose key has signed a GET; None when it is unsigned, signed wrongly, or by a blocked server.

    A key that is not here is fetched: a server that asks has a reason to be known. Raises TooMany when the address
    that asks, or the server of the key, has made us do so too often. Ask this before what is asked for is looked
    at: otherwise the fetch would tell the key's server whether it exists.
    """
    message = await message_of(ctx, request, b"")
    try:
        claimed = claim(message, now=ctx.clock())
        return await inbox.signer(ctx, claimed, begin=lambda: _count(request, host(claimed.key_id)))
    except TooMany:
        raise
    except FediserverError:
        return None


def _count(request: Request, key_host: str) -> None:
    limits = access_of(request).limits
    limits.demand(limits.check(INTRODUCTIONS_BY_ADDRESS, client_key(request)))
    limits.demand(limits.check(INTRODUCTIONS_BY_HOST, key_host))


async def admit(ctx: Context, request: Request) -> None:
    """Where FEDISERVER_SECURE_FETCH is on, raise Unauthorised for a request that no server has signed."""
    if ctx.config.secure_fetch == "on" and await signed_by(ctx, request) is None:
        raise Unauthorised("This node answers signed requests only (FEDISERVER_SECURE_FETCH is on)")


def admitting(endpoint: Endpoint) -> Endpoint:
    """The endpoint, behind `admit`."""

    async def admitting(ctx: Context, request: Request) -> Response:
        await admit(ctx, request)
        return await endpoint(ctx, request)

    return admitting


async def message_of(ctx: Context, request: Request, body: bytes) -> Message:
    """The request as it was signed: under our own address, whatever the proxy made of it."""
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string") or b""
    url = ctx.config.base_url + path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Message(method=request.method, url=url, headers=headers, body=body)


async def ours(ctx: Context, name: str) -> Account:
    """The account of ours with that name; raises NotFound, or Gone for one that was deleted or suspended."""
    account = await accounts.by_handle(ctx.db, name)
    if account is None or account.uri == ctx.uris.instance_actor:
        raise NotFound
    if account.deleted_at is not None or account.suspended_at is not None:
        raise Gone("This account is gone")
    return account
