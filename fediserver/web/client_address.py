"""Whose request it is when proxies stand in between."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

_HOPS = 32


def address_of(connection: HTTPConnection) -> str:
    """The client's own address, as ClientAddress has found it; '' when it is not known."""
    return connection.client.host if connection.client else ""


class ClientAddress:
    """Puts the client's own address into `scope["client"]` when trusted proxies forwarded the request.

    `trusted` are networks (CIDR). X-Forwarded-For is read from the right up to the first address that is
    not trusted. Scheme and host stay as they are: the base URL comes from the configuration alone.
    """

    def __init__(self, app: ASGIApp, *, trusted: Iterable[str]) -> None:
        self.app = app
        networks = tuple(ipaddress.ip_network(each, strict=False) for each in trusted)

        @lru_cache(4096)
        def is_trusted(address: str) -> bool:
            parsed = ipaddress.ip_address(address)
            return any(parsed in network for network in networks)

        self._is_trusted = is_trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its client's address."""
        if scope["type"] in ("http", "websocket"):
            scope["client"] = self._client(scope)
        await self.app(scope, receive, send)

    def _client(self, scope: Scope) -> tuple[str, int] | None:
        peer: tuple[str, int] | None = scope.get("client")
        # Without an address the peer came through a Unix socket, which only a local proxy can open.
        address = _address(peer[0]) if peer else None
        if peer and (address is None or not self._is_trusted(address)):
            return (address, peer[1]) if address else peer
        forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        for item in reversed(forwarded.decode("latin-1").split(",")[-_HOPS:] if forwarded else []):
            hop = _address(item)
            if hop is None:
                break
            address = hop
            if not self._is_trusted(hop):
                break
        if address is None:
            return peer
        return (address, peer[1] if peer and address == _address(peer[0]) else 0)


@lru_cache(4096)
def _address(text: str) -> str | None:
    """An address from a peer or X-Forwarded-For, without port, brackets and zone; None when it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)
