"""Every answer of the client API that a test receives: checked, and entered in a ledger of endpoints."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx

from fediserver.web import openapi
from fediserver.web.api.routes import ROUTES
from fediserver.web.router import Match, Route, Router
from tests.api_document import check_documented
from tests.entity_checker import check_answer

Line = tuple[str, str, str]
"""An endpoint, an engine, and what was seen there: a status, or PAGED for an answer to a cursor."""

PAGED = "paged"
ENGINES = ("postgres", "sqlite")
seen: set[Line] = set()

_router = Router(openapi.declared())
_CURSORS = ("max_id", "min_id", "since_id", "offset")
# tests/web/streaming reads its endpoints from real sockets, tests/web/test_by_mail.py sends mail; nothing translates.
_ELSEWHERE = (
    "/api/v1/streaming",
    "/api/v1/statuses/{status_id}/translate",
    "/api/v1/emails/confirmations",
)
# A tag that nobody has used is a tag with no posts.
_NEVER_MISSING = ("/api/v1/timelines/tag/{hashtag}",)


def heard_from(engine: str) -> Callable[[httpx.Response], Awaitable[None]]:
    """A hook for the clients of a node on that engine."""

    async def heard(response: httpx.Response) -> None:
        endpoint = _endpoint(response.request)
        kind = response.headers.get("content-type", "").partition(";")[0]
        if endpoint is None or kind == "text/event-stream":
            return
        body = await response.aread()
        if body and kind == "application/json":
            check_answer(response.request.method, response.request.url.path, response.status_code, body)
        check_documented(response)
        seen.add((endpoint, engine, str(response.status_code)))
        if response.status_code == 200 and any(name in response.request.url.params for name in _CURSORS):
            seen.add((endpoint, engine, PAGED))

    return heard


def holes(lines: set[Line]) -> Iterator[str]:
    """What a whole run should have seen of the client API, and has not."""
    for route in ROUTES:
        endpoint: Any = route.endpoint
        if route.path.startswith(_ELSEWHERE) or endpoint.function.__module__.endswith(".absent"):
            continue
        name = _name(route)
        for engine in ENGINES:
            answers = {what for where, on, what in lines if (where, on) == (name, engine)}
            if not any(answer.startswith("2") for answer in answers):
                yield f"{name} has succeeded in no test on {engine}"
            if "{" in route.path and "404" not in answers and route.path not in _NEVER_MISSING:
                yield f"{name} was asked in no test for what is not there, on {engine}"
            if endpoint.size is not None and PAGED not in answers:
                yield f"{name} was turned to another page in no test on {engine}"
            if endpoint.takes is not None and route.method != "GET" and not answers & {"400", "422"}:
                yield f"{name} was given nothing wrong in any test on {engine}"


def _endpoint(request: httpx.Request) -> str | None:
    found = _router.match(request.method, request.url.raw_path.decode().partition("?")[0])
    return _name(found.route) if isinstance(found, Match) else None


def _name(route: Route) -> str:
    return f"{route.method} {openapi.address(route)}"
