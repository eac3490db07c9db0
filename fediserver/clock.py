"""Time: always UTC, always integers of milliseconds since 1970."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], int]
"""Answers the present in milliseconds since 1970; tests hand in one that stands still."""

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# RFC 3339 with what strangers leave out: the zone (then UTC) and the seconds.
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|z|[+-]\d\d:?\d\d)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> int:
    """Milliseconds since 1970, from the machine's clock."""
    return time.time_ns() // 1_000_000


def isoformat(moment: int) -> str:
    """`2026-01-02T10:00:00.000Z`: how the Mastodon API and ActivityPub documents print times."""
    return (_EPOCH + timedelta(milliseconds=moment)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment % 1000:03d}Z"


def parse(text: object) -> int | None:
    """Milliseconds for an RFC 3339 time as strangers write it; None when it is none or out of range."""
    if not isinstance(text, str) or len(text) > 64:
        return None
    found = _TIMESTAMP.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    # A leap second is the last moment of its minute.
    seconds = min(int(second or 0), 59)
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), seconds, tzinfo=UTC)
    except ValueError:
        return None
    offset = 0
    if zone and zone not in "Zz":
        digits = zone[1:].replace(":", "")
        offset = (int(digits[:2]) * 60 + int(digits[2:])) * MINUTE * (-1 if zone[0] == "-" else 1)
    millis = int((fraction or "0").ljust(3, "0")[:3])
    return (moment - _EPOCH) // timedelta(milliseconds=1) + millis - offset
