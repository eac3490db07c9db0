"""A client that costs next to nothing: ready-made requests over connections that stay open."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import httptools
import msgspec


class Answers(msgspec.Struct):
    """What came back: statuses counted, seconds that each took, and the last body."""

    statuses: Counter[int]
    latencies: list[float]
    seconds: float
    last: bytes

    def expect(self, status: int) -> "Answers":
        """Itself; RuntimeError when anything else was answered."""
        if set(self.statuses) != {status}:
            raise RuntimeError(f"expected {status} only, got {dict(self.statuses)}: {self.last[:300]!r}")
        return self


class _Connection(asyncio.Protocol):
    """Sends the next request when the last one is answered."""

    def __init__(self, requests: Iterator[bytes], answers: Answers, done: asyncio.Future[None]) -> None:
        self._requests, self._answers, self._done = requests, answers, done
        self._body: list[bytes] = []
        self._sent = 0.0
        self._transport: Any = None
        self._parser: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the node closed a connection"))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        answers = self._answers
        answers.latencies.append(time.perf_counter() - self._sent)
        answers.statuses[self._parser.get_status_code()] += 1
        answers.last = b"".join(self._body)
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            if not self._done.done():
                self._done.set_result(None)
            self._transport.close()
            return
        self._body = []
        self._parser = httptools.HttpResponseParser(self)
        self._sent = time.perf_counter()
        self._transport.write(request)


async def fire(port: int, requests: Sequence[bytes], *, connections: int = 8) -> Answers:
    """Send all requests to a port of this machine, as many at once as there are connections."""
    loop = asyncio.get_running_loop()
    answers = Answers(Counter(), [], 0.0, b"")
    left = iter(requests)
    began = time.perf_counter()
    ends = [loop.create_future() for _ in range(min(connections, len(requests)))]
    for end in ends:
        await loop.create_connection(lambda end=end: _Connection(left, answers, end), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    answers.seconds = time.perf_counter() - began
    return answers


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request as it goes on the wire."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body
