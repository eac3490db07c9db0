"""What every request passes through: small pieces of pure ASGI middleware.

From the outside in: NotedHeaders, RequestId, ClientAddress (client_address.py), SecurityHeaders, Cors,
NoAccess (no_access.py), Head, Errors.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fediserver import errors
from fediserver.db.database import Away
from fediserver.web.body import SlowBody
from fediserver.web.responses import json_response

log = logging.getLogger(__name__)

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that is being answered, for the log."""

_NOTED = "fediserver.noted_headers"

_STATUS: dict[type[errors.FediserverError], int] = {
    errors.Ignored: 202,
    errors.BadRequest: 400,
    errors.Unauthorised: 401,
    errors.Forbidden: 403,
    errors.Refused: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.Invalid: 422,
    errors.TooMany: 429,
    errors.Unavailable: 503,
    errors.Unreachable: 503,
}
_AWAY = "The database of this node does not answer at the moment; try again in a few seconds"
_AWAY_SECONDS = 5
_FAULT = "Something went wrong here; it was logged, so please try again later"

# Errors under these are for programs, whatever they accept.
_PROGRAMS = (
    "/api/",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/introspect",
    "/oauth/userinfo",
    "/.well-known/",
    "/nodeinfo/",
    "/invite/",
    "/inbox",
    "/health",
    "/metrics",
)

# Documents of the network: a page only for who asks for one, since servers often accept anything.
_DOCUMENTS = ("/users/", "/activities/", "/contexts/", "/actor")

# Mastodon's list, and pictures: Phanpy loads them with crossorigin.
_CORS_PATHS = ("/api/", "/.well-known/", "/nodeinfo/", "/media/", "/static/")
_CORS_EXACT = frozenset({"/oauth/token", "/oauth/revoke", "/oauth/userinfo"})
_EXPOSED = (
    "Link, Mastodon-Async-Refresh, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"
)
_PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    # A wildcard would not cover Authorization (Fetch standard, CORS-safelisted names).
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Accept, Accept-Language, "
    "Cache-Control, If-None-Match, If-Modified-Since, Last-Event-ID, Range, User-Agent, X-Requested-With",
    "Access-Control-Expose-Headers": _EXPOSED,
    "Access-Control-Max-Age": "86400",
}
_CORS_HEADERS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _EXPOSED.encode()),
)

ErrorPage = Callable[[Request, int, str], Awaitable[Response]]
"""Renders the page that tells a person of an error: request, status, text."""


class Errors:
    """Turns what endpoints raise into answers: JSON for programs, `page` for people.

    Faults of ours are logged under the request's id and answered 500 without details. An error in the
    middle of an answer goes on to the server, which cuts the connection: the client sees it is not whole.
    """

    def __init__(self, app: ASGIApp, page: ErrorPage | None = None) -> None:
        self.app = app
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer for what is raised."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            if started:
                raise
            response = await self._answer(Request(scope, receive), error)
            await response(scope, receive, send)

    async def _answer(self, request: Request, error: Exception) -> Response:
        status, text = status_and_text(error)
        if isinstance(error, Away):
            log.warning("request %s: the database does not answer: %s", request_id.get(), error)
        elif status == 500:
            path = request.scope["path"]
            log.error("request %s: %s %r failed", request_id.get(), request.method, path, exc_info=error)
        response = None
        if self.page is not None and _wants_page(request):
            try:
                response = await self.page(request, status, text)
            except Exception:
                log.exception("request %s: the page for an error failed", request_id.get())
        if response is None:
            response = _error_json(status, text, error)
        for name, value in _error_headers(request, status, error).items():
            response.headers[name] = value
        return response


class Cors:
    """Lets scripts of any site read the public interfaces, and answers OPTIONS there; never with cookies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or add the headers."""
        if scope["type"] != "http" or not _is_shared(scope["path"]):
            await self.app(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
        else:
            await self.app(scope, receive, _with(scope, send, _CORS_HEADERS))


class SecurityHeaders:
    """Adds what browsers are told to refuse; a header that the answer has already is left alone.

    No Cross-Origin-Opener-Policy: Phanpy signs in through a popup and would never hear of it.
    """

    def __init__(self, app: ASGIApp, *, base_url: str, media_origin: str = "") -> None:
        self.app = app
        common = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        }
        if base_url.startswith("https:"):
            common["Strict-Transport-Security"] = "max-age=31536000"
        framed = content_security_policy(media_origin=media_origin, frame_ancestors="*")
        self._pages = _raw(
            {**common, "Content-Security-Policy": content_security_policy(media_origin=media_origin)}
        )
        self._embeds = _raw({**common, "Content-Security-Policy": framed})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the headers go with its answer."""
        if scope["type"] == "http":
            headers = self._embeds if scope["path"].startswith("/embed/") else self._pages
            send = _with(scope, send, headers)
        await self.app(scope, receive, send)


class RequestId:
    """Gives every request an id: `scope["state"]["request_id"]`, `request_id` for logs, X-Request-Id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under a new id."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        made = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = made
        previous = request_id.set(made)
        try:
            await self.app(scope, receive, _with(scope, send, ((b"x-request-id", made.encode()),)))
        finally:
            request_id.reset(previous)


