"""Documents that others dereference: actors, posts, what was said about them, consents to quotes."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fediserver import ids
from fediserver.actions import visibility
from fediserver.activitypub import outbox, render
from fediserver.activitypub.context import Context
from fediserver.activitypub.render import activity, actor
from fediserver.activitypub.vocabulary import CONTENT_TYPE
from fediserver.db import accounts, outgoing, quotes, statuses
from fediserver.errors import Gone, NotFound
from fediserver.models.quote import QuoteState
from fediserver.models.status import Status
from fediserver.web.federation.asking import FRESH, admit, answer, ours, signed_by, wants_page
from fediserver.web.ready import ready


async def instance_actor(ctx: Context, _: Request) -> Response:
    """GET /actor: the node itself; readable unsigned, for it signs our own requests."""
    account = await accounts.by_uri(ctx.db, ctx.uris.instance_actor)
    if account is None:
        raise NotFound
    keys = await accounts.keys(ctx.db, account.id)
    return answer(actor.instance(keys, uris=ctx.uris, title=ctx.config.domain))


async def actor_document(ctx: Context, request: Request) -> Response:
    """GET /users/NAME: the document, or for people the page."""
    if wants_page(request):
        return RedirectResponse((await ours(ctx, request.path_params["name"])).url, 302, {"vary": "Accept"})
    await admit(ctx, request)
    name = request.path_params["name"]

    async def make() -> bytes:
        return render.dumps(await outbox.actor_document(ctx, await ours(ctx, name)))

    body = await ready(ctx).document("actor", name.lower(), make)
    return Response(body, headers=FRESH, media_type=CONTENT_TYPE)


async def status_document(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/statuses/ID: the document of an open post, or for people the page."""
    status = await open_post(ctx, request)
    if wants_page(request):
        return RedirectResponse(ctx.uris.page(status), 302, {"vary": "Accept"})
    await admit(ctx, request)
    post = await ctx.db.read(lambda tx: outbox.whole(tx, status))
    if post is None:
        raise NotFound
    return answer(outbox.note_document(ctx, post))


async def open_post(ctx: Context, request: Request) -> Status:
    """The post of an address, for whoever signed the request; raises Gone for a deleted one.

    Who asks is looked at in the same way whether there is such a post or not.
    """
    name, number = request.path_params["name"].lower(), ids.parse(request.path_params["id"])
    if number is None:
        raise NotFound
    uri = ctx.uris.status(name, number)
    status = await statuses.by_uri(ctx.db, uri)
    is_open = status is not None and status.visibility.is_open
    viewer = None if is_open else await signed_by(ctx, request)
    if status is None:
        if await statuses.tombstone(ctx.db, uri) is not None:
            raise Gone("This post was deleted")
        raise NotFound
    if not await visibility.can_see(ctx.db, viewer, status):
        raise NotFound
    return status


async def activity_document(ctx: Context, request: Request) -> Response:
    """GET /activities/ID: what was said about an open post."""
    number = ids.parse(request.path_params["id"])
    said = await outgoing.by_id(ctx.db, number) if number is not None else None
    if said is None or said.verb not in ("create", "update", "announce", "delete"):
        raise NotFound
    status = await statuses.by_uri(ctx.db, said.object_uri)
    if said.verb != "delete" and (status is None or not await visibility.can_see(ctx.db, None, status)):
        raise NotFound
    doc = await outbox.document_of(ctx, said)
    if doc is None:
        raise Gone("This post was deleted")
    return answer(doc)


async def quote_stamp(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/quote_authorizations/ID: the consent to a quote, as long as it stands (FEP-044f)."""
    account = await ours(ctx, request.path_params["name"])
    number = ids.parse(request.path_params["id"])
    quote = await quotes.by_id(ctx.db, number) if number is not None else None
    if quote is None or quote.quoted_id is None:
        raise NotFound
    quoted = await statuses.by_id(ctx.db, quote.quoted_id)
    quoting = await statuses.by_id(ctx.db, quote.status_id)
    if quoted is None or quoting is None or quoted.account_id != account.id:
        raise NotFound
    if quote.state is not QuoteState.ACCEPTED:
        raise Gone("This consent was taken back")
    return answer(
        activity.stamp(
            uri=ctx.uris.quote_stamp(account.username, quote.id),
            author=account.uri,
            quoting=quoting.uri,
            quoted=quoted.uri,
        )
    )
