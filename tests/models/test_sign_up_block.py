"""Addresses in their one form, and networks looked up as fast as they are many."""

from hashlib import sha256
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.models.sign_up_block import IpBlock, Networks, around, network
from fediserver.text.mail_address import canonical_hash

ADDRESSES = st.ip_addresses()


@pytest.mark.parametrize(
    "email",
    ["ann@x.example", "Ann@X.example", "a.n.n@x.example", "ann+news@x.example", " a.NN+a+b@X.EXAMPLE "],
)
def test_addresses_that_arrive_at_one_place_are_one(email: str) -> None:
    assert canonical_hash(email) == sha256(b"ann@x.example").hexdigest()


@pytest.mark.parametrize("email", ["anna@x.example", "ann@y.example", "ann@a.x.example", "ann@x.ex.ample"])
def test_other_addresses_are_others(email: str) -> None:
    assert canonical_hash(email) != canonical_hash("ann@x.example")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        (" 192.0.2.7/24 ", "192.0.2.0/24"),
        ("2001:DB8::1", "2001:db8::1/128"),
        ("2001:db8:1::/33", "2001:db8::/33"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
    ],
)
def test_a_network_has_one_form(text: str, found: str) -> None:
    assert str(network(text)) == found


@pytest.mark.parametrize(
    "text", ["", "x", "192.0.2", "192.0.2.0/33", "fe80::1%eth0/64/1", "192.0.2.7/", "1" * 999]
)
def test_what_is_no_network_is_none(text: str) -> None:
    assert network(text) is None


def block(ip: str, expires_at: int | None = None) -> IpBlock:
    return IpBlock(1, ip, "no_access", "", 0, expires_at)


@given(st.lists(st.tuples(ADDRESSES, st.integers(0, 128)), max_size=20), st.lists(ADDRESSES, max_size=20))
def test_an_address_is_held_if_a_network_has_it(nets: list[tuple[object, int]], others: list[object]) -> None:
    found = [
        ip_network(f"{one}/{min(length, 32 if '.' in str(one) else 128)}", strict=False)
        for one, length in nets
    ]
    networks = Networks(block(str(one)) for one in found)
    for address in [*others, *(one for one, _ in nets)]:
        parsed = network(str(address))
        assert parsed is not None
        wanted = any(parsed.version == one.version and parsed.subnet_of(one) for one in found)  # type: ignore[arg-type]
        if ip_address(str(address)).version == parsed.version:
            assert networks.hold(str(address), 0) == wanted
        assert bool({str(one) for one in found} & set(around(str(address)))) == wanted


def test_a_block_ends() -> None:
    networks = Networks([block("192.0.2.0/24", 100), block("198.51.100.7/32")])
    assert networks.hold("192.0.2.9", 99)
    assert not networks.hold("192.0.2.9", 100)
    assert networks.hold("198.51.100.7", 10**15)
    assert networks.hold("::ffff:198.51.100.7", 0)
    assert not networks.hold("testclient", 0)
    assert around("testclient") == []
