"""Handles as typed, as WebFinger has them, and as labs on loopback need them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.text.handles import Handle, host, parse


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("alice", Handle("alice")),
        ("@alice", Handle("alice")),
        ("  @alice ", Handle("alice")),
        ("Bob@B.Example", Handle("Bob", "b.example")),
        ("@bob@b.example.", Handle("bob", "b.example")),
        ("acct:alice@localhost:8001", Handle("alice", "localhost:8001")),
        ("ACCT:alice@a.example", Handle("alice", "a.example")),
        ("@alice@127.0.0.1:8001", Handle("alice", "127.0.0.1:8001")),
        ("alice@[::1]:8001", Handle("alice", "[::1]:8001")),
        ("alice@[0:0::1]", Handle("alice", "[::1]")),
        ("a.b-c@d.example", Handle("a.b-c", "d.example")),
        ("@bob@bücher.example", Handle("bob", "xn--bcher-kva.example")),
        ("@bob@faß.example", Handle("bob", "xn--fa-hia.example")),
        ("@bob@１２７.0.0.1", Handle("bob", "127.0.0.1")),
        ("bob@web_1:8080", Handle("bob", "web_1:8080")),
    ],
)
def test_reads_every_form(text: str, handle: Handle) -> None:
    assert parse(text) == handle


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "@@a",
        "a b",
        "a@",
        "@a@b@c",
        "-a",
        "a.",
        "a@b:0",
        "a@b:65536",
        "a@b:123456",
        "a@b:",
        "a@b:x",
        "a@b/c",
        "a@b?c",
        "a@x@y",
        "a@..",
        "a@-b.example",
        "a@1.2.3",
        "a@2130706433",
        "a@0x7f.1",
        "a@0x7f000001",
        "a@127.0.0.01",
        "a@256.1.1.1",
        "a@[::1",
        "a@::1",
        "a@[fe80::1%eth0]",
        "a@[1.2.3.4]",
        "a@\u2025",
        "a" * 256,
        "a@" + "b." * 200 + "example",
        "a@" + "ü" * 300,
        "https://a.example/@bob",
    ],
)
def test_refuses_what_is_no_handle(text: str) -> None:
    assert parse(text) is None


def test_is_written_as_it_is_read() -> None:
    assert str(Handle("bob", "b.example:8443")) == "bob@b.example:8443"
    assert str(Handle("bob")) == "bob"


@settings(deadline=None)
@given(st.text(max_size=80))
def test_never_raises_and_gives_ascii_domains(text: str) -> None:
    handle = parse(f"bob@{text}")
    assert handle is None or (handle.domain.isascii() and parse(str(handle)) == handle)


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet="aé.:[]-_019x%ß日", max_size=30))
def test_one_form_of_a_host_is_stable(text: str) -> None:
    form = host(text)
    assert form is None or host(form) == form
