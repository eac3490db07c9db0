"""Asking other servers: bounded in addresses, size, redirects and time."""

import asyncio
import os
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from typing import Self

import httpx
import msgspec

from fediserver import __version__
from fediserver.errors import ConfigError, Refused, TooLarge, Unreachable
from fediserver.net.guard import (
    DEFAULT_PORTS,
    HTTPS_ONLY,
    AddressGuard,
    Network,
    Target,
    UrlPolicy,
    check_url,
)
from fediserver.net.lent import LentTransport
from fediserver.net.resolver import GuardedResolver, Lookup, SystemLookup
from fediserver.net.tls import client_context
from fediserver.net.transport import AiohttpTransport, Answer, Transport

MIB = 1 << 20
ANSWER_BYTES = 65_536
"""How much of the answer to a POST is kept; it is read by people only."""
TOTAL_SECONDS = 30.0
ANSWER_SECONDS = 5.0
MAX_REDIRECTS = 3
CONNECTIONS = 400
# Two for the host's delivery lane, two for fetches beside it.
CONNECTIONS_PER_HOST = 4

Signer = Callable[[str], Mapping[str, str]]
"""Answers the headers that sign a GET of this very URL."""


class Reach(Enum):
    """What a request is for: to speak with a server that federates, or with any other, such as one with a page."""

    PEER = "peer"
    WEB = "web"


Admit = Callable[[str, Reach], Awaitable[None]]
"""Raises Refused when a host (host or host:port) may not be asked; the client asks it before every request."""


async def everybody(_host: str, _reach: Reach) -> None:
    """Admits every host."""


_EVERYWHERE = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Made for one host: the next one has no business with them.
_BOUND_HEADERS = frozenset({"authorization", "cookie", "host", "signature", "signature-input"})


class Reply(msgspec.Struct, frozen=True):
    """What a server answered; `url` is the one that answered, `redirected_from` those before it, in order."""

    status: int
    url: str
    headers: httpx.Headers
    body: bytes
    redirected_from: tuple[str, ...] = ()


class Receipt(msgspec.Struct, frozen=True):
    """What a server said to a POST: the status, and the beginning of the rest for people to read."""

    status: int
    body: bytes


