"""Heads of requests are bounded in size, number and time, however they are cut into packets."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import cast

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from fediserver.cli.server import Server
from fediserver.web import request_head
from fediserver.web.request_head import HEAD_BYTES, HEAD_SECONDS, HEADERS, LINE_BYTES, WAITING
from fediserver.web.wire import JoiningProtocol

HOST = b"Host: garden.example\r\n"
GET = b"GET /hello HTTP/1.1\r\n" + HOST
END = b"\r\n"
PATIENCE = 20.0
CHUNKED = b"POST /hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST + END


class Socket(asyncio.Transport):
    """Stands for a transport: notes what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.closed = False

    def write(self, data: bytes) -> None:  # type: ignore[override]
        assert not self.closed, "nothing may be written after the end"
        self.sent += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Line:
    """A connection to an app that answers with the names of the headers it was given."""

    def __init__(self) -> None:
        self.asked: list[Scope] = []
        self.hold = asyncio.Event()
        self.hold.set()
        config = uvicorn.Config(
            self._app, interface="asgi3", proxy_headers=False, lifespan="off", log_config=None
        )
        self.protocol = JoiningProtocol(config, ServerState(), {})
        self.socket = Socket()
        self.protocol.connection_made(cast(asyncio.Transport, self.socket))

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope)
        await self.hold.wait()
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    async def gets(self, *pieces: bytes) -> bytes:
        """What it answers to these packets."""
        for piece in pieces:
            if not self.socket.closed:
                self.protocol.data_received(piece)
        for _ in range(8):
            await asyncio.sleep(0)
        return self.socket.sent

    def waits(self, seconds: float) -> None:
        """The look after a time without a word."""
        self.protocol.look(asyncio.get_running_loop().time() + seconds)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize("size", [1, 7, 1400, 10_000_000])
async def test_a_request_is_the_same_in_pieces_of_any_size(size: int) -> None:
    line = Line()
    whole = GET + b"Cookie: " + b"c" * (LINE_BYTES - 100) + b"\r\n" + END
    assert status(await line.gets(*cut(whole, size))) == 200
    assert [len(scope["headers"]) for scope in line.asked] == [2]
    assert not line.socket.closed


@pytest.mark.parametrize("size", [1400, 262_144])
@pytest.mark.parametrize(
    "endless",
    [
        pytest.param(GET + b"X: " + b"a" * 300_000, id="a line that does not end"),
        pytest.param(b"GET /" + b"a" * 300_000, id="an address that does not end"),
        pytest.param(GET + b"a:b\r\n" * 60_000, id="headers without end"),
        pytest.param(GET + b"X: " + b"a" * (LINE_BYTES + 1) + b"\r\n" + END, id="a long header"),
        pytest.param(b"GET /" + b"a" * LINE_BYTES + b" HTTP/1.1\r\n" + HOST + END, id="a long address"),
        pytest.param(GET + (b"X: " + b"a" * 1000 + b"\r\n") * 66 + END, id="much in all"),
        pytest.param(GET + b"a:b\r\n" * HEADERS + END, id="many headers"),
    ],
)
async def test_a_head_beyond_the_bounds_is_refused(endless: bytes, size: int) -> None:
    line = Line()
    answer = await line.gets(*cut(endless, size))
    assert status(answer) == 431
    assert b"at most 128 headers, 16 KiB in one and 64 KiB in all" in answer
    assert b"connection: close" in answer
    assert line.socket.closed
    assert line.asked == []


async def test_what_is_kept_of_a_head_is_bounded() -> None:
    line = Line()
    sent = 0
    for piece in cut(GET + b"X: " + b"a" * 1_000_000, 1400):
        if line.socket.closed:
            break
        line.protocol.data_received(piece)
        sent += len(piece)
    assert HEAD_BYTES < sent <= HEAD_BYTES + 1400


async def test_bodies_and_further_requests_are_not_counted_as_heads() -> None:
    line = Line()
    body = b"b" * 200_000
    post = b"POST /hello HTTP/1.1\r\nContent-Length: 200000\r\n" + HOST + END + body
    await line.gets(*cut(post, 30_000))
    await line.gets(*cut(CHUNKED + (b"1\r\nb\r\n" * 30_000) + b"0\r\n\r\n", 5000))
    await line.gets(post + GET[:10], GET[10:] + END)
    assert [scope["method"] for scope in line.asked] == ["POST", "POST", "POST", "GET"]
    assert not line.socket.closed


async def test_what_comes_after_a_body_is_no_header() -> None:
    line = Line()
    await line.gets(CHUNKED + b"1\r\nb\r\n0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n")
    assert [name for name, _ in line.asked[0]["headers"]] == [b"transfer-encoding", b"host"]


@pytest.mark.parametrize("endless", [b"0\r\nX: " + b"a" * 300_000, b"1;" + b"a" * 300_000])
async def test_the_frame_of_a_body_is_bounded(endless: bytes) -> None:
    line = Line()
    line.hold.clear()
    await line.gets(CHUNKED, *cut(endless, 1400))
    assert line.socket.closed
    assert line.socket.sent == b"", "nothing falls into the answer that is under way"


