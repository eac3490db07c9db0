"""Which URLs and addresses outbound requests may reach: the guard against server-side request forgery."""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx
import msgspec

from fediserver.errors import Refused
from fediserver.models.uris import host as host_of

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

URL_LENGTH = 4096
DEFAULT_PORTS = {"https": 443, "http": 80}

# IANA special-purpose registry for IPv4: nothing here is a server of the public internet.
_REFUSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# IPv6 is the other way round: only this range is handed out to the public internet.
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = (
    IPv6Network("2001::/23"),  # protocol assignments: Teredo, benchmarking, ORCHID
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("3fff::/20"),  # documentation
)
_SIX_TO_FOUR = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_AUTHORITY = re.compile(r"(https?)://(\[[^\[\]]*\]|[^\[\]@:/?#]+)(?::([0-9]{1,5}))?(?=[/?#]|$)")


class UrlPolicy(msgspec.Struct, frozen=True):
    """Which schemes may be asked."""

    schemes: frozenset[str]

    @classmethod
    def of_node(cls, base_url: str) -> "UrlPolicy":
        """https, and http too when our base URL is plain http: the guard keeps that to allowed networks."""
        return WITH_PLAIN_HTTP if base_url.lower().startswith("http://") else HTTPS_ONLY


HTTPS_ONLY = UrlPolicy(frozenset({"https"}))
WITH_PLAIN_HTTP = UrlPolicy(frozenset({"https", "http"}))


class Target(msgspec.Struct, frozen=True):
    """A URL that may be asked, exactly as it goes on the wire (`wire` is it parsed); `address` if its host is one.

    `peer` is the host with the port, if the URL names one, as lanes and domain rules know another server.
    """

    url: str
    wire: httpx.URL
    scheme: str
    host: str
    port: int
    peer: str
    address: Address | None


class AddressGuard:
    """Knows the addresses of the public internet, and the private networks that the node's owner allowed."""

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def inside(self, address: str | Address) -> bool:
        """Whether the address lies in an allowed network; a v4-mapped one counts as what it maps."""
        found = _unmapped(ip_address(address))
        return any(found in network for network in self._allowed if network.version == found.version)

    def permits(self, address: str | Address) -> bool:
        """Whether the address is public or allowed. ValueError when it is no address."""
        found = ip_address(address)
        return self.inside(found) or _is_public(found)

    def objection(self, address: str | Address, *, scheme: str, port: int) -> str | None:
        """Why no connection may be made, or None: plain http and unusual ports stay in allowed networks."""
        if self.inside(address):
            return None
        if not self.permits(address):
            return f"{address} is not an address of the public internet"
        if scheme != "https":
            return f"plain {scheme} is spoken with allowed networks only, and {address} is in none"
        if port != DEFAULT_PORTS[scheme]:
            return f"port {port} is asked in allowed networks only, and {address} is in none"
        return None


def literal(host: str) -> Address | None:
    """The address that a host spells out, or None for a name; `[::1]` or `::1` for IPv6.

    Refused("ssrf") for every other spelling that the C library reads as an address
    (2130706433, 0x7f.1, 0177.0.0.1, 127.1, a trailing dot, zone ids): honest links have none.
    """
    if ":" in host or host.startswith("["):
        try:
            return IPv6Address(_refuse_zone(host[1:-1] if host[0] + host[-1] == "[]" else host))
        except AddressValueError as error:
            raise Refused("ssrf", f"{host[:80]} is not an IPv6 address") from error
    if not _NUMBER.fullmatch(host.lower().rstrip(".").rpartition(".")[2]):
        return None
    try:
        return IPv4Address(host)
    except AddressValueError as error:
        raise Refused("ssrf", f"{host[:80]} is not an IPv4 address in its usual form") from error


# The inboxes of some thousand hosts that a post goes to.
@lru_cache(maxsize=4096)
def check_url(url: str, policy: UrlPolicy) -> Target:
    """The URL as it will go on the wire (escaped, host in lower case and punycode, no fragment).

    Refused("ssrf") unless its scheme is in the policy and its host is a name or a literal in
    its usual form, without user name and password. Addresses and ports are the guard's matter.
    """
    if len(url) > URL_LENGTH:
        raise Refused("ssrf", f"the URL is longer than {URL_LENGTH} characters")
    try:
        parsed = httpx.URL(url).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused("ssrf", f"{url[:80]!r} is not a URL") from error
    text = str(parsed)
    # Several parsers will read this text; a strict authority is one that they all read alike.
    found = _AUTHORITY.match(text)
    if found is None or parsed.userinfo:
        raise Refused("ssrf", f"{text[:80]!r} is not a plain http(s) URL with a host")
    scheme, host, port = found.groups()
    if scheme not in policy.schemes:
        raise Refused(
            "ssrf", f"{scheme} is not spoken with {host[:80]}; only {'/'.join(sorted(policy.schemes))}"
        )
    number = int(port) if port else DEFAULT_PORTS[scheme]
    if not 0 < number < 65536:
        raise Refused("ssrf", f"{number} is not a port")
    address = literal(host)
    if address is None and not _is_name(host):
        raise Refused("ssrf", f"{host[:80]!r} is not a host name")
    return Target(
        url=text, wire=parsed, scheme=scheme, host=host, port=number, peer=host_of(text), address=address
    )


def _is_name(host: str) -> bool:
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))


def _refuse_zone(text: str) -> str:
    if "%" in text:
        raise Refused("ssrf", f"{text[:80]} names a network interface")
    return text


def _unmapped(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    embedded = _embedded(address)
    if embedded is not None:
        return _is_public(embedded)
    return address in _GLOBAL_V6 and not any(address in network for network in _REFUSED_V6)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a gateway would go to for this one (RFC 4291, 3056, 6052)."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    return address.ipv4_mapped
