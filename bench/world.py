"""The other servers, all in one: actors and WebFinger under any number of host names, and an inbox for all."""

import asyncio
import ssl
from typing import Any

import httptools
import orjson

from bench.people import Key, Person

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
LAST = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class World:
    """Listens on one port. `received` counts deliveries; bodies are kept while `keeps` is set."""

    def __init__(self, keys: list[Key], *, tls: ssl.SSLContext | None = None) -> None:
        self.keys = keys
        self.port = 0
        self.received = 0
        self.handshakes = 0
        self.requests = 0
        self.keeps = True
        self.hangs_up = False
        self.bodies: list[bytes] = []
        self._tls = tls
        self._documents: dict[str, bytes] = {}
        self._changed = asyncio.Event()
        self._server: Any = None
        self._made = 0

    async def open(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Peer(self), "127.0.0.1", 0, ssl=self._tls, backlog=2048
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop."""
        self._server.close()

    def person(self) -> Person:
        """Somebody new, on a host of their own."""
        self._made += 1
        number = self._made
        scheme = "https" if self._tls else "http"
        base = f"{scheme}://h{number}.bench.localhost:{self.port}"
        made = Person(base, f"p{number}", self.keys[number % len(self.keys)])
        self._documents[f"{made.host}/users/{made.name}"] = _ok(made.document(), "application/activity+json")
        self._documents[f"{made.host}/.well-known/webfinger"] = _ok(made.jrd(), "application/jrd+json")
        return made

    def answer(self, method: str, host: str, path: str, body: bytes) -> bytes:
        """The answer to one request."""
        self.requests += 1
        if method == "GET":
            return self._documents.get(host + path.partition("?")[0], MISSING)
        self.received += 1
        if self.keeps:
            self.bodies.append(body)
        self._changed.set()
        return LAST if self.hangs_up else ACCEPTED

    def activities(self, kind: str) -> list[dict[str, Any]]:
        """What was delivered and kept, of one type."""
        found = [orjson.loads(body) for body in self.bodies]
        return [one for one in found if one["type"] == kind]

    async def until(self, count: int, seconds: float) -> None:
        """Wait for so many deliveries in all."""
        async with asyncio.timeout(seconds):
            while self.received < count:
                self._changed.clear()
                await self._changed.wait()


class _Peer(asyncio.Protocol):
    def __init__(self, world: World) -> None:
        self._world = world
        self._transport: Any = None
        self._parser: Any = None
        self._begin()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._world.handshakes += 1
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_url(self, url: bytes) -> None:
        self._path += url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"host":
            self._host = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        answer = self._world.answer(method, self._host, self._path, self._body)
        self._transport.write(answer)
        if answer is LAST:
            self._transport.close()
        self._path, self._body = "", b""

    def _begin(self) -> None:
        self._path, self._host, self._body = "", "", b""
        self._parser = httptools.HttpRequestParser(self)


def _ok(body: bytes, content_type: str) -> bytes:
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
