"""Limits by count, with a clock that is moved by hand."""

import pytest

from fediserver.errors import TooMany
from fediserver.web.limits import Limits, Rule, Verdict, address_key, headers

RULE = Rule("api", 3, 300)
START = 1_767_348_000_000  # 2026-01-02T10:00:00Z, the start of a window


class Hand:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


def test_a_window_is_counted_and_begins_anew() -> None:
    clock = Hand()
    limits = Limits(clock)
    seen = [limits.check(RULE, "alice") for _ in range(5)]
    assert [verdict.remaining for verdict in seen] == [2, 1, 0, 0, 0]
    assert [verdict.allowed for verdict in seen] == [True, True, True, False, False]
    assert {verdict.reset_ms for verdict in seen} == {START + 300_000}
    assert limits.check(RULE, "bob").remaining == 2
    assert limits.check(Rule("other", 3, 300), "alice").remaining == 2
    clock.now += 300_000
    assert limits.check(RULE, "alice").allowed


def test_too_many_says_when() -> None:
    clock = Hand()
    limits = Limits(clock)
    clock.now += 1
    for _ in range(3):
        limits.demand(limits.check(RULE, "alice"))
    with pytest.raises(TooMany, match="300 seconds") as raised:
        limits.demand(limits.check(RULE, "alice"))
    assert raised.value.retry_after == 300


def test_off_allows_everything() -> None:
    limits = Limits(Hand(), on=False)
    assert all(limits.check(RULE, "alice") == Verdict(True, 3, 3, START + 300_000) for _ in range(9))


def test_memory_is_bounded_and_who_goes_on_stays_counted() -> None:
    limits = Limits(Hand(), keys=10)
    for number in range(100):
        verdict = limits.check(Rule("r", 1000, 300), "busy")
        limits.check(RULE, str(number))
    assert verdict.remaining == 900
    assert len(limits._counts) == 10


def test_headers_are_those_of_the_closest_limit() -> None:
    assert headers(Verdict(True, 300, 200, START), Verdict(True, 30, 2, START + 1)) == {
        "X-RateLimit-Limit": "30",
        "X-RateLimit-Remaining": "2",
        "X-RateLimit-Reset": "2026-01-02T10:00:00.001000Z",
    }


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("odd:thing", "odd:thing"),
    ],
)
def test_an_ipv6_address_counts_by_its_network(address: str, key: str) -> None:
    assert address_key(address) == key
