import asyncio
import errno
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network

import httpx
import pytest

from fediserver import __version__
from fediserver.errors import ConfigError, FediserverError, Refused, TooLarge, Unreachable
from fediserver.net import transport
from fediserver.net.client import ANSWER_BYTES, MIB, Client
from fediserver.net.resolver import SystemLookup

LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter, bytes], Awaitable[None]]


class Server:
    """A bare HTTP/1.1 server on loopback; `answers` maps a request target to bytes or a function."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | Answer] = {}
        self.heads: list[str] = []
        self.connections = 0
        self.port = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head.decode())
                fields = dict(line.split(": ", 1) for line in head.decode().splitlines()[1:-1])
                lengths = {name.lower(): value for name, value in fields.items()}
                body = await reader.readexactly(int(lengths.get("content-length", "0")))
                answer = self.answers.get(
                    head.decode().split(" ")[1], reply(b"nothing", status="404 Not Found")
                )
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                else:
                    await answer(reader, writer, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


def reply(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    return reply(b"", status=status, headers=f"Location: {to}\r\n")


@asynccontextmanager
async def listening(host: str = "127.0.0.1") -> AsyncIterator[Server]:
    server = Server()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(server.talk(reader, writer))
        tasks.add(task)

    listener = await asyncio.start_server(accept, host, 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.wait_closed()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with listening() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Client(base_url="http://localhost:8000", allowed=LOOPBACK) as made:
        yield made


async def failing(call: Awaitable[object]) -> FediserverError:
    with pytest.raises(FediserverError) as caught:
        await call
    return caught.value


def fixed(*answers: list[str]) -> Callable[[str], Awaitable[list[str]]]:
    """A lookup that gives these answers, one after the other, and the last for ever."""
    queue = list(answers)

    async def lookup(host: str) -> list[str]:
        return queue.pop(0) if len(queue) > 1 else queue[0]

    return lookup


async def test_a_get_says_who_asks_and_sends_the_headers_given(server: Server, client: Client) -> None:
    server.answers["/a%40b?x=%7E"] = reply(b"{}", headers="Content-Type: application/activity+json\r\n")
    found = await client.get(server.url("/a%40b?x=%7E#main-key"), {"Accept": "application/activity+json"})
    assert (found.status, found.body, found.redirected_from) == (200, b"{}", ())
    assert found.url == server.url("/a%40b?x=%7E")
    assert found.headers["content-type"] == "application/activity+json"
    head = server.heads[0].lower()
    assert "get /a%40b?x=%7e http/1.1" in head
    assert f"user-agent: fediserver/{__version__} (+http://localhost:8000)" in head
    assert "accept: application/activity+json" in head
    assert f"host: 127.0.0.1:{server.port}" in head


async def test_a_post_sends_the_body_once_and_keeps_the_status(server: Server, client: Client) -> None:
    bodies: list[bytes] = []

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> None:
        bodies.append(body)
        writer.write(reply(b"taken", status="202 Accepted"))

    server.answers["/inbox"] = take
    headers = {"Content-Type": "application/activity+json", "Date": "now"}
    found = await client.post(server.url("/inbox"), b'{"a":1}', headers)
    assert (found.status, found.body, bodies) == (202, b"taken", [b'{"a":1}'])
    assert "\r\ncontent-type: application/activity+json\r\n" in server.heads[0].lower()


async def test_an_empty_post_has_a_length(server: Server, client: Client) -> None:
    server.answers["/inbox"] = reply(b"")
    await client.post(server.url("/inbox"), b"")
    assert "content-length: 0" in server.heads[0].lower()


async def test_connections_are_used_again(server: Server, client: Client) -> None:
    server.answers["/x"] = reply(b"x")
    for _ in range(3):
        await client.get(server.url("/x"))
        await client.post(server.url("/x"), b"y")
    assert server.connections == 1


async def test_cookies_are_not_kept(server: Server, client: Client) -> None:
    server.answers["/x"] = reply(b"x", headers="Set-Cookie: a=b; Path=/\r\n")
    for _ in range(2):
        await client.get(server.url("/x"))
    assert "cookie" not in server.heads[1].lower()


async def test_a_host_gets_four_connections_at_most(server: Server, client: Client) -> None:
    async def slowly(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        await asyncio.sleep(0.05)
        writer.write(reply(b"x"))

    server.answers["/x"] = slowly
    await asyncio.gather(*(client.get(server.url("/x")) for _ in range(12)))
    assert server.connections == 4


async def test_redirects_are_followed_and_signed_afresh(server: Server, client: Client) -> None:
    server.answers["/a"] = redirect("/b", "301 Moved Permanently")
    server.answers["/b"] = redirect(server.url("/c"), "308 Permanent Redirect")
    server.answers["/c"] = reply(b"here")
    found = await client.get(
        server.url("/a"),
        {"Authorization": "mine", "Accept": "x/y"},
        sign=lambda url: {"Signature": "over " + url.rpartition("/")[2]},
    )
    assert (found.body, found.url) == (b"here", server.url("/c"))
    assert found.redirected_from == (server.url("/a"), server.url("/b"))
    for letter, head in zip("abc", server.heads, strict=True):
        assert f"signature: over {letter}\r\n" in head.lower()
        assert "accept: x/y" in head.lower()
        assert ("authorization" in head.lower()) is (letter == "a")


@pytest.mark.parametrize(
    "to",
    [
        "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://2130706433/", "http://0x7f.1/",
        "http://[::ffff:10.0.0.1]/", "ftp://127.0.0.1/", "file:///etc/passwd", "http://user@127.0.0.1/", "https://8.8.8.8:25/",
    ],
)  # fmt: skip
async def test_a_redirect_is_checked_like_the_first_url(server: Server, client: Client, to: str) -> None:
    server.answers["/a"] = redirect(to)
    found = await failing(client.get(server.url("/a")))
    assert isinstance(found, Refused)
    assert found.rule == "ssrf"


async def test_too_many_redirects_and_circles(server: Server, client: Client) -> None:
    for number in range(9):
        server.answers[f"/{number}"] = redirect(f"/{number + 1}")
    server.answers["/x"] = redirect("/y")
    server.answers["/y"] = redirect("/x")
    assert "more than 3 redirects" in str(await failing(client.get(server.url("/0"))))
    assert len(server.heads) == 4
    assert "circle" in str(await failing(client.get(server.url("/x"))))
    server.answers["/z"] = redirect("http://x:port/")
    assert "no URL" in str(await failing(client.get(server.url("/z"))))


async def test_a_post_follows_no_redirect(server: Server, client: Client) -> None:
    server.answers["/a"] = redirect("/b", "307 Temporary Redirect")
    assert (await client.post(server.url("/a"), b"x")).status == 307
    assert len(server.heads) == 1


async def test_bodies_over_the_limit_are_refused(server: Server, client: Client) -> None:
    server.answers["/full"] = reply(b"x" * 1000)
    server.answers["/declared"] = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"2000\r\n" + b"x" * 8192 + b"\r\n")
            await writer.drain()

    server.answers["/endless"] = endless
    assert (await client.get(server.url("/full"), limit=1000)).body == b"x" * 1000
    assert isinstance(await failing(client.get(server.url("/full"), limit=999)), TooLarge)
    assert isinstance(await failing(client.get(server.url("/declared"))), TooLarge)
    assert isinstance(await failing(client.get(server.url("/endless"))), TooLarge)


async def test_packed_bodies_are_unpacked_up_to_the_limit(server: Server, client: Client) -> None:
    text = b"0123456789" * 5000
    server.answers["/gzip"] = reply(gzip.compress(text), headers="Content-Encoding: gzip\r\n")
    server.answers["/deflate"] = reply(zlib.compress(text), headers="Content-Encoding: deflate\r\n")
    server.answers["/bomb"] = reply(gzip.compress(bytes(200 * MIB), 9), headers="Content-Encoding: gzip\r\n")
    server.answers["/broken"] = reply(b"not gzip at all", headers="Content-Encoding: gzip\r\n")
    server.answers["/br"] = reply(b"?", headers="Content-Encoding: br\r\n")
    assert (await client.get(server.url("/gzip"), limit=len(text))).body == text
    assert (await client.get(server.url("/deflate"))).body == text
    assert isinstance(await failing(client.get(server.url("/gzip"), limit=len(text) - 1)), TooLarge)
    assert isinstance(await failing(client.get(server.url("/bomb"))), TooLarge)
    assert "unpacked" in str(await failing(client.get(server.url("/broken"))))
    assert "encoding" in str(await failing(client.get(server.url("/br"))))


async def test_the_answer_to_a_post_is_cut_off_not_refused(server: Server, client: Client) -> None:
    server.answers["/inbox"] = reply(b"x" * 200_000)
    assert len((await client.post(server.url("/inbox"), b"")).body) == ANSWER_BYTES


async def test_a_post_counts_once_it_has_a_status(server: Server, client: Client) -> None:
    async def half(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    server.answers["/inbox"] = half
    assert (await client.post(server.url("/inbox"), b"x")).status == 202


async def test_slow_servers_meet_the_time_limit(server: Server, client: Client) -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _number in range(100):
            writer.write(b"x")
            await asyncio.sleep(0.02)

    async def silence(_: asyncio.StreamReader, __: asyncio.StreamWriter, ___: bytes) -> None:
        await asyncio.sleep(60)

    server.answers["/drip"] = drip
    server.answers["/silence"] = silence
    for path in ("/drip", "/silence"):
        found = await failing(client.get(server.url(path), seconds=0.2))
        assert isinstance(found, Unreachable)
        assert "within 0.2 s" in str(found)
    assert isinstance(await failing(client.post(server.url("/silence"), b"", seconds=0.2)), Unreachable)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"rubbish\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 99999,
    ],
)
async def test_broken_answers_are_unreachable(server: Server, client: Client, answer: bytes) -> None:
    async def once(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    server.answers["/x"] = once
    found = await failing(client.get(server.url("/x")))
    assert isinstance(found, Unreachable)
    assert str(found).startswith("127.0.0.1: ")


async def test_nobody_listening(client: Client) -> None:
    async with listening() as gone:
        pass
    found = await failing(client.get(gone.url("/")))
    assert isinstance(found, Unreachable)
    assert str(found) == "127.0.0.1: no connection: nobody listens there"


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (
            OSError(errno.ECONNREFUSED, "Multiple exceptions: [Errno 111] …, [Errno 111] …"),
            "nobody listens there",
        ),
        (
            OSError("Multiple exceptions: [Errno 111] …, [Errno 101] …"),
            "none of its addresses can be reached",
        ),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "no way leads there from here"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
    ],
)
def test_why_there_is_no_connection_is_one_sentence(problem: OSError, text: str) -> None:
    assert transport._why(problem) == text


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_localhost_tries_every_address(client: Client, host: str) -> None:
    try:
        async with listening(host) as server:
            server.answers["/"] = reply(b"x")
            assert (await client.get(server.url("/", "localhost"))).status == 200
    except OSError as error:
        pytest.skip(f"this machine has no {host}: {error}")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "10.0.0.1", "[::ffff:127.0.0.1]", "[fd00::1]", "2130706433"]
)
async def test_literal_addresses_are_refused_before_any_connection(host: str) -> None:
    async with Client(base_url="https://garden.example") as client:
        for call in (client.get(f"https://{host}/"), client.post(f"https://{host}/", b"")):
            assert isinstance(await failing(call), Refused)


async def test_names_are_refused_by_what_they_resolve_to(server: Server) -> None:
    for addresses in (["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["10.0.0.1", "fe80::1"]):
        async with Client(base_url="https://garden.example", lookup=fixed(addresses)) as client:
            found = await failing(client.get("https://inner.example/"))
            assert isinstance(found, Refused)
            assert "inner.example" in str(found)
    assert server.connections == 0


async def test_a_name_that_changes_its_address_gains_nothing(server: Server) -> None:
    # 192.0.2.1 is allowed here to stand for a public address; nothing answers there.
    lookup = fixed(["192.0.2.1"], ["127.0.0.1"])
    allowed = [ip_network("192.0.2.0/24")]
    async with Client(base_url="http://localhost:8000", allowed=allowed, lookup=lookup) as client:
        url = server.url("/", "rebind.example")
        assert isinstance(await failing(client.get(url, seconds=0.3)), Unreachable)
    async with Client(
        base_url="http://localhost:8000", allowed=allowed, lookup=fixed(["127.0.0.1"])
    ) as client:
        assert isinstance(await failing(client.get(url, seconds=0.3)), Refused)
    assert server.connections == 0


async def test_of_several_addresses_only_permitted_ones_are_tried(server: Server) -> None:
    server.answers["/"] = reply(b"x")
    lookup = fixed(["10.0.0.1", "127.0.0.1", "::1"])
    async with Client(
        base_url="http://localhost:8000", allowed=[ip_network("127.0.0.1/32")], lookup=lookup
    ) as client:
        assert (await client.get(server.url("/", "two.example"))).status == 200


async def test_plain_http_needs_our_own_plain_http_and_an_allowed_network() -> None:
    async with Client(base_url="https://garden.example", allowed=LOOPBACK) as client:
        assert isinstance(await failing(client.get("http://127.0.0.1/")), Refused)
    async with Client(base_url="http://localhost:1", allowed=LOOPBACK, lookup=fixed(["8.8.8.8"])) as client:
        assert "plain http" in str(await failing(client.get("http://public.example/")))
        assert "port 8443" in str(await failing(client.get("https://public.example:8443/")))


@pytest.mark.parametrize("error", [OSError("no such name"), UnicodeError("label too long")])
async def test_names_that_do_not_resolve_are_unreachable(error: Exception) -> None:
    async def lookup(host: str) -> list[str]:
        raise error

    async with Client(base_url="https://garden.example", lookup=lookup) as client:
        assert isinstance(await failing(client.get("https://nowhere.example/")), Unreachable)
    async with Client(base_url="https://garden.example", lookup=fixed([])) as client:
        assert "no address" in str(await failing(client.get("https://nowhere.example/")))


async def test_the_system_knows_localhost() -> None:
    lookup = SystemLookup()
    assert {"127.0.0.1", "::1"} <= set(await lookup("localhost"))
    lookup.close()


async def test_another_transport_can_be_swapped_in_and_keeps_the_rules() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=str(request.url).encode()))
    async with Client(base_url="https://garden.example", transport=transport) as client:
        assert (await client.get("https://far.example/x")).body == b"https://far.example/x"
        assert (await client.post("https://far.example/x", b"")).status == 200
        assert isinstance(await failing(client.get("https://127.0.0.1/")), Refused)


async def test_a_proxy_is_asked_and_only_for_https_on_its_usual_port(server: Server) -> None:
    proxy = f"http://ann:secret@127.0.0.1:{server.port}"
    async with Client(base_url="http://localhost:8000", allowed=LOOPBACK, proxy=proxy) as client:
        found = await failing(client.get("https://far.example/"))
        assert isinstance(found, Unreachable)
        assert "proxy" in str(found)
        assert server.heads[0].startswith("CONNECT far.example:443 ")
        assert "Basic YW5uOnNlY3JldA==" in server.heads[0]
        for url in ("http://far.example/", "https://far.example:8443/", "https://10.0.0.1/"):
            assert isinstance(await failing(client.get(url)), Refused)
    with pytest.raises(ConfigError):
        Client(base_url="https://garden.example", proxy="socks5://127.0.0.1:9050")


async def test_the_environment_proxy_is_not_read(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.answers["/"] = reply(b"x")
    async with Client(base_url="http://localhost:8000", allowed=LOOPBACK) as client:
        assert (await client.get(server.url("/"))).status == 200
