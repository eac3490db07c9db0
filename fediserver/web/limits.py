"""Limits by count within this process: fixed windows per rule and key."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

from fediserver import clock
from fediserver.clock import SECOND, Clock
from fediserver.errors import TooMany

KEYS = 50_000
"""Counters that are kept, about 10 MB; those that were asked for longest ago go first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `limit` in each window of `seconds`; the name keeps the counters of rules apart."""

    name: str
    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a limit says about one request; `reset_ms` is when the window ends, in ms since 1970."""

    allowed: bool
    limit: int
    remaining: int
    reset_ms: int


class Limits:
    """Counts requests; `on=False` (FEDISERVER_RATE_LIMITS=off) allows everything and counts nothing."""

    def __init__(self, clock: Clock, *, on: bool = True, keys: int = KEYS) -> None:
        self._clock = clock
        self._on = on
        self._keys = keys
        # (rule, key) -> [number of the window, count]
        self._counts: OrderedDict[tuple[str, str], list[int]] = OrderedDict()

    def check(self, rule: Rule, key: str) -> Verdict:
        """Count one request of a key: an account, a token, or an address by `address_key`."""
        length = rule.seconds * SECOND
        window = self._clock() // length
        reset = (window + 1) * length
        if not self._on:
            return Verdict(True, rule.limit, rule.limit, reset)
        counted = self._counts.get((rule.name, key))
        if counted is None:
            counted = self._counts[rule.name, key] = [window, 0]
            if len(self._counts) > self._keys:
                self._counts.popitem(last=False)
        else:
            self._counts.move_to_end((rule.name, key))
            if counted[0] != window:
                counted[:] = [window, 0]
        counted[1] += 1
        return Verdict(counted[1] <= rule.limit, rule.limit, max(rule.limit - counted[1], 0), reset)

    def demand(self, verdict: Verdict) -> None:
        """Raise TooMany when the verdict is no."""
        if not verdict.allowed:
            seconds = max(-(-(verdict.reset_ms - self._clock()) // SECOND), 1)
            raise TooMany(f"Too many requests; try again in {seconds} seconds", seconds)


def address_key(address: str) -> str:
    """The key of a client address: a /64 for IPv6, of which one person has more than can be counted."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{ipaddress.IPv6Address(int(parsed) >> 64 << 64)}/64"


def headers(*verdicts: Verdict) -> dict[str, str]:
    """X-RateLimit-* of the verdict that is closest to running out, as Mastodon's clients read them."""
    closest = min(verdicts, key=lambda verdict: verdict.remaining)
    return {
        "X-RateLimit-Limit": str(closest.limit),
        "X-RateLimit-Remaining": str(closest.remaining),
        # Six digits of fraction: that is how Mastodon prints this one time.
        "X-RateLimit-Reset": clock.isoformat(closest.reset_ms).removesuffix("Z") + "000Z",
    }
