"""A Transport made of one of httpx's: for nodes within one process, which need no sockets."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from fediserver.errors import Unreachable
from fediserver.net.guard import Target
from fediserver.net.transport import Answer


class LentTransport:
    """Speaks through `httpx.ASGITransport`, a mock, or whatever it is given."""

    def __init__(self, lent: httpx.AsyncBaseTransport) -> None:
        self._lent = lent

    @asynccontextmanager
    async def exchange(
        self, method: str, target: Target, headers: Mapping[str, str], body: bytes
    ) -> AsyncIterator[Answer]:
        """As Transport says."""
        request = httpx.Request(method, target.wire, headers=dict(headers), content=body or None)
        try:
            answer = await self._lent.handle_async_request(request)
        except httpx.HTTPError as error:
            raise Unreachable(f"{target.host}: {error}") from error
        try:
            yield _Answer(answer, target.host)
        finally:
            await answer.aclose()

    async def aclose(self) -> None:
        """As Transport says."""
        await self._lent.aclose()


class _Answer:
    def __init__(self, answer: httpx.Response, host: str) -> None:
        self._answer = answer
        self._host = host
        self.status = answer.status_code
        self.headers = answer.headers

    async def pieces(self) -> AsyncIterator[bytes]:
        # Not `aiter_raw`, which refuses the ready-made responses of a mock.
        if not isinstance(self._answer.stream, httpx.AsyncByteStream):
            raise TypeError("the transport is not an asynchronous one")
        try:
            async for piece in self._answer.stream:
                yield piece
        except httpx.HTTPError as error:
            raise Unreachable(f"{self._host}: {error}") from error
