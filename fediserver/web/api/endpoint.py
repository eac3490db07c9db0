"""Makes a route's endpoint of a function whose annotations say what it needs.

    ctx: Context                the node
    me: Viewer                  a member who is signed in; else 401, or 422 for an application's own token;
                                `Annotated[Viewer, TokenAnywhere()]` where the token may be a parameter
    viewer: Viewer | None       whoever asks
    grant: Grant                any good token, an application's own too
    page: Paging                cursors and limit; `Annotated[Paging, Size(40, 80)]` for other limits
    wanted: SomeStruct          parameters from query, form, multipart or JSON;
                                `Annotated[SomeStruct, Uploads(bytes)]` where files may come with them
    status_id: int, name: str   from the path; what is no number is a 404
    request: Request            the rest

Annotations are read once, at start.
"""

import inspect
from collections.abc import Awaitable, Callable
from types import UnionType
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from fediserver import ids
from fediserver.activitypub.context import Context
from fediserver.errors import NotFound, Unauthorised
from fediserver.web import auth, limits, pagination, params
from fediserver.web.api.paging import Paging, Size
from fediserver.web.auth import Grant, Viewer
from fediserver.web.client_address import address_of
from fediserver.web.limits import Rule
from fediserver.web.middleware import note_header

Function = Callable[..., Awaitable[Response]]
Supply = Callable[[Context, Request], Awaitable[object]]

PER_TOKEN = Rule("token", 300, 300)
PER_MEMBER = Rule("member", 1500, 300)
PER_ADDRESS = Rule("address", 300, 300)

_PAGE = Size(20, 40)
_FOR_EVERYBODY = "public, max-age=15"
"""Of what strangers read, as Mastodon has it, and as our pages have."""


class Uploads(NamedTuple):
    """How many bytes the files of a request may have, and how many videos as large as the settings say."""

    size: int
    videos: int = 0


class TokenAnywhere(NamedTuple):
    """The token may also come as the parameter `access_token`: browsers' EventSource sends no headers."""


