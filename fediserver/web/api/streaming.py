"""Streaming as server-sent events, and its health: https://docs.joinmastodon.org/methods/streaming/.

WebSockets come to web/streaming/websocket.py.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from fediserver.errors import BadRequest, NotFound
from fediserver.web.api.endpoint import TokenAnywhere
from fediserver.web.auth import Viewer
from fediserver.web.streaming import sse

Listener = Annotated[Viewer, TokenAnywhere()]


def _stream(name: str) -> Callable[[Request, Viewer, sse.Asked], Awaitable[Response]]:
    async def stream(request: Request, me: Listener, asked: sse.Asked) -> Response:
        return await sse.opened(request.scope["hub"], request, me, name, asked)

    return stream


user = _stream("user")
notifications = _stream("user:notification")
hashtag = _stream("hashtag")
hashtag_local = _stream("hashtag:local")
of_list = _stream("list")
direct = _stream("direct")
public = _stream("public")
public_local = _stream("public:local")
public_remote = _stream("public:remote")


async def health() -> Response:
    """GET /api/v1/streaming/health."""
    return PlainTextResponse("OK")


async def sockets_only() -> Response:
    """GET /api/v1/streaming, asked for without a WebSocket."""
    raise NotFound(
        "This address takes WebSockets; server-sent events are at /api/v1/streaming/user and others"
    )


async def unknown(rest: str) -> Response:
    """Any other path below /api/v1/streaming."""
    raise BadRequest("Unknown channel requested")