class NotedHeaders:
    """Adds what `note_header` and the middleware within asked for to whatever the answer is, an error included.

    Outermost, it saves each of them a wrapper around `send`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a list to note headers in."""
        if scope["type"] == "http":
            noted: list[tuple[bytes, bytes]] = []
            scope[_NOTED] = noted
            send = _adding(send, noted)
        await self.app(scope, receive, send)


class Head:
    """Answers HEAD as GET, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and drop the body of its answer."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app(scope, receive, without_body)


def note_header(scope: Scope, name: str, value: str) -> None:
    """Have a header sent with the answer to this request, whoever writes it (needs NotedHeaders)."""
    scope.setdefault(_NOTED, []).append((name.lower().encode("latin-1"), value.encode("latin-1")))


def content_security_policy(
    *, form_action: str = "'self'", frame_ancestors: str = "'none'", media_origin: str = ""
) -> str:
    """The policy of our pages: no script, nothing from elsewhere but media from `media_origin`.

    An authorize page sends its own, with the client's redirect address in `form_action`.
    """
    media = f"'self' {media_origin}".rstrip()
    return (
        f"default-src 'none'; style-src 'self'; font-src 'self'; img-src {media} data:; media-src {media}; "
        f"base-uri 'none'; form-action {form_action}; frame-ancestors {frame_ancestors}"
    )


def status_and_text(error: Exception) -> tuple[int, str]:
    """Status and text for an exception; 500 for what nobody meant to raise."""
    if isinstance(error, HTTPException):
        return error.status_code, error.detail
    if isinstance(error, ClientDisconnect):
        return 400, "The connection ended before the body did"
    if isinstance(error, Away):
        return 503, _AWAY
    for kind in type(error).__mro__:
        status = _STATUS.get(kind)
        if status is not None:
            return status, str(error) or HTTPStatus(status).phrase
    return 500, _FAULT


def error_answer(error: Exception) -> Response:
    """The answer to a program for what is raised before this middleware could see it."""
    status, text = status_and_text(error)
    return _error_json(status, text, error)


def _error_json(status: int, text: str, error: Exception) -> Response:
    body: dict[str, object] = {"error": text}
    if isinstance(error, errors.Invalid) and error.details:
        body["details"] = {
            field: [{"error": code, "description": description} for code, description in found]
            for field, found in error.details.items()
        }
    return json_response(body, status)


def _error_headers(request: Request, status: int, error: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(error, HTTPException):
        headers.update(error.headers or {})
    if isinstance(error, errors.TooMany | errors.Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Away):
        headers["Retry-After"] = str(_AWAY_SECONDS)
    if isinstance(error, errors.TooLarge | SlowBody):
        headers["Connection"] = "close"
    if status == 401 and request.scope["path"].startswith(("/api/", "/oauth/")):
        headers["WWW-Authenticate"] = 'Bearer realm="fediserver"'
    return headers


def _wants_page(request: Request) -> bool:
    """Whether an error is to be read by a person: not under an interface, and JSON is not asked for."""
    path: str = request.scope["path"]
    if path.startswith(_PROGRAMS):
        return False
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted or ("json" not in accepted and not path.startswith(_DOCUMENTS))


def _is_shared(path: str) -> bool:
    return path.startswith(_CORS_PATHS) or path.removesuffix("/") in _CORS_EXACT


def _raw(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())


def _with(scope: Scope, send: Send, headers: Sequence[tuple[bytes, bytes]]) -> Send:
    """A `send` that adds headers; where NotedHeaders stands outside, it adds these along with the others."""
    if _NOTED in scope:
        scope[_NOTED].extend(headers)
        return send
    return _adding(send, headers)


def _adding(send: Send, headers: Sequence[tuple[bytes, bytes]]) -> Send:
    """A `send` that adds headers to the answer, but for those that it has."""

    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            carried = list(message.get("headers", ()))
            present = {name.lower() for name, _ in carried}
            carried.extend(header for header in headers if header[0] not in present)
            message = {**message, "headers": carried}
        await send(message)

    return add