class Endpoint:
    """An endpoint with everything around it: token, scope, limits, parameters."""

    def __init__(
        self,
        function: Function,
        scopes: tuple[str, ...],
        rule: Rule | None = None,
        *,
        deprecated: str | None = None,
    ) -> None:
        self.function = function
        self.scopes = scopes
        self.needs_member = False
        self.needs_token = False
        self._token_anywhere = False
        self.takes: type[msgspec.Struct] | None = None
        self.size: Size | None = None
        self.uploads: Uploads | None = None
        self._rule = rule
        self.deprecated = deprecated
        self._context_name = ""
        self._viewer_name = ""
        self._supplies: list[tuple[str, Supply]] = []
        hints = get_type_hints(function, include_extras=True)
        for name in inspect.signature(function).parameters:
            self._plan(name, hints[name])

    async def __call__(self, ctx: Context, request: Request) -> Response:
        """Answer one request; errors are for the middleware."""
        if self.deprecated is not None:
            note_header(request.scope, "deprecation", self.deprecated)
        viewer, asked_at = await self._viewer(request), ctx.clock()
        if ctx.config.rate_limits == "on":
            self._count(request, viewer)
        arguments: dict[str, object] = {}
        if self._context_name:
            arguments[self._context_name] = ctx
        if self._viewer_name:
            arguments[self._viewer_name] = viewer
            note_header(request.scope, "vary", "Authorization")
            if viewer is not None:
                note_header(request.scope, "cache-control", "private, no-store")
        for name, supply in self._supplies:
            arguments[name] = await supply(ctx, request)
        if viewer is not None and ctx.clock() - asked_at > auth.FRESH:
            # A body may take minutes to come: what was decided about the member meanwhile holds.
            arguments[self._viewer_name] = await self._viewer(request)
        response = await self.function(**arguments)
        if self._viewer_name and viewer is None and request.method == "GET" and response.status_code == 200:
            response.headers.setdefault("Cache-Control", _FOR_EVERYBODY)
        return response

    async def _viewer(self, request: Request) -> Viewer | None:
        """Who asks, if the function wants to know."""
        if self.needs_member:
            return await auth.member(request, *self.scopes, also=await self._token_parameter(request))
        return await auth.visitor(request, *self.scopes) if self._viewer_name else None

    async def _token_parameter(self, request: Request) -> str | None:
        """The token where it is a parameter and may be."""
        if not self._token_anywhere:
            return None
        token = (await params.fields(request)).get("access_token")
        return token if isinstance(token, str) else None

    @property
    def knows_viewer(self) -> bool:
        """Whether the answer may depend on who asks."""
        return bool(self._viewer_name)

    def _count(self, request: Request, viewer: Viewer | None) -> None:
        """Count the request against its limits, and tell how much is left."""
        counters = auth.access_of(request).limits
        if viewer is not None and viewer.token is not None:
            key = str(viewer.id)
            verdicts = [counters.check(PER_TOKEN, str(viewer.token.id)), counters.check(PER_MEMBER, key)]
        else:
            key = limits.address_key(address_of(request))
            verdicts = [counters.check(PER_ADDRESS, key)]
        if self._rule is not None:
            verdicts.append(counters.check(self._rule, key))
        for name, value in limits.headers(*verdicts).items():
            note_header(request.scope, name, value)
        for verdict in verdicts:
            counters.demand(verdict)

    def _plan(self, name: str, hint: object) -> None:
        extras: tuple[object, ...] = ()
        if get_origin(hint) is Annotated:
            hint, *rest = get_args(hint)
            extras = tuple(rest)
        if hint is Context:
            self._context_name = name
        elif hint is Viewer:
            self._viewer_name = name
            self.needs_member = self.needs_token = True
            self._token_anywhere = any(isinstance(extra, TokenAnywhere) for extra in extras)
        elif get_origin(hint) is UnionType and Viewer in get_args(hint):
            self._viewer_name = name
        else:
            self._supplies.append((name, self._supply(name, hint, extras)))

    def _supply(self, name: str, hint: object, extras: tuple[object, ...]) -> Supply:
        if hint is Request:
            return _request
        if hint is Grant:
            self.needs_token = True
            return _grant(self.scopes)
        if hint is Paging:
            self.size = next((extra for extra in extras if isinstance(extra, Size)), _PAGE)
            return _paging(self.size)
        if hint is int:
            return _number(name)
        if hint is str:
            return _word(name)
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            self.takes = hint
            self.uploads = next((extra for extra in extras if isinstance(extra, Uploads)), None)
            return _parameters(hint, self.uploads)
        raise TypeError(f"{self.function.__qualname__}: nobody knows what {name}: {hint} is")


async def _request(ctx: Context, request: Request) -> object:
    return request


def _grant(scopes: tuple[str, ...]) -> Supply:
    async def supply(ctx: Context, request: Request) -> object:
        found = await auth.grant(request, *scopes)
        if found is None:
            raise Unauthorised
        return found

    return supply


def _paging(size: Size) -> Supply:
    async def supply(ctx: Context, request: Request) -> object:
        found = await params.fields(request)
        page = pagination.parse(found, default=size.default, maximum=size.maximum, zero=size.zero)
        return Paging(ctx.config.base_url, request, page)

    return supply


def _number(name: str) -> Supply:
    async def supply(ctx: Context, request: Request) -> object:
        return number(request.path_params[name])

    return supply


def _word(name: str) -> Supply:
    async def supply(ctx: Context, request: Request) -> object:
        return request.path_params[name]

    return supply


def _parameters(model: type[Any], uploads: Uploads | None) -> Supply:
    async def supply(ctx: Context, request: Request) -> object:
        size = uploads.size + uploads.videos * ctx.config.video_limit if uploads else 0
        return await params.read(request, model, uploads=size)

    return supply


def number(text: str) -> int:
    """An id as clients send it; NotFound for what is none."""
    found = ids.parse(text)
    if found is None:
        raise NotFound
    return found
