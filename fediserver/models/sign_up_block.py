"""Whose sign-ups are refused or looked at first, and whose requests are not answered at all."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal, get_args

import msgspec

Severity = Literal["sign_up_requires_approval", "sign_up_block", "no_access"]
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""From the mildest on."""

Network = IPv4Network | IPv6Network
_MAPPED = IPv6Network("::ffff:0:0/96")


class EmailDomainBlock(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Mail addresses of a domain and all below it may not sign up, or only with approval."""

    id: int
    domain: str
    allow_with_approval: bool
    created_at: int


class CanonicalEmailBlock(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One mail address may not sign up; `account_id` is the suspended member whose it was."""

    id: int
    canonical_email_hash: str
    account_id: int | None
    created_at: int


class IpBlock(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What people of a network may not do, until a time (ms) or for ever."""

    id: int
    ip: str
    severity: Severity
    comment: str
    created_at: int
    expires_at: int | None


def network(text: str) -> Network | None:
    """The network that an address or a network in CIDR notation names, in its one form; None when it is none."""
    try:
        found = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):
        mapped = found.network_address.ipv4_mapped
        return ip_network(f"{mapped}/{found.prefixlen - 96}")
    return found


def around(address: str) -> list[str]:
    """Every network that an address is in, as `IpBlock.ip` has it; none for what is no address."""
    found = network(address)
    if found is None or found.num_addresses != 1:
        return []
    return [str(found.supernet(new_prefix=length)) for length in range(found.max_prefixlen + 1)]


class Networks:
    """Networks to be looked up for every request: as many steps as there are lengths of prefix."""

    def __init__(self, blocks: Iterable[IpBlock]) -> None:
        self._ends: dict[tuple[int, int], dict[int, int | None]] = {}
        for block in blocks:
            found = network(block.ip)
            if found is not None:
                shift = found.max_prefixlen - found.prefixlen
                known = self._ends.setdefault((found.version, shift), {})
                known[int(found.network_address) >> shift] = block.expires_at

    def hold(self, address: str, now: int) -> bool:
        """Whether an address is in one of them at a time (ms)."""
        if not self._ends:
            return False
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        number = int(parsed)
        for (version, shift), ends in self._ends.items():
            if version == parsed.version and (number >> shift) in ends:
                end = ends[number >> shift]
                if end is None or now < end:
                    return True
        return False