async def test_half_a_head_is_let_go_in_time() -> None:
    line = Line()
    await line.gets(GET)
    line.waits(HEAD_SECONDS - 1)
    assert not line.socket.closed
    line.waits(HEAD_SECONDS + 1)
    await asyncio.sleep(0)
    assert status(line.socket.sent) == 408
    assert b"did not arrive within 20 seconds" in line.socket.sent
    assert line.socket.closed


async def test_more_of_a_head_gives_no_more_time() -> None:
    line = Line()
    await line.gets(GET)
    began = line.protocol._since
    await line.gets(b"X: y\r\n")
    assert line.protocol._since == began


@pytest.mark.parametrize("said", [b"", b"\r\n"])
async def test_who_asks_for_nothing_is_let_go_without_a_word(said: bytes) -> None:
    line = Line()
    await line.gets(said)
    line.waits(HEAD_SECONDS + 1)
    assert line.socket.closed
    assert line.socket.sent == b""


async def test_who_asked_and_then_says_nothing_that_is_a_request_is_let_go() -> None:
    line = Line()
    await line.gets(GET + END)
    await line.gets(b"\r\n")
    line.waits(HEAD_SECONDS + 1)
    assert line.socket.closed


@pytest.mark.parametrize("rest", [b"3\r\nab", b"3\r\nabc\r\n", b"3\r\nabc\r\n0\r\n\r\n"])
async def test_who_goes_on_with_a_body_that_nobody_waits_for_is_let_go(rest: bytes) -> None:
    line = Line()
    assert status(await line.gets(CHUNKED)) == 200
    await line.gets(rest)
    line.waits(HEAD_SECONDS - 1)
    assert not line.socket.closed
    line.waits(HEAD_SECONDS + 1)
    assert line.socket.closed


async def test_a_body_that_is_waited_for_has_its_own_time() -> None:
    line = Line()
    line.hold.clear()
    await line.gets(CHUNKED, b"3\r\nab")
    line.waits(HEAD_SECONDS + 1)
    assert not line.socket.closed


async def test_few_requests_wait_for_the_answers_before_theirs() -> None:
    line = Line()
    line.hold.clear()
    await line.gets((GET + END) * (1 + WAITING))
    assert not line.socket.closed
    await line.gets((GET + END) * 1000)
    assert line.socket.closed
    assert len(line.protocol.pipeline) == WAITING
    assert line.socket.sent == b"", "nothing falls into the answer that is under way"


async def test_a_long_answer_is_waited_for() -> None:
    line = Line()
    line.hold.clear()
    await line.gets(GET + END, GET)
    line.waits(HEAD_SECONDS + 1)
    assert not line.socket.closed
    line.hold.set()
    assert status(await line.gets()) == 200


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + HOST + END, 400),
        (b"GET / HTTP/1.0\r\n" + HOST + b"HOST: b\r\n" + END, 400),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
        (GET + END, 200),
    ],
)
async def test_a_request_names_one_host(head: bytes, wanted: int) -> None:
    line = Line()
    answer = await line.gets(head)
    assert status(answer) == wanted
    assert (b"Send one Host header" in answer) == (wanted == 400)


async def heard(sent: bytes, places: list[int]) -> list[str]:
    """The methods that are asked for when the bytes are cut at these places."""
    line = Line()
    places = sorted(place % (len(sent) + 1) for place in places)
    for start, end in zip([0, *places], [*places, len(sent)], strict=True):
        await line.gets(sent[start:end])
    return [scope["method"] for scope in line.asked]


@given(
    st.lists(st.sampled_from(["GET", "POST"]), min_size=1, max_size=4), st.lists(st.integers(0), max_size=8)
)
@settings(deadline=None)
def test_packets_do_not_matter(methods: list[str], places: list[int]) -> None:
    whole = {"GET": GET + END, "POST": CHUNKED + b"3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"}
    sent = b"".join(whole[method] for method in methods)
    assert asyncio.run(heard(sent, places)) == methods


@given(st.binary(max_size=60), st.lists(st.integers(0), max_size=4))
@settings(deadline=None)
def test_what_is_no_request_does_no_harm(junk: bytes, places: list[int]) -> None:
    assert len(asyncio.run(heard(GET + END + junk, places))) <= 1 + junk.count(b"\n")


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[int]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("nothing is to be asked")

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = Server(app, stopping=lambda: None)
        running = asyncio.create_task(server.serve([listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.stop()
            await running


async def test_the_server_looks_after_its_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_head, "HEAD_SECONDS", 0.1)
    async with serving() as port, asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        assert status(await reader.read()) == 408
        writer.close()
        await writer.wait_closed()


async def test_a_websocket_that_is_none_is_refused_without_noise(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as port, asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        assert status(await reader.read()) == 400
        writer.close()
        await writer.wait_closed()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
