"""Streams as server-sent events: one on each connection (https://html.spec.whatwg.org/#server-sent-events)."""

import asyncio
import logging

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fediserver.web.auth import Viewer
from fediserver.web.client_address import address_of
from fediserver.web.streaming.channels import wish
from fediserver.web.streaming.connection import Connection, End, News, line_of
from fediserver.web.streaming.hub import Hub

log = logging.getLogger(__name__)

HEARTBEAT = 15.0
"""Seconds of silence after which a comment shows that the line is alive."""

_HEADERS = {
    "cache-control": "private, no-store",
    # nginx would keep events back until there are enough for a buffer.
    "x-accel-buffering": "no",
}


class Asked(msgspec.Struct):
    """What is said of a stream besides its name; Mastodon.py says it in the body of its GET."""

    tag: str = ""
    list: str = ""
    only_media: bool = False


async def opened(hub: Hub, request: Request, viewer: Viewer, stream: str, asked: Asked) -> Response:
    """The stream of that name, for a member whose token has the scope for it."""
    if asked.only_media and stream.startswith("public"):
        stream = f"{stream}:media"
    wanted = wish(viewer.id, stream, tag=asked.tag, list_id=asked.list)
    if request.method == "HEAD":
        return Response(media_type="text/event-stream", headers=_HEADERS)
    connection = Connection(
        viewer,
        viewer.token.id if viewer.token else 0,
        address_of(request),
        words=News.lines,
        line=line_of(request.scope),
    )
    await hub.enter(connection)
    try:
        await hub.subscribe(connection, wanted)
    except BaseException:
        hub.leave(connection)
        raise
    return _EventStream(hub, connection)


class _EventStream(Response):
    """Sends what a connection is told until one of both sides ends it."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, connection: Connection) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._hub = hub
        self._connection = connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = self._connection
        listening = asyncio.create_task(self._listen(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            text: str | None = ":)\n"
            while text is not None:
                await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
                text = await self._next()
            await send({"type": "http.response.body", "body": b""})
        except OSError:
            log.debug("a reader of streams is gone")
        finally:
            self._hub.leave(connection)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _next(self) -> str | None:
        try:
            async with asyncio.timeout(HEARTBEAT):
                return await self._connection.take()
        except TimeoutError:
            return ":thump\n"

    async def _listen(self, receive: Receive) -> None:
        """A client has nothing to say but that it leaves."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._connection.end(End())
