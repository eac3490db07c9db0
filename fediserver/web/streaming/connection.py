"""One open connection: what it listens to, and what waits to be sent, which is bounded."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

import orjson
from starlette.types import Scope

from fediserver.web.auth import Viewer
from fediserver.web.streaming.channels import NOTIFICATIONS, Channel

FRAMES = 256
FRAME_BYTES = 1 << 19
"""What may wait for a reader: more, and it is cut off, for it can catch up by reading its timelines."""

GOING_AWAY = 1012
POLICY = 1008
NO_BINARY = 1003

Said = tuple[str, ...]


class News:
    """An event with its payload (JSON or an id), put into words once for all connections."""

    def __init__(self, event: str, payload: bytes | None = None) -> None:
        self._event = event
        self._payload = payload
        self._frames: dict[Said, str] = {}
        self._lines = ""
        self._rest = ""

    def frame(self, said: Said) -> str:
        """For a WebSocket: JSON, in which the payload is a string."""
        found = self._frames.get(said)
        if found is None:
            if not self._rest:
                payload = "" if self._payload is None else f',"payload":{_json(self._payload.decode())}'
                self._rest = f',"event":"{self._event}"{payload}}}'
            found = self._frames[said] = f'{{"stream":{_json(said)}{self._rest}'
        return found

    def lines(self, said: Said) -> str:
        """As a server-sent event; where there is no payload, clients expect the word that Mastodon sends."""
        if not self._lines:
            data = "undefined" if self._payload is None else self._payload.decode()
            self._lines = f"event: {self._event}\ndata: {data}\n\n"
        return self._lines


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


class Line(Protocol):
    """The connection below, as far as the server lets us have it."""

    def narrow(self) -> None:
        """Have the system keep little of what the reader has not taken yet: else it keeps megabytes."""

    def abort(self) -> None:
        """Cut it: what a reader does not take cannot be flushed, nor a close be sent after it."""


class NoLine:
    """Where the server does not let us have it."""

    def narrow(self) -> None:
        """Nothing can be done."""

    def abort(self) -> None:
        """Nothing can be done."""


def line_of(scope: Scope) -> Line:
    """What the server has put into a scope."""
    found: Line = scope.get("state", {}).get("line") or NoLine()
    return found


class End(NamedTuple):
    """Why a connection ends: a code of RFC 6455, section 7.4, and a sentence; 0 when the client has left."""

    code: int = 0
    reason: str = ""


class Connection:
    """What is put in comes out by `take`; the line of a reader who does not keep up is cut."""

    def __init__(
        self,
        viewer: Viewer,
        token_id: int,
        address: str,
        *,
        words: Callable[[News, Said], str],
        line: Line,
    ) -> None:
        line.narrow()
        self.viewer_id = viewer.id
        self.scopes = viewer.scopes
        self.token_id = token_id
        self.address = address
        self.channels: dict[Channel, Said] = {}
        self.ended: End | None = None
        self._words = words
        self._line = line
        self._waiting: deque[str] = deque()
        self._size = 0
        self._woken = asyncio.Event()

    @property
    def hears_notifications(self) -> bool:
        """Whether the token may read notifications: else the stream of the member goes without them."""
        return not self.scopes.isdisjoint(NOTIFICATIONS)

    def tell(self, channel: Channel, news: News) -> None:
        """Send news of a channel that is listened to."""
        self.put(self._words(news, self.channels[channel]))

    def put(self, frame: str) -> None:
        """Send a frame when the reader is ready."""
        if self.ended is not None:
            return
        if len(self._waiting) >= FRAMES or self._size + len(frame) > FRAME_BYTES:
            self.end(End(POLICY, "You read more slowly than there is news; connect again"))
            self._line.abort()
            return
        self._waiting.append(frame)
        self._size += len(frame)
        self._woken.set()

    def end(self, end: End) -> None:
        """Send no more; the first reason counts."""
        if self.ended is None:
            self.ended = end
            self._waiting.clear()
            self._woken.set()

    async def take(self) -> str | None:
        """The next frame, in its own time; None at the end."""
        while not self._waiting:
            if self.ended is not None:
                return None
            self._woken.clear()
            await self._woken.wait()
        frame = self._waiting.popleft()
        self._size -= len(frame)
        return frame
