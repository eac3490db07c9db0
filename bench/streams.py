"""Streaming: many connections, and posts that come at a steady pace."""

import asyncio
import base64
import os
import time
from contextlib import AsyncExitStack
from typing import Any

from bench import proc
from bench.client import fire
from bench.rows import Row, row
from bench.town import Town

CONNECTIONS = 200
PER_SECOND = 20
SECONDS = 5
_EVENT = b'"event":"update"'


class _Reader(asyncio.Protocol):
    """Somebody who listens to their home by WebSocket, and counts what comes."""

    def __init__(self, handshake: bytes, arrivals: list[float]) -> None:
        self._handshake = handshake
        self._arrivals = arrivals
        self._end = b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.updates = 0

    def connection_made(self, transport: Any) -> None:
        transport.write(self._handshake)

    def data_received(self, data: bytes) -> None:
        if not self.opened.done():
            if b" 101 " in data:
                self.opened.set_result(None)
            else:
                self.opened.set_exception(ConnectionError(data[:200].decode(errors="replace")))
        # A word may come in two pieces.
        text = self._end + data
        found = text.count(_EVENT)
        if found:
            self.updates += found
            self._arrivals.extend([time.perf_counter()] * found)
            text = text[text.rindex(_EVENT) + len(_EVENT) :]
        self._end = text[-len(_EVENT) + 1 :]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("the node closed a connection"))


async def streams(town: Town) -> list[Row]:
    """Posts of one member, brought to many connections of another who follows them."""
    node = town.node
    reader, writer = await town.token("listener"), await town.token("broadcaster")
    found = await node.get("/api/v1/accounts/lookup?acct=broadcaster", reader)
    await node.post(f"/api/v1/accounts/{found['id']}/follow", reader)
    await node.quiet()
    before, _ = proc.memory_mb(node.pid)
    arrivals: list[float] = []
    posts = PER_SECOND * SECONDS
    async with AsyncExitStack() as stack:
        readers = [await _connect(town, reader, arrivals, stack) for _ in range(CONNECTIONS)]
        await node.quiet()
        async with node.meter("streams") as meter:
            sent = await _post_steadily(town, writer, posts)
            async with asyncio.timeout(30):
                while len(arrivals) < posts * CONNECTIONS:
                    await asyncio.sleep(0.02)
        after, _ = proc.memory_mb(node.pid)
        if {one.updates for one in readers} != {posts}:
            raise RuntimeError("somebody did not hear every post, or heard one twice")
    ordered = sorted(arrivals)
    # The n-th batch of arrivals belongs to the n-th post, for events keep their order.
    delays = [at - sent[number // CONNECTIONS] for number, at in enumerate(ordered)]
    return [
        row(
            f"post to {CONNECTIONS} streams",
            "CPU-ms",
            meter.cpu_ms / posts,
            count=posts,
            per_second=posts / meter.seconds,
            latencies=delays,
            details=f"{meter.cpu_ms / meter.seconds / 10:.0f} % of a core; "
            f"{(after - before) / CONNECTIONS * 1000:.0f} kB for each connection",
        )
    ]


async def _connect(town: Town, token: str, arrivals: list[float], stack: AsyncExitStack) -> _Reader:
    key = base64.b64encode(os.urandom(16)).decode()
    handshake = (
        f"GET /api/v1/streaming?stream=user&access_token={token} HTTP/1.1\r\nHost: {town.node.host}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    transport, reader = await loop.create_connection(
        lambda: _Reader(handshake, arrivals), "127.0.0.1", town.node.port
    )
    stack.callback(transport.close)
    await reader.opened
    return reader


async def _post_steadily(town: Town, token: str, count: int) -> list[float]:
    """Post at the pace; answers when each was sent."""
    began, sent = time.perf_counter(), []
    for number in range(count):
        await asyncio.sleep(max(began + number / PER_SECOND - time.perf_counter(), 0))
        sent.append(time.perf_counter())
        request = town.node.writing("/api/v1/statuses", token, status=f"What grows, number {number}")
        (await fire(town.node.port, [request])).expect(200)
    return sent
