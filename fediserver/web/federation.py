"""What other servers ask for and send: discovery, documents, inboxes."""

import ipaddress
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from fediserver import __version__, ids
from fediserver.actions import visibility
from fediserver.activitypub import inbox, nodeinfo, outbox, render, webfinger
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Document
from fediserver.activitypub.render import activity, actor, collection
from fediserver.activitypub.vocabulary import CONTENT_TYPE
from fediserver.db import accounts, federation_pages, outgoing, quotes, statuses, tags
from fediserver.db.database import Reader
from fediserver.errors import BadRequest, FediserverError, Gone, NotFound, Unauthorised
from fediserver.models.account import Account
from fediserver.models.quote import QuoteState
from fediserver.models.status import Status
from fediserver.signatures import Message, SignatureError, claim
from fediserver.web.body import read_body
from fediserver.web.ready import ready
from fediserver.web.responses import json_response
from fediserver.web.router import Route

BODY_LIMIT = 1 << 20
PAGE = 20
MOST = 1000

Endpoint = Callable[[Context, Request], Awaitable[Response]]

_JRD = "application/jrd+json"
_FRESH = {"cache-control": "max-age=60", "vary": "Accept, Signature"}


def wants_activity(request: Request) -> bool:
    """Whether a client asks for the document rather than the page."""
    accept = request.headers.get("accept", "")
    return "activity+json" in accept or "ld+json" in accept


def answer(doc: Document, status: int = 200) -> Response:
    """A document, with the content type that peers compare to the letter."""
    return Response(render.dumps(doc), status, headers=_FRESH, media_type=CONTENT_TYPE)


async def webfinger_document(ctx: Context, request: Request) -> Response:
    """GET /.well-known/webfinger?resource=… (RFC 7033)."""
    text = request.query_params.get("resource")
    if not text or len(text) > 2048:
        raise BadRequest("webfinger wants ?resource=acct:name@domain")

    async def make() -> bytes:
        local = webfinger.resource(text, ctx.uris)
        if local is not None and local.kind == "instance":
            return render.dumps(webfinger.instance(ctx.uris))
        if local is None or local.kind != "actor":
            raise NotFound
        return render.dumps(webfinger.account(await _ours(ctx, local.key), ctx.uris))

    body = await ready(ctx).document("webfinger", text, make)
    return Response(body, headers={"cache-control": "max-age=3600"}, media_type=_JRD)


async def host_meta(ctx: Context, _: Request) -> Response:
    """GET /.well-known/host-meta (RFC 6415)."""
    return Response(nodeinfo.host_meta(ctx.uris), media_type="application/xrd+xml")


async def nodeinfo_index(ctx: Context, _: Request) -> Response:
    """GET /.well-known/nodeinfo."""
    return json_response(nodeinfo.well_known(ctx.uris))


async def nodeinfo_2_0(ctx: Context, _: Request) -> Response:
    """GET /nodeinfo/2.0."""
    return await _nodeinfo(ctx, "2.0")


async def nodeinfo_2_1(ctx: Context, _: Request) -> Response:
    """GET /nodeinfo/2.1."""
    return await _nodeinfo(ctx, "2.1")


async def _nodeinfo(ctx: Context, version: nodeinfo.Version) -> Response:
    async def make() -> bytes:
        facts = await federation_pages.usage(ctx.db, now=ctx.clock())
        doc = nodeinfo.document(
            version,
            nodeinfo.Facts(
                version=__version__,
                title=ctx.config.domain,
                description="",
                open_registrations=ctx.config.registrations in ("open", "approval"),
                users=facts.users,
                active_month=facts.active_month,
                active_half_year=facts.active_half_year,
                posts=facts.posts,
                comments=facts.comments,
            ),
        )
        return render.dumps(doc)

    body = await ready(ctx).document("nodeinfo", version, make)
    return Response(body, headers={"cache-control": "max-age=600"}, media_type=nodeinfo.content_type(version))


