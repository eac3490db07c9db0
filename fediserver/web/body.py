"""Reading bodies: bounded in size and time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

from starlette.requests import Request
from starlette.types import Receive

from fediserver.errors import BadRequest, TooLarge

SECONDS = 60
"""How long a body may take, unless said otherwise."""

DISCARD = 16 * 1024 * 1024
DISCARD_SECONDS = 10

_KEPT = "fediserver.body"


class SlowBody(BadRequest):
    """A body did not arrive in time (400); the connection is closed after the answer."""


async def read_body(request: Request, limit: int, *, seconds: float = SECONDS) -> bytes:
    """The whole body, at most `limit` bytes; kept, so that it can be asked for again.

    Raises TooLarge (413) above the limit and BadRequest when it does not arrive whole and in time.
    """
    body: bytes | None = request.scope.get(_KEPT)
    if body is None:
        body = b"".join([chunk async for chunk in body_chunks(request, limit, seconds=seconds)])
        request.scope[_KEPT] = body
    if len(body) > limit:
        raise _too_large(limit)
    return body


async def body_chunks(
    request: Request, limit: int, *, seconds: float = SECONDS
) -> AsyncGenerator[bytes, None]:
    """The body as it arrives; raises as `read_body` does, in its course.

    A sender that is cut off in the middle of its body sees a broken connection and no answer, so up to
    16 MiB more are taken and thrown away, for 10 s at most, before TooLarge is raised.
    """
    kept: bytes | None = request.scope.get(_KEPT)
    if kept is not None:
        if len(kept) > limit:
            raise _too_large(limit)
        yield kept
        return
    receive = request.receive
    if _declared(request) > limit:
        # Whoever waits for 100 Continue has sent nothing yet and reads the answer at once.
        if request.headers.get("expect", "").lower() != "100-continue":
            await _discard(receive)
        raise _too_large(limit)
    deadline = asyncio.get_running_loop().time() + seconds
    size = 0
    more = True
    while more:
        chunk, more = await _next(receive, deadline)
        size += len(chunk)
        if size > limit:
            if more:
                await _discard(receive)
            raise _too_large(limit)
        if chunk:
            yield chunk


def has_body(request: Request) -> bool:
    """Whether the request carries a body at all (RFC 9112, section 6.3)."""
    for name, value in request.scope["headers"]:
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            return True
    return False


def _declared(request: Request) -> int:
    """Content-Length; 0 when it is not said or cannot be read, then the bytes are counted."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


async def _next(receive: Receive, deadline: float) -> tuple[bytes, bool]:
    """A piece of the body and whether more follow."""
    try:
        async with asyncio.timeout_at(deadline):
            message = await receive()
    except TimeoutError:
        raise SlowBody("The body did not arrive in time; send it again over a faster connection") from None
    if message["type"] != "http.request":
        raise BadRequest("The connection ended before the body did")
    return message.get("body", b""), message.get("more_body", False)


async def _discard(receive: Receive) -> None:
    """Take what is still coming, up to a bound, and keep nothing."""
    deadline = asyncio.get_running_loop().time() + DISCARD_SECONDS
    left = DISCARD
    more = True
    with suppress(BadRequest):
        while more and left > 0:
            chunk, more = await _next(receive, deadline)
            left -= len(chunk)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"This is too large: at most {limit} bytes are taken here")
