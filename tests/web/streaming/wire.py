"""Streams without sockets: a WebSocket and a stream of events, spoken over ASGI."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlencode

from starlette.types import Message

from fediserver.db import accounts
from fediserver.models.account import Account
from fediserver.models.event import FiltersChanged
from tests.town import Town

PATIENCE = 10.0
"""Seconds until something that has to come is given up."""

Frame = dict[str, Any]


class Wire:
    """One ASGI call to a town; what the town sends is kept until the test asks for it."""

    def __init__(self, town: Town, scope: dict[str, Any]) -> None:
        scope["state"] = {"line": self}
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        self._sent: asyncio.Queue[Message] = asyncio.Queue()
        self.may_send = asyncio.Event()
        self.may_send.set()
        self.aborted = asyncio.Event()
        self.running = asyncio.create_task(self._run(town, scope))

    async def _run(self, town: Town, scope: dict[str, Any]) -> None:
        await town.app(scope, self._incoming.get, self._send)

    async def _send(self, message: Message) -> None:
        await self.may_send.wait()
        if self.aborted.is_set():
            raise OSError("the line is cut")
        self._sent.put_nowait(message)

    def abort(self) -> None:
        """What the server does with a reader who is stuck."""
        self.aborted.set()
        self.may_send.set()

    def narrow(self) -> None:
        """There is no system that keeps anything."""

    def give(self, message: Message) -> None:
        self._incoming.put_nowait(message)

    async def take(self) -> Message:
        async with asyncio.timeout(PATIENCE):
            return await self._sent.get()

    def waiting(self) -> int:
        return self._sent.qsize()

    async def over(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.running


def _scope(kind: str, path: str, query: dict[str, str], headers: dict[str, str]) -> dict[str, Any]:
    return {
        "type": kind,
        "method": "GET",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": urlencode(query).encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.7", 50_000),
        "scheme": "https",
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }


class Socket:
    """A WebSocket that was accepted."""

    def __init__(self, wire: Wire, subprotocol: str | None) -> None:
        self.wire = wire
        self.subprotocol = subprotocol

    def say(self, **message: Any) -> None:
        self.wire.give({"type": "websocket.receive", "text": json.dumps(message)})

    async def subscribe(self, stream: str, **about: str) -> None:
        """Listen to a stream; the answer to what is wrong on purpose shows that it has been done."""
        self.say(type="subscribe", stream=stream, **about)
        await self.in_step()

    async def in_step(self) -> None:
        """Wait until everything that was said has been done."""
        self.say(type="subscribe", stream="no such stream")
        assert (await self.hear())["error"] == "Unknown stream type"

    async def hear(self) -> Frame:
        """The next frame; an entity in its payload is read."""
        message = await self.wire.take()
        assert message["type"] == "websocket.send", message
        frame: Frame = json.loads(message["text"])
        if str(frame.get("payload", "")).startswith("{"):
            frame["payload"] = json.loads(frame["payload"])
        return frame

    async def hears(self, event: str, *stream: str) -> Any:
        """The payload of the next frame, which is this event of that stream."""
        frame = await self.hear()
        assert (frame["event"], frame["stream"]) == (event, list(stream)), frame
        return frame.get("payload")

    async def hears_nothing(self, town: Town) -> None:
        """Nothing has come of all that happened so far."""
        await quiet(town)
        await self.in_step()

    async def closed(self) -> int:
        """The code with which it is closed."""
        message = await self.wire.take()
        assert message["type"] == "websocket.close", message
        await self.wire.over()
        return int(message["code"])


async def refused(
    town: Town, *, token: str = "", path: str = "/api/v1/streaming", **query: str
) -> tuple[int, Frame]:
    """The status and JSON with which a handshake is refused."""
    wire = _websocket(town, path, query, {"authorization": f"Bearer {token}"} if token else {}, [])
    start, body = await wire.take(), await wire.take()
    await wire.over()
    assert start["type"] == "websocket.http.response.start"
    return start["status"], json.loads(body["body"])


def _websocket(
    town: Town, path: str, query: dict[str, str], headers: dict[str, str], subprotocols: Sequence[str]
) -> Wire:
    wire = Wire(town, _scope("websocket", path, query, headers) | {"subprotocols": list(subprotocols)})
    wire.give({"type": "websocket.connect"})
    return wire


@asynccontextmanager
async def socket(
    town: Town,
    who: Account | None = None,
    *,
    token: str = "",
    scopes: str = "read write follow push",
    subprotocols: Sequence[str] = (),
    headers: dict[str, str] | None = None,
    **query: str,
) -> AsyncIterator[Socket]:
    """A WebSocket of somebody, with a token in the header unless the test puts it elsewhere."""
    given = dict(headers or {})
    if who is not None or token:
        given["authorization"] = f"Bearer {token or await town.token(who, scopes)}"  # type: ignore[arg-type]
    wire = _websocket(town, "/api/v1/streaming", query, given, subprotocols)
    try:
        accepted = await wire.take()
        assert accepted["type"] == "websocket.accept", accepted
        yield Socket(wire, accepted.get("subprotocol"))
    finally:
        wire.may_send.set()
        wire.give({"type": "websocket.disconnect", "code": 1005})
        await wire.over()


class Events:
    """Server-sent events as they come."""

    def __init__(self, wire: Wire, start: Message) -> None:
        self.wire = wire
        self.status: int = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}

    async def text(self) -> str:
        message = await self.wire.take()
        return bytes(message["body"]).decode()

    async def hears(self, event: str) -> Any:
        """The data of the next event, which has this name."""
        text = await self.text()
        head, _, data = text.partition("\ndata: ")
        assert head == f"event: {event}", text
        assert data.endswith("\n\n")
        assert "\n" not in data[:-2]
        return data[:-2] if data[:-2] == "undefined" else json.loads(data)


@asynccontextmanager
async def events(
    town: Town, path: str, who: Account | None = None, *, scopes: str = "read", **query: str
) -> AsyncIterator[Events]:
    """GET /api/v1/streaming/PATH."""
    headers = {"authorization": f"Bearer {await town.token(who, scopes)}"} if who else {}
    wire = Wire(town, _scope("http", f"/api/v1/streaming/{path}", query, headers))
    wire.give({"type": "http.request", "body": b"", "more_body": False})
    try:
        yield Events(wire, await wire.take())
    finally:
        wire.may_send.set()
        wire.give({"type": "http.disconnect"})
        await wire.over()


async def quiet(town: Town) -> None:
    """Wait until all that has happened in a town was brought to those who stream: events keep their order."""
    probe = await accounts.by_handle(town.ctx.db, "probe") or await town.account("probe")
    async with socket(town, probe, stream="user") as listening:
        await listening.in_step()
        await town.ctx.db.write(lambda tx: tx.tell(FiltersChanged(probe.id)))
        await listening.hears("filters_changed", "user")