async def instance_actor(ctx: Context, _: Request) -> Response:
    """GET /actor: the node itself; readable unsigned, for it signs our own requests."""
    account = await accounts.by_uri(ctx.db, ctx.uris.instance_actor)
    if account is None:
        raise NotFound
    keys = await accounts.keys(ctx.db, account.id)
    return answer(actor.instance(keys, uris=ctx.uris, title=ctx.config.domain))


async def actor_document(ctx: Context, request: Request) -> Response:
    """GET /users/NAME: the document, or for people the page."""
    if _wants_page(request):
        return RedirectResponse((await _ours(ctx, request.path_params["name"])).url, 302, {"vary": "Accept"})
    await _admit(ctx, request)
    name = request.path_params["name"]

    async def make() -> bytes:
        return render.dumps(await outbox.actor_document(ctx, await _ours(ctx, name)))

    body = await ready(ctx).document("actor", name.lower(), make)
    return Response(body, headers=_FRESH, media_type=CONTENT_TYPE)


async def status_document(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/statuses/ID: the document of an open post, or for people the page."""
    status = await _post(ctx, request)
    if _wants_page(request):
        return RedirectResponse(ctx.uris.page(status), 302, {"vary": "Accept"})
    await _admit(ctx, request)
    post = await ctx.db.read(lambda tx: outbox.whole(tx, status))
    if post is None:
        raise NotFound
    return answer(outbox.note_document(ctx, post))


async def _post(ctx: Context, request: Request) -> Status:
    """The post of an address, for whoever signed the request; raises Gone for a deleted one."""
    name, number = request.path_params["name"].lower(), ids.parse(request.path_params["id"])
    if number is None:
        raise NotFound
    uri = ctx.uris.status(name, number)
    status = await statuses.by_uri(ctx.db, uri)
    if status is None:
        if await statuses.tombstone(ctx.db, uri) is not None:
            raise Gone("This post was deleted")
        raise NotFound
    viewer = None if status.visibility.is_open else await signed_by(ctx, request)
    if not await visibility.can_see(ctx.db, viewer, status):
        raise NotFound
    return status


async def signed_by(ctx: Context, request: Request) -> Account | None:
    """Whose key has signed a GET; None when it is unsigned, signed wrongly, or by a blocked server.

    A key that is not here is fetched: a server that asks has a reason to be known.
    """
    message = await _message(ctx, request, b"")
    try:
        claimed = claim(message, now=ctx.clock())
        return await inbox.signer(ctx, claimed)
    except FediserverError:
        return None


async def _admit(ctx: Context, request: Request) -> None:
    """Where FEDISERVER_SECURE_FETCH is on, raise Unauthorised for a request that no server has signed."""
    if ctx.config.secure_fetch == "on" and await signed_by(ctx, request) is None:
        raise Unauthorised("This node answers signed requests only (FEDISERVER_SECURE_FETCH is on)")


def _admitting(endpoint: Endpoint) -> Endpoint:
    """The endpoint, behind `_admit`."""

    async def admitting(ctx: Context, request: Request) -> Response:
        await _admit(ctx, request)
        return await endpoint(ctx, request)

    return admitting


def _wants_page(request: Request) -> bool:
    return not wants_activity(request) and "text/html" in request.headers.get("accept", "")


async def status_replies(ctx: Context, request: Request) -> Response:
    """GET …/statuses/ID/replies: open replies."""
    status = await _post(ctx, request)
    found = await federation_pages.replies(ctx.db, status_id=status.id, limit=MOST)
    return answer(collection.collection(f"{status.uri}/replies", total=len(found), items=found))


async def status_likes(ctx: Context, request: Request) -> Response:
    """GET …/statuses/ID/likes: how many; who, is their own business."""
    status = await _post(ctx, request)
    return answer(collection.collection(f"{status.uri}/likes", total=status.favourites_count))


async def status_shares(ctx: Context, request: Request) -> Response:
    """GET …/statuses/ID/shares: how many."""
    status = await _post(ctx, request)
    return answer(collection.collection(f"{status.uri}/shares", total=status.reblogs_count))


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


async def followers(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/followers: the number, and page by page who they are."""
    account = await _ours(ctx, request.path_params["name"])
    return await _people(ctx, request, account, account.followers_uri, account.followers_count)


async def following(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/following."""
    account = await _ours(ctx, request.path_params["name"])
    return await _people(ctx, request, account, account.following_uri, account.following_count)


async def _people(ctx: Context, request: Request, account: Account, uri: str, total: int) -> Response:
    if account.hide_collections:
        return answer(collection.collection(uri, total=total))
    before = _cursor(request)
    if before is None:
        return answer(collection.collection(uri, total=total, first=f"{uri}?page=true"))
    listed = federation_pages.followers if uri == account.followers_uri else federation_pages.following
    rows = await listed(ctx.db, account_id=account.id, before=before, limit=PAGE)
    following_page = f"{uri}?page=true&before={rows[-1].id}" if len(rows) == PAGE else ""
    return answer(
        collection.page(
            _page_uri(uri, request),
            part_of=uri,
            items=[row.uri for row in rows],
            total=total,
            next_page=following_page,
        )
    )


async def outbox_collection(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/outbox: open posts and boosts, newest first."""
    account = await _ours(ctx, request.path_params["name"])
    before = _cursor(request)
    if before is None:
        first = f"{account.outbox}?page=true"
        return answer(collection.collection(account.outbox, total=account.statuses_count, first=first))

    async def read(tx: Reader) -> tuple[list[str | Document], int | None]:
        found = await federation_pages.posts(tx, account_id=account.id, before=before, limit=PAGE)
        items: list[str | Document] = []
        for status in found:
            if status.reblog_of_id is not None:
                items.append(status.uri)
            elif (post := await outbox.whole(tx, status)) is not None:
                note = outbox.note_document(ctx, post)
                items.append(activity.create(note, uri=f"{status.uri}/activity"))
        return items, found[-1].id if len(found) == PAGE else None

    items, last = await ctx.db.read(read)
    return answer(
        collection.page(
            _page_uri(account.outbox, request),
            part_of=account.outbox,
            items=items,
            next_page=f"{account.outbox}?page=true&before={last}" if last else "",
        )
    )


async def actor_collection(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/collections/WHICH: pinned posts, hashtags, moderators; others are there and empty."""
    account = await _ours(ctx, request.path_params["name"])
    which = request.path_params["which"]
    uri = ctx.uris.collection(account.username, which)
    items: Sequence[str | Document]
    if which == "featured":
        items = await federation_pages.featured(ctx.db, account_id=account.id)
    elif which == "moderators" and account.actor_type == "Group":
        items = await federation_pages.moderators(ctx.db, group_id=account.id)
    elif which == "tags":
        items = [
            collection.hashtag(ctx.uris.tag(one.folded), one.name)
            for one in await tags.featured(ctx.db, account.id)
        ]
    elif which in ("members", "resources", "posts", "todos", "discussions", "events"):
        items = []
    else:
        raise NotFound
    return answer(collection.collection(uri, total=len(items), items=items))


async def quote_stamp(ctx: Context, request: Request) -> Response:
    """GET /users/NAME/quote_authorizations/ID: the consent to a quote, as long as it stands (FEP-044f)."""
    account = await _ours(ctx, request.path_params["name"])
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


async def context_collection(ctx: Context, request: Request) -> Response:
    """GET /contexts/ID: the open posts of a thread that began here (FEP-7888)."""
    number = ids.parse(request.path_params["id"])
    if number is None:
        raise NotFound
    uris = await federation_pages.conversation(ctx.db, conversation_id=number, limit=MOST)
    if not uris or not ctx.uris.is_ours(uris[0]):
        raise NotFound
    return answer(collection.collection(ctx.uris.context(number), total=len(uris), items=uris))


async def post_to_inbox(ctx: Context, request: Request) -> Response:
    """POST /inbox, /users/NAME/inbox, /actor/inbox: 202 once the activity is durable."""
    body = await read_body(request, BODY_LIMIT)
    message = await _message(ctx, request, body)
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


async def health(ctx: Context, _: Request) -> Response:
    """GET /health: OK when the database answers."""
    await ctx.db.change_counter()
    return PlainTextResponse("OK")


async def _message(ctx: Context, request: Request, body: bytes) -> Message:
    """The request as it was signed: under our own address, whatever the proxy made of it."""
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string") or b""
    url = ctx.config.base_url + path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Message(method=request.method, url=url, headers=headers, body=body)


def _network(request: Request) -> str:
    """The sender's network, as far as one party usually has it: /24, or /48 of IPv6."""
    address = request.client.host if request.client else "0.0.0.0"  # noqa: S104 - a name for "unknown"
    try:
        wide = 24 if ipaddress.ip_address(address).version == 4 else 48
        return str(ipaddress.ip_network(f"{address}/{wide}", strict=False))
    except ValueError:
        return address[:64]


async def _ours(ctx: Context, name: str) -> Account:
    account = await accounts.by_handle(ctx.db, name)
    if account is None or account.uri == ctx.uris.instance_actor:
        raise NotFound
    if account.deleted_at is not None or account.suspended_at is not None:
        raise Gone("This account is gone")
    return account


def _cursor(request: Request) -> int | None:
    """None for the collection itself, else the id below which a page begins."""
    if "page" not in request.query_params and "before" not in request.query_params:
        return None
    before = request.query_params.get("before", "")
    found = ids.parse(before)
    return ids.HIGHEST if found is None else found


def _page_uri(uri: str, request: Request) -> str:
    return f"{uri}?{request.url.query}"[:500]


ROUTES: list[Route] = [
    Route(method="GET", path="/.well-known/webfinger", endpoint=webfinger_document),
    Route(method="GET", path="/.well-known/host-meta", endpoint=host_meta),
    Route(method="GET", path="/.well-known/nodeinfo", endpoint=nodeinfo_index),
    Route(method="GET", path="/nodeinfo/2.0", endpoint=nodeinfo_2_0),
    Route(method="GET", path="/nodeinfo/2.1", endpoint=nodeinfo_2_1),
    Route(method="GET", path="/actor", endpoint=instance_actor),
    Route(method="POST", path="/actor/inbox", endpoint=post_to_inbox),
    Route(method="POST", path="/inbox", endpoint=post_to_inbox),
    Route(method="GET", path="/users/{name}", endpoint=actor_document),
    Route(method="POST", path="/users/{name}/inbox", endpoint=post_to_inbox),
    Route(method="GET", path="/users/{name}/outbox", endpoint=_admitting(outbox_collection)),
    Route(method="POST", path="/users/{name}/outbox", endpoint=outbox_is_read_only),
    Route(method="GET", path="/users/{name}/followers", endpoint=_admitting(followers)),
    Route(method="GET", path="/users/{name}/following", endpoint=_admitting(following)),
    Route(method="GET", path="/users/{name}/collections/{which}", endpoint=_admitting(actor_collection)),
    Route(method="GET", path="/users/{name}/statuses/{id}", endpoint=status_document),
    Route(method="GET", path="/users/{name}/statuses/{id}/replies", endpoint=_admitting(status_replies)),
    Route(method="GET", path="/users/{name}/statuses/{id}/likes", endpoint=_admitting(status_likes)),
    Route(method="GET", path="/users/{name}/statuses/{id}/shares", endpoint=_admitting(status_shares)),
    Route(method="GET", path="/users/{name}/quote_authorizations/{id}", endpoint=_admitting(quote_stamp)),
    Route(method="GET", path="/activities/{id}", endpoint=_admitting(activity_document)),
    Route(method="GET", path="/contexts/{id}", endpoint=_admitting(context_collection)),
    Route(method="GET", path="/health", endpoint=health),
]
"""Each endpoint takes the context and the request, with parameters in `request.path_params`."""
