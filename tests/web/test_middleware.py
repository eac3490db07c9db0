"""What every request passes through, spoken to over HTTP."""

import asyncio
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fediserver import errors
from fediserver.web import body as bodies
from fediserver.web.body import SlowBody, read_body
from fediserver.web.client_address import ClientAddress
from fediserver.web.middleware import (
    Cors,
    Errors,
    Head,
    NotedHeaders,
    RequestId,
    SecurityHeaders,
    content_security_policy,
    note_header,
    request_id,
)
from fediserver.web.responses import empty, json_response

BASE = "https://garden.example"


def raising(error: Exception) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    return app


def answering(response: Response) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, send)

    return app


def client(app: ASGIApp, address: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url=BASE)


async def page(request: Request, status: int, text: str) -> Response:
    return HTMLResponse(f"<p>{text}</p>", status)


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (errors.BadRequest("Say more"), 400, "Say more"),
        (errors.Unauthorised(), 401, "The access token is invalid"),
        (errors.Forbidden(), 403, "This action is not allowed"),
        (errors.Refused("rule-1", "No"), 403, "No"),
        (errors.NotFound(), 404, "Record not found"),
        (errors.Conflict("Moved on"), 409, "Moved on"),
        (errors.Gone(), 410, "Gone"),
        (errors.TooLarge("Too large"), 413, "Too large"),
        (errors.Invalid("Bad"), 422, "Bad"),
        (errors.TooMany("Slow down", 7), 429, "Slow down"),
        (errors.Unavailable("Later", 9), 503, "Later"),
        (errors.Unreachable("Silence"), 503, "Silence"),
        (SlowBody("Slow"), 400, "Slow"),
        (HTTPException(405, headers={"Allow": "GET"}), 405, "Method Not Allowed"),
        (ClientDisconnect(), 400, "The connection ended before the body did"),
    ],
)
async def test_errors_become_answers(error: Exception, status: int, text: str) -> None:
    answer = await client(Errors(raising(error), page)).get("/api/v1/x")
    assert answer.status_code == status
    assert answer.json() == {"error": text}
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


async def test_errors_carry_what_the_client_needs() -> None:
    details = {"username": [("ERR_TAKEN", "is taken")]}
    answer = await client(Errors(raising(errors.Invalid("Bad", details)))).get("/api/v1/x")
    assert answer.json() == {
        "error": "Bad",
        "details": {"username": [{"error": "ERR_TAKEN", "description": "is taken"}]},
    }
    answer = await client(Errors(raising(errors.TooMany("x", 7)))).get("/api/v1/x")
    assert answer.headers["retry-after"] == "7"
    answer = await client(Errors(raising(errors.TooLarge("x")))).get("/api/v1/x")
    assert answer.headers["connection"] == "close"
    answer = await client(Errors(raising(errors.Unauthorised()))).get("/api/v1/x")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    answer = await client(Errors(raising(HTTPException(405, headers={"Allow": "GET"})))).get("/x")
    assert answer.headers["allow"] == "GET"


async def test_people_get_a_page_and_programs_json() -> None:
    people = client(Errors(raising(errors.NotFound()), page))
    assert (
        await people.get("/@nobody", headers={"Accept": "text/html,*/*"})
    ).text == "<p>Record not found</p>"
    assert (await people.get("/@nobody")).status_code == 404
    activity = {"Accept": "application/activity+json"}
    assert (await people.get("/users/nobody", headers=activity)).json() == {"error": "Record not found"}
    assert (await people.post("/users/nobody/inbox")).json() == {"error": "Record not found"}
    assert (await people.get("/users/nobody", headers={"Accept": "text/html"})).text.startswith("<p>")
    for path in ("/api/v1/x", "/oauth/token", "/.well-known/webfinger", "/nodeinfo/2.0"):
        answer = await people.get(path, headers={"Accept": "text/html"})
        assert answer.json() == {"error": "Record not found"}


async def test_a_fault_is_logged_under_its_id_and_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    app = RequestId(Errors(raising(ZeroDivisionError("secret"))))
    answer = await client(app).get("/api/v1/x")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json().keys() == {"error"}
    assert f"request {answer.headers['x-request-id']}: GET '/api/v1/x' failed" in caplog.text
    assert "secret" in caplog.text


