"""Keeps out who comes from a network that the organisers have closed the node to."""

import asyncio
import logging

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from fediserver.actions import keep_out
from fediserver.actions.core import Core
from fediserver.db import ip_blocks
from fediserver.errors import Forbidden
from fediserver.models.sign_up_block import Networks
from fediserver.web.middleware import error_answer

log = logging.getLogger(__name__)

_REFUSAL = (
    "Requests from your network are not taken here; if that is a mistake, tell the people who run this node"
)


class NoAccess:
    """Answers 403 to requests from blocked networks, WebSockets too, by `scope["client"]`.

    The networks are kept in memory, and read again when this process, or another one, has changed them.
    """

    def __init__(self, app: ASGIApp, core: Core) -> None:
        self.app = app
        self._core = core
        self._networks = Networks(())
        self._news = 1
        self._read = 0
        self._reading = asyncio.Lock()
        for topic in (keep_out.TOPIC, "signals"):
            core.bus.listen(topic, lambda _: self._note())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        client = scope.get("client")
        if client is not None and scope["type"] in ("http", "websocket"):
            if self._read != self._news:
                await self._refresh()
            if self._networks.hold(client[0], self._core.clock()):
                await _refuse(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _note(self) -> None:
        self._news += 1

    async def _refresh(self) -> None:
        async with self._reading:
            news = self._news
            if self._read == news:
                return
            try:
                self._networks = Networks(await ip_blocks.no_access(self._core.db))
                self._read = news
            except Exception:  # the database may be away for a moment: what was known holds until it is back
                log.exception("the blocked networks could not be read")


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    answer = error_answer(Forbidden(_REFUSAL))
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).send_denial_response(answer)
    else:
        await answer(scope, receive, send)
