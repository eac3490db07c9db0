"""How answers leave: what is written in one go becomes one packet.

uvicorn writes head and body of an answer apart, which costs a second system call and wakes the reader twice:
a tenth of the CPU time of a small answer.
"""

import asyncio
from typing import Any, cast

from fediserver.web.request_head import BoundedProtocol

HELD = 65_536
"""Bytes that are held back at most: more is sent at once, so that its flow is controlled as ever."""


class Joining:
    """A transport that holds what is written until the loop's next turn, and is the given one in all else."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Send this soon, together with what comes until then."""
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)
        self._size += len(data)
        if self._size > HELD:
            self._send()

    def close(self) -> None:
        """Send what is held, then close."""
        self._send()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _send(self) -> None:
        if self._held and not self._transport.is_closing():
            self._transport.write(b"".join(self._held))
        self._held.clear()
        self._size = 0


class JoiningProtocol(BoundedProtocol):
    """HTTP on a transport that joins."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to read requests."""
        super().connection_made(cast(asyncio.Transport, Joining(transport, self.loop)))