async def test_a_page_that_fails_leaves_plain_json(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(request: Request, status: int, text: str) -> Response:
        raise KeyError(text)

    answer = await client(Errors(raising(errors.NotFound()), broken)).get("/")
    assert (answer.status_code, answer.json()) == (404, {"error": "Record not found"})
    assert "the page for an error failed" in caplog.text


async def test_an_answer_that_began_is_not_answered_again() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise errors.NotFound

    with pytest.raises(errors.NotFound):
        await client(Errors(app)).get("/api/v1/x")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/x",
        "/oauth/token",
        "/oauth/token/",
        "/oauth/revoke",
        "/.well-known/webfinger",
        "/nodeinfo/2.0",
        "/media/1.png",
        "/static/a.png",
    ],
)
async def test_scripts_of_any_site_may_read(path: str) -> None:
    web = client(Cors(answering(empty())))
    answer = await web.get(path, headers={"Origin": "https://phanpy.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = answer.headers["access-control-expose-headers"]
    assert {"Link", "X-RateLimit-Reset", "Mastodon-Async-Refresh", "X-Request-Id"} <= set(exposed.split(", "))
    assert "access-control-allow-credentials" not in answer.headers
    asked = {"Origin": "https://x.example", "Access-Control-Request-Method": "PATCH"}
    preflight = await web.options(path, headers=asked)
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    allowed = preflight.headers["access-control-allow-headers"].split(", ")
    assert {"Authorization", "Content-Type", "Idempotency-Key"} <= set(allowed)
    assert preflight.headers["access-control-max-age"] == "86400"


async def test_pages_are_not_shared() -> None:
    web = client(Cors(answering(empty())))
    for path in ("/", "/oauth/authorize", "/auth/sign_in", "/apiary"):
        assert "access-control-allow-origin" not in (await web.get(path)).headers


async def test_pages_are_guarded() -> None:
    answer = await client(SecurityHeaders(answering(empty()), base_url=BASE)).get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "cross-origin-opener-policy" not in answer.headers
    plain = await client(SecurityHeaders(answering(empty()), base_url="http://localhost:8000")).get("/")
    assert "strict-transport-security" not in plain.headers


async def test_only_embeds_may_be_framed() -> None:
    app = SecurityHeaders(answering(empty()), base_url=BASE, media_origin="https://media.example")
    policy = (await client(app).get("/embed/x")).headers["content-security-policy"]
    assert policy.endswith("frame-ancestors *")
    assert "img-src 'self' https://media.example data:" in policy
    assert "'none'" in (await client(app).get("/embedded")).headers["content-security-policy"][-6:]


async def test_an_answer_keeps_its_own_header() -> None:
    own = content_security_policy(form_action="'self' https://client.example")
    response = Response(headers={"Content-Security-Policy": own, "Referrer-Policy": "no-referrer"})
    answer = await client(SecurityHeaders(answering(response), base_url=BASE)).get("/oauth/authorize")
    assert answer.headers.get_list("content-security-policy") == [own]
    assert answer.headers.get_list("referrer-policy") == ["no-referrer"]


async def test_a_request_has_an_id() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["state"]["request_id"] == request_id.get()
        await PlainTextResponse(request_id.get())(scope, receive, send)

    web = client(RequestId(app))
    first, second = [await web.get("/", headers={"X-Request-Id": "mine"}) for _ in range(2)]
    assert first.headers["x-request-id"] == first.text != second.text
    assert request_id.get() == "-"


async def test_noted_headers_go_with_any_answer() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        note_header(scope, "X-RateLimit-Limit", "300")
        raise errors.NotFound

    answer = await client(NotedHeaders(Errors(app))).get("/api/v1/x")
    assert (answer.status_code, answer.headers["x-ratelimit-limit"]) == (404, "300")


async def test_head_has_headers_and_no_body() -> None:
    web = client(Head(answering(json_response({"a": 1}))))
    answer = await web.head("/")
    assert (answer.content, answer.headers["content-length"]) == (b"", "7")
    assert (await web.get("/")).json() == {"a": 1}


async def test_websockets_and_lifespan_pass_untouched() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    whole = RequestId(
        ClientAddress(
            NotedHeaders(SecurityHeaders(Cors(Head(Errors(app))), base_url=BASE)), trusted=["127.0.0.1/32"]
        )
    )

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        raise AssertionError

    await whole({"type": "lifespan"}, receive, send)
    await whole({"type": "websocket", "path": "/", "headers": [], "client": ("::1", 1)}, receive, send)
    assert seen == ["lifespan", "websocket"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["6.6.6.6", "198.51.100.1, 10.1.2.3"], "198.51.100.1"),
        ("127.0.0.1", ["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
        ("127.0.0.1", ["198.51.100.1, rubbish"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("127.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("127.0.0.1", ["2001:DB8:0::1"], "2001:db8::1"),
        ("::ffff:127.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("::1", ["198.51.100.1"], "198.51.100.1"),
        ("unknown", ["198.51.100.1"], "unknown"),
    ],
)
async def test_the_client_is_the_last_whom_we_do_not_trust(
    peer: str, forwarded: list[str], expected: str
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert (scope["scheme"], dict(scope["headers"])[b"host"]) == ("https", b"garden.example")
        await PlainTextResponse(scope["client"][0])(scope, receive, send)

    trusted = ClientAddress(app, trusted=["127.0.0.1/32", "::1/128", "10.0.0.0/8"])
    headers = [("X-Forwarded-For", each) for each in forwarded]
    headers += [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "http")]
    assert (await client(trusted, peer).get("/", headers=headers)).text == expected


async def test_a_unix_socket_is_trusted() -> None:
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["client"])

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        raise AssertionError

    headers = [(b"x-forwarded-for", b"198.51.100.1")]
    await ClientAddress(app, trusted=[])({"type": "http", "client": None, "headers": headers}, receive, send)
    await ClientAddress(app, trusted=[])({"type": "http", "client": None, "headers": []}, receive, send)
    assert seen == [("198.51.100.1", 0), None]


def test_answers_in_json() -> None:
    assert json_response(b"[1]", 201, {"X-A": "b"}).body == b"[1]"
    assert json_response({"a": "é"}).body == '{"a":"é"}'.encode()
    assert empty().body == b"{}"


class Sender:
    """A client's side of a body: pieces on demand, counting those that were taken."""

    def __init__(self, pieces: int, size: int = 1024, *, headers: dict[str, str] | None = None) -> None:
        self.pieces = pieces
        self.size = size
        self.taken = 0
        self.headers = headers or {}

    def request(self) -> Request:
        raw = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        return Request({"type": "http", "method": "POST", "headers": raw}, self.receive)

    async def receive(self) -> Message:
        assert self.taken < self.pieces, "asked for more than was sent"
        self.taken += 1
        return {"type": "http.request", "body": bytes(self.size), "more_body": self.taken < self.pieces}


async def test_a_body_is_read_and_kept() -> None:
    request = Sender(4).request()
    assert len(await read_body(request, 4096)) == 4096
    assert len(await read_body(request, 4096)) == 4096
    with pytest.raises(errors.TooLarge):
        await read_body(request, 4095)
    assert [len(chunk) async for chunk in bodies.body_chunks(request, 4096)] == [4096]


@pytest.mark.parametrize("headers", [{}, {"content-length": "102400"}, {"content-length": "9" * 30}])
async def test_too_large_a_body_is_taken_to_its_end(headers: dict[str, str]) -> None:
    sender = Sender(100, headers=headers)
    with pytest.raises(errors.TooLarge, match="2048 bytes"):
        await read_body(sender.request(), 2048)
    assert sender.taken == 100


async def test_a_body_that_ends_at_the_limit_is_not_waited_for() -> None:
    sender = Sender(3)
    with pytest.raises(errors.TooLarge):
        await read_body(sender.request(), 2048)


async def test_what_is_thrown_away_is_bounded() -> None:
    sender = Sender(1000, 1024 * 1024, headers={"content-length": str(1000 * 1024 * 1024)})
    with pytest.raises(errors.TooLarge):
        await read_body(sender.request(), 2048)
    assert sender.taken == 16


async def test_who_asks_first_is_told_before_sending() -> None:
    sender = Sender(9, headers={"content-length": "9216", "expect": "100-continue"})
    with pytest.raises(errors.TooLarge):
        await read_body(sender.request(), 2048)
    assert sender.taken == 0


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_body_that_never_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SlowBody):
        await read_body(Request({"type": "http", "headers": []}, never), 10, seconds=0.01)
    monkeypatch.setattr(bodies, "DISCARD_SECONDS", 0.01)
    with pytest.raises(errors.TooLarge):
        await read_body(Request({"type": "http", "headers": [(b"content-length", b"99")]}, never), 10)


async def test_a_connection_that_ends_is_a_bad_request() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(errors.BadRequest, match="ended"):
        await read_body(Request({"type": "http", "headers": []}, gone), 10)


async def test_413_is_readable_over_http() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(Request(scope, receive), 1000)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield bytes(1000)

    answer = await client(Errors(app)).post("/inbox", content=pieces())
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert "at most 1000 bytes" in answer.json()["error"]


def test_the_log_is_quiet_about_errors_that_are_meant(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "fediserver"):
        asyncio.run(_ask(Errors(raising(errors.NotFound()))))
    assert not [record for record in caplog.records if record.name.startswith("fediserver")]


async def _ask(app: ASGIApp) -> None:
    await client(app).get("/api/v1/x")
