"""httpx on aiohttp's connections: a tenth of the CPU time of httpx's own transport.

Our own rather than the package httpx-aiohttp, which lets aiohttp rewrite escapes in the URL
(`%40` to `@`): what is sent would not be what was signed.
"""

import base64
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from yarl import URL

CONNECT_SECONDS = 5.0
# Longer than the pauses in a busy exchange, shorter than what most servers grant an idle connection.
KEEP_ALIVE_SECONDS = 20.0
NAME_CACHE_SECONDS = 30
# Content-Security-Policy and Link headers of large servers pass aiohttp's 8 kB.
HEADER_BYTES = 16_384

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
_AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends each request as it is: no cookies, redirects or decompression, nothing from the environment.

    Its caller sets the time limit. `per_host` counts connections to one host and port.
    """

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

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange; httpx.TransportError with a readable text when it fails."""
        body = await request.aread()
        with _translated():
            answer = await self._opened().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=request.headers.multi_items(),
                data=body or None,
                allow_redirects=False,
                proxy=self._proxy,
                proxy_headers=self._proxy_headers,
            )
        return httpx.Response(
            answer.status, headers=answer.raw_headers, stream=_Body(answer), request=request
        )

    async def aclose(self) -> None:
        """Close every connection."""
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
                skip_auto_headers=_AUTOMATIC,
                auto_decompress=False,
                trust_env=False,
                max_line_size=HEADER_BYTES,
                max_field_size=HEADER_BYTES,
            )
        return self._session


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            async for piece in self._answer.content.iter_any():
                yield piece

    async def aclose(self) -> None:
        # A body that was read whole leaves its connection to the next request; any other ends it.
        self._answer.release()


def _proxy(address: str | None) -> tuple[URL | None, dict[str, str] | None]:
    if address is None:
        return None, None
    url = URL(address)
    if url.user is None:
        return url, None
    login = base64.b64encode(f"{url.user}:{url.password or ''}".encode()).decode()
    return url.with_user(None), {"Proxy-Authorization": f"Basic {login}"}


@contextmanager
def _translated() -> Iterator[None]:
    """Turn aiohttp's exceptions into httpx's, with a text that says what happened."""
    try:
        yield
    except aiohttp.ClientSSLError as error:
        raise httpx.ConnectError(f"TLS failed: {error}") from error
    except (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError) as error:
        raise httpx.ProxyError(f"the outbound proxy failed: {error}") from error
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout(f"no connection within {CONNECT_SECONDS:.0f} s") from error
    except aiohttp.ClientConnectorError as error:
        raise httpx.ConnectError(f"no connection: {error.strerror or error}") from error
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
        raise httpx.ReadError(f"the connection broke off: {error}") from error
    except (aiohttp.ClientError, ValueError) as error:
        raise httpx.RemoteProtocolError(f"the answer is not valid HTTP: {error}") from error
