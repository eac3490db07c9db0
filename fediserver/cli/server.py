"""uvicorn as the node runs it: its own signals, WebSockets within bounds, and an end without noise."""

import asyncio
import contextlib
import os
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from fediserver.errors import Unavailable
from fediserver.web.middleware import error_answer
from fediserver.web.request_head import BoundedProtocol
from fediserver.web.wire import JoiningProtocol

STOP_WITHIN = 7
"""Seconds that open requests have when the node is asked to stop."""
TICKS_IN_SECOND = 10
"""As uvicorn's loop turns."""
PING = 30.0
MESSAGE_BYTES = 16 * 1024
"""What a client may send over a WebSocket at once: it only names streams."""
KEPT_BYTES = 64 * 1024
"""What the system keeps of a stream that its reader has not taken yet; it would be megabytes."""


class _Line:
    """The connection below a stream."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def narrow(self) -> None:
        """Have the system keep little of what the reader has not taken yet."""
        self._set(socket.SO_SNDBUF, KEPT_BYTES)

    def abort(self) -> None:
        """Cut it at once, without waiting until the reader has taken what was sent."""
        self._set(socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _set(self, option: int, value: int | bytes) -> None:
        # uvloop's own object for the socket sets no options. Where the line is gone, nothing has to be set.
        with (
            contextlib.suppress(OSError),
            socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno())) as same,
        ):
            same.setsockopt(socket.SOL_SOCKET, option, value)


class _Http(JoiningProtocol):
    """Lets streams have the line that they are on."""

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["state"]["line"] = _Line(self.transport)


class _WebSocket(WebSocketsSansIOProtocol):
    """The same for a WebSocket."""

    def handle_connect(self, event: Any) -> None:
        """A handshake has come."""
        super().handle_connect(event)
        # Otherwise it was refused, and there is nothing to stream.
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self.scope["state"]["line"] = _Line(self.transport)

    async def send(self, message: Any) -> None:
        """Send; a refusal is the end of the handshake, too.

        To uvicorn it is none, and every stranger without a token would write a fault into the log.
        """
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True


class Server(uvicorn.Server):
    """Leaves the signals that stop it to us: they end the worker, too. `stopping` is called when one comes."""

    def __init__(self, app: ASGIApp, *, stopping: Callable[[], None]) -> None:
        self._app = app
        self._stopping = stopping
        super().__init__(
            uvicorn.Config(
                self._answer,
                log_level="warning",
                access_log=False,
                # What proxies say is judged by ClientAddress alone.
                proxy_headers=False,
                server_header=False,
                interface="asgi3",
                lifespan="off",
                loop="none",
                http=_Http,
                ws=_WebSocket,
                ws_ping_interval=PING,
                ws_ping_timeout=PING,
                ws_max_size=MESSAGE_BYTES,
                # Its memory for each connection is many times what the connection needs.
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=STOP_WITHIN,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals in the event loop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        yield

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second; once a second, look at who has connected and asked for nothing yet."""
        if counter % TICKS_IN_SECOND == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, BoundedProtocol):
                    connection.look(now)
        return await super().on_tick(counter)

    def stop(self) -> None:
        """Take no more requests, end the streams, finish what else is open."""
        self.should_exit = True
        self._stopping()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a request that is not finished when the time to stop is over is told so."""
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not self.should_exit:
                raise
            if scope["type"] == "http":
                answer = error_answer(Unavailable("This node is being restarted; send this again", 5))
                # What has begun already is cut off.
                with contextlib.suppress(RuntimeError):
                    await answer(scope, receive, send)
