"""Streams over real sockets, against `fediserver serve`."""

import asyncio
import errno
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.processes import Node, Person, eventually, marker, node, postgres_database

PATIENCE = 20.0


@pytest.fixture
async def serving(tmp_path: Path) -> AsyncIterator[Node]:
    async with node(tmp_path / "oak") as oak:
        yield oak


def token_of(person: Person) -> str:
    return str(person.client.headers["authorization"]).removeprefix("Bearer ")


class Ears:
    """Connections to a node's streams."""

    def __init__(self, oak: Node) -> None:
        self.base = oak.base_url
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Ears":
        self._session = await self._stack.enter_async_context(aiohttp.ClientSession(trust_env=False))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def socket(self, **options: Any) -> aiohttp.ClientWebSocketResponse:
        path = "/api/v1/streaming" + options.pop("query", "")
        return await self._stack.enter_async_context(self._session.ws_connect(self.base + path, **options))

    async def events(self, person: Person, path: str) -> aiohttp.ClientResponse:
        headers = {"authorization": f"Bearer {token_of(person)}"}
        answer = await self._stack.enter_async_context(
            self._session.get(f"{self.base}/api/v1/streaming/{path}", headers=headers)
        )
        assert answer.status == 200, await answer.text()
        assert await answer.content.readline() == b":)\n"
        return answer


