"""Streams by WebSocket: several on one connection, subscribed to by messages."""

import asyncio
import logging

import msgspec
import orjson
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from fediserver.activitypub.context import Context
from fediserver.errors import BadRequest, FediserverError, Forbidden, NotFound, Unauthorised
from fediserver.web import auth, params
from fediserver.web.limits import Rule
from fediserver.web.middleware import error_answer, status_and_text
from fediserver.web.router import wire_path
from fediserver.web.streaming.channels import SCOPES, wish
from fediserver.web.streaming.connection import NO_BINARY, POLICY, Connection, End, News, line_of
from fediserver.web.streaming.hub import Hub

log = logging.getLogger(__name__)

PATH = "/api/v1/streaming"
MESSAGES = Rule("stream_messages", 300, 300)


class Order(msgspec.Struct):
    """A message from the client, or the same in the query of the handshake."""

    type: str = "subscribe"
    stream: str = ""
    tag: str = ""
    list: str = ""


async def serve(ctx: Context, hub: Hub, scope: Scope, receive: Receive, send: Send) -> None:
    """One WebSocket from its handshake to its end; whoever may not stream gets an answer in plain HTTP."""
    socket = WebSocket(scope, receive, send)
    try:
        if wire_path(scope).rstrip("/") != PATH:
            raise NotFound
        query = dict(params.query_pairs(scope["query_string"]))
        offered: list[str] = scope["subprotocols"]
        token = auth.bearer(HTTPConnection(scope), also=query.get("access_token"))
        echo = offered[0] if offered else None
        connection = await _admitted(hub, scope, token or echo)
    except FediserverError as problem:
        await socket.send_denial_response(error_answer(problem))
        return
    try:
        await socket.accept(subprotocol=echo)
        if query.get("stream"):
            order = Order(stream=query["stream"], tag=query.get("tag", ""), list=query.get("list", ""))
            await _obey(hub, connection, order)
        await _talk(hub, connection, socket, send)
    finally:
        hub.leave(connection)


async def _admitted(hub: Hub, scope: Scope, token: str | None) -> Connection:
    """A connection for the member whose token it is."""
    if not token:
        raise Unauthorised("Missing access token")
    viewer = (await scope["access"].tokens.grant(token, fresh=True)).viewer()
    if all(viewer.scopes.isdisjoint(needed) for needed in SCOPES.values()):
        raise Forbidden("This action is outside the authorized scopes")
    connection = Connection(
        viewer,
        viewer.token.id if viewer.token else 0,
        scope["client"][0] if scope.get("client") else "",
        words=News.frame,
        line=line_of(scope),
    )
    await hub.enter(connection)
    return connection


async def _talk(hub: Hub, connection: Connection, socket: WebSocket, send: Send) -> None:
    """Send what there is and do what the client says, until one of both sides ends it."""
    listening = asyncio.create_task(_listen(hub, connection, socket))
    listening.add_done_callback(lambda _: connection.end(End()))
    try:
        while (frame := await connection.take()) is not None:
            await send({"type": "websocket.send", "text": frame})
        if connection.ended is not None and connection.ended.code:
            code, reason = connection.ended
            await send({"type": "websocket.close", "code": code, "reason": reason})
    except OSError:
        log.debug("a reader of streams is gone")
    finally:
        listening.cancel()
        [outcome] = await asyncio.gather(listening, return_exceptions=True)
        if isinstance(outcome, Exception):
            log.error("listening to a WebSocket failed", exc_info=outcome)


async def _listen(hub: Hub, connection: Connection, socket: WebSocket) -> None:
    counters = socket.scope["access"].limits
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None:
            connection.end(End(NO_BINARY, "Messages have to be text"))
            return
        if not counters.check(MESSAGES, str(connection.token_id)).allowed:
            connection.end(End(POLICY, "You send too many messages; connect again in five minutes"))
            return
        try:
            order = _read(text)
        except BadRequest as problem:
            _complain(connection, problem)
            continue
        await _obey(hub, connection, order)


def _read(text: str) -> Order:
    """The message; BadRequest when it is none."""
    try:
        order = msgspec.convert(orjson.loads(text), Order)
    except (orjson.JSONDecodeError, msgspec.ValidationError):
        raise BadRequest('A message has to be JSON such as {"type":"subscribe","stream":"user"}') from None
    if order.type not in ("subscribe", "unsubscribe"):
        raise BadRequest("A message's type has to be subscribe or unsubscribe")
    return order


async def _obey(hub: Hub, connection: Connection, order: Order) -> None:
    """Subscribe or unsubscribe; what is wrong with it is said in a frame, and the connection goes on."""
    try:
        wanted = wish(connection.viewer_id, order.stream, tag=order.tag, list_id=order.list)
        if order.type == "unsubscribe":
            hub.unsubscribe(connection, wanted.channel)
            return
        if connection.scopes.isdisjoint(SCOPES[order.stream]):
            raise Forbidden("This action is outside the authorized scopes")
        await hub.subscribe(connection, wanted)
    except FediserverError as problem:
        _complain(connection, problem)


def _complain(connection: Connection, problem: FediserverError) -> None:
    status, text = status_and_text(problem)
    connection.put(orjson.dumps({"error": text, "status": status}).decode())
