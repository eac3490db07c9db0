"""The whole site as one ASGI application: pages, client API, OAuth and federation behind one router."""

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fediserver.activitypub.context import Context
from fediserver.errors import NotFound
from fediserver.models.uris import origin
from fediserver.web import federation, files, oauth, openapi
from fediserver.web.api import routes as api
from fediserver.web.auth import Access
from fediserver.web.client_address import ClientAddress
from fediserver.web.federation import asking
from fediserver.web.limits import Limits
from fediserver.web.middleware import Cors, Errors, Head, NotedHeaders, RequestId, SecurityHeaders
from fediserver.web.no_access import NoAccess
from fediserver.web.pages import kit
from fediserver.web.pages import routes as pages
from fediserver.web.router import MethodNotAllowed, Route, Router, wire_path
from fediserver.web.streaming import websocket
from fediserver.web.streaming.hub import Hub


class Site:
    """Finds the endpoint of a request and runs it."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._access = Access.of(
            ctx, limits=Limits(ctx.clock, on=ctx.config.rate_limits == "on"), secret=ctx.secret
        )
        self._hub = Hub(ctx)
        self._router = Router(table())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or hold one WebSocket; errors of requests are for the middleware."""
        scope["access"] = self._access
        if scope["type"] == "websocket":
            await websocket.serve(self._ctx, self._hub, scope, receive, send)
            return
        if scope["type"] != "http":
            return
        scope["hub"] = self._hub
        found = self._router.match(scope["method"], wire_path(scope))
        if found is None:
            raise NotFound
        if isinstance(found, MethodNotAllowed):
            methods = ", ".join(found.allowed)
            raise HTTPException(405, f"This address takes only {methods}", {"allow": methods})
        scope["path_params"] = found.params
        response: Response = await found.route.endpoint(self._ctx, Request(scope, receive, send))  # type: ignore[misc]
        await response(scope, receive, send)


def table() -> list[Route]:
    """Every route of the site."""
    plain = (_or_document(route) for route in pages.ROUTES)
    return [*api.ROUTES, *federation.ROUTES, *oauth.ROUTES, *openapi.ROUTES, *files.ROUTES, *plain]


def _or_document(route: Route) -> Route:
    """A page whose thing has a document sends those who ask for that to it."""
    elsewhere = _DOCUMENTS.get(route.path)
    if elsewhere is None or route.method != "GET":
        return route

    async def page_or_document(ctx: Context, request: Request) -> Response:
        if asking.wants_activity(request):
            return RedirectResponse(elsewhere(ctx, request.path_params), 302, {"vary": "Accept"})
        response: Response = await route.endpoint(ctx, request)  # type: ignore[misc]
        return response

    return Route(method="GET", path=route.path, endpoint=page_or_document)


_DOCUMENTS: dict[str, Callable[[Context, dict[str, str]], str]] = {
    "/": lambda ctx, _: ctx.uris.instance_actor,
    "/@{name}": lambda ctx, found: ctx.uris.actor(found["name"].lower()),
    "/@{name}/{id}": lambda ctx, found: f"{ctx.uris.actor(found['name'].lower())}/statuses/{found['id']}",
}


def site(ctx: Context) -> ASGIApp:
    """The site with everything around it, from the outside in."""

    async def error_page(request: Request, status: int, text: str) -> Response:
        return await kit.error_page(ctx, request, status, text)

    media_origin = "" if ctx.uris.is_ours(ctx.config.media_url) else origin(ctx.config.media_url)
    app: ASGIApp = Errors(Site(ctx), page=error_page)
    app = Head(app)
    app = NoAccess(app, ctx)
    app = Cors(app)
    app = SecurityHeaders(app, base_url=ctx.config.base_url, media_origin=media_origin)
    app = ClientAddress(app, trusted=ctx.config.trusted_proxies)
    app = RequestId(app)
    return NotedHeaders(app)