async def frame(stream: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    found: dict[str, Any] = await stream.receive_json(timeout=PATIENCE)
    return found


async def update(stream: aiohttp.ClientWebSocketResponse) -> str:
    """The id of the post in the next frame."""
    found = await frame(stream)
    assert found["event"] == "update", found
    return str(json.loads(found["payload"])["id"])


async def heard(answer: aiohttp.ClientResponse) -> tuple[str, Any]:
    """Name and data of the next server-sent event."""
    async with asyncio.timeout(PATIENCE):
        name = (await answer.content.readline()).decode().removeprefix("event: ").strip()
        data = (await answer.content.readline()).decode().removeprefix("data: ").strip()
        assert await answer.content.readline() == b"\n"
    return name, json.loads(data)


async def test_everything_arrives_in_every_way(serving: Node) -> None:
    alice, bob = await serving.accounts("alice", "bob")
    await alice.follows(bob)
    token = token_of(alice)
    async with Ears(serving) as ears:
        streams = [
            await ears.socket(query=f"?stream=user&access_token={token}"),
            await ears.socket(query="?stream=user", headers={"authorization": f"Bearer {token}"}),
            await ears.socket(query="/?stream=user", protocols=[token]),
        ]
        assert [stream.protocol for stream in streams] == [None, None, token]
        events = await ears.events(alice, "user")
        for stream in streams:
            await stream.send_json({"type": "subscribe", "stream": "nonsense"})
            assert (await frame(stream))["status"] == 400
        began = time.monotonic()
        post = await bob.post("hello")
        assert [await update(stream) for stream in streams] == [post["id"]] * 3
        assert (await heard(events))[1]["id"] == post["id"]
        assert time.monotonic() - began < PATIENCE
        await bob.do(f"/v1/statuses/{post['id']}", method="PUT", status="hello @alice")
        # The edit names her now, so she is told of it, too.
        for stream in streams:
            assert {(await frame(stream))["event"] for _ in range(2)} == {"status.update", "notification"}
        assert {(await heard(events))[0] for _ in range(2)} == {"status.update", "notification"}
        await bob.do(f"/v1/statuses/{post['id']}", method="DELETE")
        for stream in streams:
            assert await frame(stream) == {"stream": ["user"], "event": "delete", "payload": post["id"]}
        assert await heard(events) == ("delete", int(post["id"]))


async def test_a_handshake_without_a_token_is_answered(serving: Node) -> None:
    async with Ears(serving) as ears:
        for path in ("", "?access_token=wrong", "/nowhere"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await ears.socket(query=path)
            assert refusal.value.status == (404 if path == "/nowhere" else 401)
        answer = await (await serving.client()).get("/api/v1/streaming/health")
        assert answer.text == "OK"
    # Strangers write no faults into the log.
    assert not {"Traceback", "ERROR"} & set(serving.logged().replace(":", " ").split())


async def test_what_is_no_text_and_what_is_too_long_ends_it(serving: Node) -> None:
    alice = await serving.account("alice")
    async with Ears(serving) as ears:
        binary = await ears.socket(protocols=[token_of(alice)])
        await binary.send_bytes(b"\x00")
        long = await ears.socket(protocols=[token_of(alice)])
        await long.send_str("x" * 20_000)
        for stream, code in ((binary, 1003), (long, 1009)):
            ended = await stream.receive(timeout=PATIENCE)
            assert (ended.type, stream.close_code) == (aiohttp.WSMsgType.CLOSE, code)
    assert "Traceback" not in serving.logged()


async def test_a_revoked_token_and_a_suspended_member_hear_no_more(serving: Node) -> None:
    alice, bob = await serving.accounts("alice", "bob")
    async with Ears(serving) as ears:
        revoked = await ears.socket(query="?stream=user", protocols=[token_of(alice)])
        suspended = await ears.socket(query="?stream=user", protocols=[token_of(bob)])
        await serving.command("account", "token", "alice", "--revoke")
        await serving.command("account", "suspend", "bob")
        for stream in (revoked, suspended):
            ended = await stream.receive(timeout=PATIENCE)
            assert (ended.type, stream.close_code) == (aiohttp.WSMsgType.CLOSE, 1008)


async def test_it_stops_while_streams_and_bodies_are_open(serving: Node) -> None:
    alice = await serving.account("alice")
    async with Ears(serving) as ears:
        stream = await ears.socket(query="?stream=user", protocols=[token_of(alice)])
        events = await ears.events(alice, "public")
        ending = asyncio.create_task(stream.receive(timeout=PATIENCE))
        with half_a_body(serving, token_of(alice)) as hanging:
            await serving.stop()
            assert b"503" in hanging.recv(100)
        assert ((await ending).type, stream.close_code) == (aiohttp.WSMsgType.CLOSE, 1012)
        assert await events.content.read() == b""
    assert "Traceback" not in serving.logged()


def half_a_body(oak: Node, token: str) -> socket.socket:
    """A request whose body does not come to its end."""
    made = socket.create_connection(("127.0.0.1", oak.port))
    head = f"POST /api/v1/statuses HTTP/1.1\r\nHost: {oak.host}\r\nAuthorization: Bearer {token}\r\n"
    made.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
    return made


def silent_reader(oak: Node, token: str) -> socket.socket:
    """Somebody who opens a stream and never reads."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", oak.port))
    head = (
        f"GET /api/v1/streaming/public HTTP/1.1\r\nHost: {oak.host}\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    made.sendall(head.encode())
    return made


async def test_a_reader_who_never_reads_is_cut_off(serving: Node) -> None:
    alice, bob = await serving.accounts("alice", "bob")
    async with Ears(serving) as ears:
        quick = await ears.socket(query="?stream=public", protocols=[token_of(bob)])
        with silent_reader(serving, token_of(alice)) as slow:

            async def cut() -> bool:
                posts = [bob.post("\N{WAVING HAND SIGN}" * 500) for _ in range(10)]
                made = {post["id"] for post in await asyncio.gather(*posts)}
                assert {await update(quick) for _ in made} == made
                return slow.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNRESET

            await eventually("the silent reader is cut off", cut, seconds=60, every=0)
        await bob.post("hello")
        await update(quick)
    assert "Traceback" not in serving.logged()


async def test_several_processes_tell_each_other(tmp_path: Path, postgres_socket: str) -> None:
    async with (
        postgres_database(postgres_socket) as url,
        node(tmp_path / "oak", database_url=url, workers=3) as oak,
        Ears(oak) as ears,
    ):
        alice, bob = await oak.accounts("alice", "bob")
        await alice.follows(bob)
        # So many connections that every process has some.
        streams = [await ears.socket(query="?stream=user", protocols=[token_of(alice)]) for _ in range(12)]
        for number in range(6):
            fresh = await oak.client(dict(bob.client.headers))
            made = (await fresh.post("/api/v1/statuses", json={"status": f"{number} {marker()}"})).json()
            assert [await update(stream) for stream in streams] == [made["id"]] * len(streams)
        ends = [asyncio.create_task(one.receive(timeout=PATIENCE)) for one in streams]
        await oak.stop()
        await asyncio.gather(*ends)
        assert {one.close_code for one in streams} == {1012}
