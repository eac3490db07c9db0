from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.errors import Refused
from fediserver.net.guard import (
    HTTPS_ONLY,
    WITH_PLAIN_HTTP,
    Address,
    AddressGuard,
    UrlPolicy,
    check_url,
    literal,
)

NOT_PUBLIC_V4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32",
]  # fmt: skip
NOT_PUBLIC_V6 = [
    "::/128", "::1/128", "fe80::/10", "fc00::/7", "fec0::/10", "ff00::/8", "2001:db8::/32", "3fff::/20",
    "2001::/32", "2001:2::/48", "2001:10::/28", "100::/64", "5f00::/16", "64:ff9b:1::/48", "::/96",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.0",
    "172.32.0.1",
    "2606:4700::1111",
    "2a01:4f8::1",
]
ODD_FORMS = [
    "2130706433", "0x7f000001", "0X7F.1", "0177.0.0.1", "127.1", "127.0.1", "0", "0x0", "127.0.0.1.",
    "127.0.0.01", "017700000001", "127.0.0.0x1", "256.1.1.1", "1.2.3.4.5", "999999999999", "0x", "1.0x",
    "[fe80::1%25eth0]", "[::1%lo]", "[::1", "[1]", "[]", ":1",
]  # fmt: skip

guard = AddressGuard()


def within(network: IPv4Network | IPv6Network) -> st.SearchStrategy[Address]:
    first, last = int(network.network_address), int(network.broadcast_address)
    kind = IPv4Address if network.version == 4 else IPv6Address
    return st.integers(first, last).map(kind)


not_public = st.sampled_from([ip_network(text) for text in NOT_PUBLIC_V4 + NOT_PUBLIC_V6]).flatmap(within)
not_public_v4 = st.sampled_from([IPv4Network(text) for text in NOT_PUBLIC_V4]).flatmap(within)


@given(not_public)
@settings(max_examples=100)
def test_special_ranges_are_refused(address: Address) -> None:
    assert not guard.permits(address)
    assert not guard.permits(str(address))
    assert guard.objection(address, scheme="https", port=443)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_permitted(address: str) -> None:
    assert guard.permits(address)
    assert guard.objection(address, scheme="https", port=443) is None


@given(not_public_v4)
@settings(max_examples=60)
def test_refused_addresses_stay_refused_in_ipv6_clothes(address: Address) -> None:
    number = int(address)
    assert not guard.permits(IPv6Address(0xFFFF << 32 | number))
    assert not guard.permits(IPv6Address(0x64FF9B << 96 | number))
    assert not guard.permits(IPv6Address(0x2002 << 112 | number << 80))


def test_gateway_forms_of_public_addresses_are_permitted() -> None:
    assert guard.permits("::ffff:8.8.8.8")
    assert guard.permits("64:ff9b::8.8.8.8")
    assert guard.permits("2002:808:808::1")
    assert not guard.permits("2001:0:808:808::")


def test_allowed_networks_open_themselves_and_nothing_else() -> None:
    lab = AddressGuard([ip_network("127.0.0.0/8"), ip_network("fd00::/64")])
    for address in ("127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1", "fd00::5"):
        assert lab.inside(address)
        assert lab.objection(address, scheme="http", port=8001) is None
    for address in ("10.0.0.1", "::1", "fd01::5", "2002:7f00:1::", "64:ff9b::127.0.0.1"):
        assert not lab.permits(address)
    assert not lab.inside("8.8.8.8")


@pytest.mark.parametrize(
    ("scheme", "port"), [("http", 80), ("http", 443), ("https", 80), ("https", 8443), ("https", 22)]
)
def test_plain_http_and_other_ports_are_for_allowed_networks_only(scheme: str, port: int) -> None:
    lab = AddressGuard([ip_network("10.1.0.0/16")])
    assert lab.objection("8.8.8.8", scheme=scheme, port=port)
    assert lab.objection("10.1.2.3", scheme=scheme, port=port) is None


@pytest.mark.parametrize("host", ODD_FORMS)
def test_odd_spellings_of_addresses_are_refused(host: str) -> None:
    with pytest.raises(Refused) as caught:
        literal(host)
    assert caught.value.rule == "ssrf"
    with pytest.raises(Refused):
        check_url(f"https://{host}/", WITH_PLAIN_HTTP)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("8.8.8.8", "8.8.8.8"),
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
    ],
)
def test_usual_spellings_are_read(host: str, address: str) -> None:
    found = literal(host)
    assert found == (IPv6Address(address) if ":" in address else IPv4Address(address))
    assert not guard.permits(found) or host == "8.8.8.8"


@pytest.mark.parametrize(
    "host", ["example.org", "localhost", "0x7f.example", "127.0.0.1.example", "a1", "x-1.2b"]
)
def test_names_are_no_literals(host: str) -> None:
    assert literal(host) is None


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "//example.org/", "ftp://example.org/", "file:///etc/passwd", "https:///path", "https://",
        "https://user@example.org/", "https://user:secret@example.org/",
        "https://example.org:0/", "https://example.org:99999/", "https://example.org:x/", "https://example.org\\@a/",
        "https://exa mple.org/", "https://example.org./", "https://.example.org/", "https://a..b/", "https://-a.b/",
        "https://ex%61mple.org/", "https://exam\nple.org/", "https://[::1].example.org/", "https://[v1.a]/",
        f"https://{'a' * 64}.org/", "https://" + "a." * 130 + "org/", "https://example.org/" + "a" * 5000,
        "http://example.org/", "javascript:alert(1)", "https:example.org", "https://a\u2028b/", "https://\u0000/",
        "gopher://127.0.0.1:25/", "https://#x", "https://user@127.0.0.1#@example.org/",
    ],
)  # fmt: skip
def test_urls_that_may_not_be_asked(url: str) -> None:
    with pytest.raises(Refused):
        check_url(url, HTTPS_ONLY)


@given(st.text(max_size=60))
@settings(max_examples=100)
def test_any_text_is_a_target_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/", f"https://example.org/{text}"):
        try:
            target = check_url(url, HTTPS_ONLY)
        except Refused:
            continue
        assert target.scheme == "https"
        assert target.url.isascii()
        assert target.url.startswith("https://" + target.host)
        assert check_url(target.url, HTTPS_ONLY) == target


def test_a_target_is_what_goes_on_the_wire() -> None:
    target = check_url("HTTPS://Bücher.Example:443/a%40b/ü?x=acct%3Aann%40b#main-key", HTTPS_ONLY)
    assert target.url == "https://xn--bcher-kva.example/a%40b/%C3%BC?x=acct%3Aann%40b"
    assert (target.host, target.port, target.address) == ("xn--bcher-kva.example", 443, None)
    plain = check_url("http://127.0.0.1:8001/x", WITH_PLAIN_HTTP)
    assert (plain.scheme, plain.port, plain.address) == ("http", 8001, IPv4Address("127.0.0.1"))


def test_the_policy_follows_our_own_scheme() -> None:
    assert UrlPolicy.of_node("http://localhost:8000") == WITH_PLAIN_HTTP
    assert UrlPolicy.of_node("https://garden.example") == HTTPS_ONLY
