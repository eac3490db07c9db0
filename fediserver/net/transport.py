"""Exchanges on the wire, by aiohttp: a tenth of the CPU time of httpx's own transport.

aiohttp's session is used with ready-made URLs, since it would rewrite escapes (`%40` to `@`): what is sent
would not be what was signed.
"""

import base64
import errno
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import cached_property, lru_cache
from typing import Protocol

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from yarl import URL

from fediserver.errors import Unreachable
from fediserver.net.guard import Target

CONNECT_SECONDS = 5.0
# Longer than the pauses in a busy exchange, shorter than what most servers grant an idle connection.
KEEP_ALIVE_SECONDS = 20.0
NAME_CACHE_SECONDS = 30
# Content-Security-Policy and Link headers of large servers pass aiohttp's 8 kB.
HEADER_BYTES = 16_384

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)


class Answer(Protocol):
    """The head of an answer, and its body as it comes."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> httpx.Headers:
        """The headers, names in any case."""

    def pieces(self) -> AsyncIterator[bytes]:
        """The body as sent; Unreachable when it breaks off."""


class Transport(Protocol):
    """Sends a request as it is: no cookies, redirects or decompression.

    Its caller sets the time limit, and the headers Accept, Accept-Encoding and User-Agent, with a body
    Content-Type: what is left out may be added.
    """

    def exchange(
        self, method: str, target: Target, headers: Mapping[str, str], body: bytes
    ) -> AbstractAsyncContextManager[Answer]:
        """One request and its answer, whose connection is given back at the end; Unreachable without one."""

    async def aclose(self) -> None:
        """Close every connection."""


class AiohttpTransport:
    """A Transport with connections of its own; `per_host` counts those to one host and port."""

    def __init__(
        self,
        *,
        resolver: AbstractResolver,
        tls: ssl.SSLContext,
        proxy: str | None = None,
        total: int = 400,
        per_host: int = 4,
    ) -> None:
        self._resolver = resolver
        self._tls = tls
        self._total = total
        self._per_host = per_host
        self._proxy, self._proxy_headers = _proxy(proxy)
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def exchange(
        self, method: str, target: Target, headers: Mapping[str, str], body: bytes
    ) -> AsyncIterator[Answer]:
        """As Transport says."""
        with _translated(target.host):
            answer = await self._opened().request(
                method,
                _as_it_is(target.url),
                headers=headers,
                data=body or None,
                allow_redirects=False,
                proxy=self._proxy,
                proxy_headers=self._proxy_headers,
            )
        try:
            yield _Answer(answer, target.host)
        finally:
            # A body that was read whole leaves its connection to the next request; any other ends it.
            answer.release()

    async def aclose(self) -> None:
        """As Transport says."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        # Made at the first request: aiohttp binds to the loop that runs then.
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=self._resolver,
                ssl=self._tls,
                limit=self._total,
                limit_per_host=self._per_host,
                keepalive_timeout=KEEP_ALIVE_SECONDS,
                ttl_dns_cache=NAME_CACHE_SECONDS,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=_TIMEOUT,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                max_line_size=HEADER_BYTES,
                max_field_size=HEADER_BYTES,
            )
        return self._session


class _Answer:
    def __init__(self, answer: aiohttp.ClientResponse, host: str) -> None:
        self._answer = answer
        self._host = host
        self.status = answer.status

    @cached_property
    def headers(self) -> httpx.Headers:
        return httpx.Headers(list(self._answer.raw_headers))

    async def pieces(self) -> AsyncIterator[bytes]:
        with _translated(self._host):
            async for piece in self._answer.content.iter_any():
                yield piece


@lru_cache(maxsize=4096)
def _as_it_is(url: str) -> URL:
    return URL(url, encoded=True)


def _proxy(address: str | None) -> tuple[URL | None, dict[str, str] | None]:
    if address is None:
        return None, None
    url = URL(address)
    if url.user is None:
        return url, None
    login = base64.b64encode(f"{url.user}:{url.password or ''}".encode()).decode()
    return url.with_user(None), {"Proxy-Authorization": f"Basic {login}"}


@contextmanager
def _translated(host: str) -> Iterator[None]:
    """Turn aiohttp's exceptions into Unreachable, with a text that says what happened."""
    try:
        yield
    except (aiohttp.ClientError, ValueError) as error:
        raise Unreachable(f"{host}: {_said(error)}") from error


def _said(error: Exception) -> str:
    match error:
        case aiohttp.ClientSSLError():
            return f"TLS failed: {error}"
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            return f"the outbound proxy failed: {error}"
        case aiohttp.ConnectionTimeoutError():
            return f"no connection within {CONNECT_SECONDS:.0f} s"
        case aiohttp.ClientConnectorError():
            return f"no connection: {_why(error.os_error)}"
        case aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError():
            return f"the connection broke off: {error}"
    return f"the answer is not valid HTTP: {error}"


def _why(problem: OSError) -> str:
    """Why a connection could not be made, in one sentence, however many addresses were tried."""
    match problem.errno:
        case errno.ECONNREFUSED:
            return "nobody listens there"
        case errno.EHOSTUNREACH | errno.ENETUNREACH:
            return "no way leads there from here"
        case errno.ETIMEDOUT:
            return "no answer"
    text = problem.strerror or str(problem)
    # So aiohappyeyeballs tells of several addresses with a problem each.
    return "none of its addresses can be reached" if text.startswith("Multiple exceptions") else text