class Client:
    """The node's one HTTP client; make it once, inside or outside the event loop, and close it with `aclose`.

    `base_url` decides whether plain http is spoken (CONTRACT.md) and is named in User-Agent.
    With a `proxy` (http or https URL) names are resolved by the proxy, which then has to refuse
    private networks itself; only https on its usual port goes through it. `admit` is asked for the host
    of every request, those that a redirect leads to included. `transport`, `lookup` and `tls` are for tests.
    """

    def __init__(
        self,
        *,
        base_url: str,
        allowed: Sequence[Network] = (),
        proxy: str | None = None,
        admit: Admit = everybody,
        transport: httpx.AsyncBaseTransport | None = None,
        lookup: Lookup | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._guard = AddressGuard(allowed)
        self._policy = HTTPS_ONLY if proxy else UrlPolicy.of_node(base_url)
        self._proxied = proxy is not None
        self._admit = admit
        self._own_lookup: SystemLookup | None = None
        self._transports: Mapping[str, Transport]
        if transport is None:
            tls = tls or client_context(os.environ.get("SSL_CERT_FILE"))
            if lookup is None:
                lookup = self._own_lookup = SystemLookup()
            if proxy is None:
                self._transports = {
                    scheme: self._guarded(scheme, lookup, tls) for scheme in self._policy.schemes
                }
            else:
                self._transports = {"https": _through(proxy, lookup, tls)}
        else:
            self._transports = dict.fromkeys(self._policy.schemes, LentTransport(transport))
        self._headers = {
            "user-agent": f"fediserver/{__version__} (+{base_url})",
            "accept": "*/*",
            "accept-encoding": "gzip",
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            await transport.aclose()
        if self._own_lookup is not None:
            self._own_lookup.close()

    def target(self, url: str) -> Target:
        """The URL as `post` sends it, to be signed so; Refused("ssrf") if it may not be asked."""
        target = check_url(url, self._policy)
        if target.address is not None:
            objection = self._guard.objection(target.address, scheme=target.scheme, port=target.port)
            if objection is not None:
                raise Refused("ssrf", objection)
        elif self._proxied and target.port != DEFAULT_PORTS[target.scheme]:
            raise Refused(
                "ssrf", f"port {target.port} of {target.host} is not asked through the outbound proxy"
            )
        return target

    async def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        limit: int = MIB,
        seconds: float = TOTAL_SECONDS,
        sign: Signer | None = None,
        reach: Reach = Reach.PEER,
    ) -> Reply:
        """GET, following up to three redirects; `limit` bounds the decoded body in bytes, `seconds` it all.

        `sign` is asked for each hop's headers. Any status is a Reply. Unreachable when there is
        none, TooLarge when the body is over the limit, Refused("ssrf") when an address may not be asked,
        what `admit` raises when its host may not.
        """
        target = self.target(url)
        sent = dict(headers or {})
        passed: list[str] = []
        async with _deadline(target.host, seconds):
            while True:
                await self._admit(target.peer, reach)
                signed = {**sent, **(sign(target.url) if sign else {})}
                async with self._exchange("GET", target, signed, b"") as answer:
                    location = answer.headers.get("location") if answer.status in _REDIRECTS else None
                    if location is None:
                        body = await _whole(answer, target.host, limit)
                        return Reply(answer.status, target.url, answer.headers, body, tuple(passed))
                passed.append(target.url)
                target = self._next(target, location, passed)
                sent = {name: value for name, value in sent.items() if name.lower() not in _BOUND_HEADERS}

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        seconds: float = TOTAL_SECONDS,
        reach: Reach = Reach.PEER,
    ) -> Receipt:
        """POST once, without following redirects; at most 64 KiB of the answer are kept.

        Once there is a status it counts, even if the rest of the answer never comes. Errors as for `get`.
        """
        target = self.target(url)
        await self._admit(target.peer, reach)
        async with (
            _deadline(target.host, seconds),
            self._exchange("POST", target, headers or {}, body) as answer,
        ):
            return Receipt(answer.status, await _beginning(answer))

    def _exchange(
        self, method: str, target: Target, headers: Mapping[str, str], body: bytes
    ) -> AbstractAsyncContextManager[Answer]:
        given = {name.lower(): value for name, value in headers.items()}
        return self._transports[target.scheme].exchange(method, target, {**self._headers, **given}, body)

    def _next(self, here: Target, location: str, passed: list[str]) -> Target:
        """Where a redirect leads, checked like the first URL."""
        if len(passed) > MAX_REDIRECTS:
            raise Unreachable(f"{here.host}: more than {MAX_REDIRECTS} redirects")
        try:
            joined = str(here.wire.join(location))
        except (httpx.InvalidURL, ValueError) as error:
            raise Unreachable(f"{here.host}: redirects to {location[:80]!r}, which is no URL") from error
        target = self.target(joined)
        if target.url in passed:
            raise Unreachable(f"{here.host}: redirects in a circle")
        return target

    def _guarded(self, scheme: str, lookup: Lookup, tls: ssl.SSLContext) -> AiohttpTransport:
        resolver = GuardedResolver(self._guard, scheme=scheme, lookup=lookup)
        return AiohttpTransport(resolver=resolver, tls=tls, total=CONNECTIONS, per_host=CONNECTIONS_PER_HOST)


def _through(proxy: str, lookup: Lookup, tls: ssl.SSLContext) -> AiohttpTransport:
    if not proxy.startswith(("http://", "https://")):
        raise ConfigError("The outbound proxy must be an http:// or https:// URL")
    # Only the proxy's own name is resolved here, and the owner chose it.
    resolver = GuardedResolver(AddressGuard(_EVERYWHERE), scheme="https", lookup=lookup)
    return AiohttpTransport(resolver=resolver, tls=tls, proxy=proxy, total=CONNECTIONS, per_host=CONNECTIONS)


@asynccontextmanager
async def _deadline(host: str, seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise Unreachable(f"{host}: no whole answer within {seconds:g} s") from error


async def _whole(answer: Answer, host: str, limit: int) -> bytes:
    """The decoded body; neither the bytes received nor what they unpack to may pass the limit."""
    too_large = f"{host}: the answer is larger than {limit} bytes"
    declared = answer.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise TooLarge(too_large)
    unpack = _unpacker(answer, host)
    received = 0
    body = bytearray()
    async for piece in answer.pieces():
        received += len(piece)
        try:
            body += unpack(piece, limit - len(body) + 1)
        except zlib.error as error:
            raise Unreachable(f"{host}: the answer cannot be unpacked ({error})") from error
        if received > limit or len(body) > limit:
            raise TooLarge(too_large)
    return bytes(body)


def _unpacker(answer: Answer, host: str) -> Callable[[bytes, int], bytes]:
    """A function that decodes a piece into at most so many bytes; the caller gives up when they are full."""
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return lambda piece, _: piece
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Unreachable(f"{host}: answers in an encoding that was not asked for ({encoding[:40]})")
    # 32: the header tells gzip from zlib.
    return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress


async def _beginning(answer: Answer) -> bytes:
    """What comes of the answer in a few seconds, as sent, up to the bound."""
    body = bytearray()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            async for piece in answer.pieces():
                body += piece
                if len(body) >= ANSWER_BYTES:
                    break
    except (Unreachable, TimeoutError):
        pass
    return bytes(body[:ANSWER_BYTES])
