"""How others find the node and its people: WebFinger, host-meta, NodeInfo, and whether it is well."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from fediserver import __version__
from fediserver.actions import about
from fediserver.activitypub import nodeinfo, render, webfinger
from fediserver.activitypub.context import Context
from fediserver.db import federation_pages
from fediserver.errors import BadRequest, NotFound
from fediserver.web.federation.asking import ours
from fediserver.web.ready import ready
from fediserver.web.responses import json_response

_JRD = "application/jrd+json"


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
        return render.dumps(webfinger.account(await ours(ctx, local.key), ctx.uris))

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
        said = await about.current(ctx)
        doc = nodeinfo.document(
            version,
            nodeinfo.Facts(
                version=__version__,
                title=said.title or ctx.config.domain,
                description=said.description,
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


async def health(ctx: Context, _: Request) -> Response:
    """GET /health: OK when the database answers."""
    await ctx.db.change_counter()
    return PlainTextResponse("OK")
