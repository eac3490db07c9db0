"""HTTP dates (RFC 9110 5.6.7), as strangers send them in the Date header."""

import re
from datetime import UTC, datetime, timedelta

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_DATE = re.compile(
    r"(?:[A-Za-z]{3,9}, ?)?([0-9]{1,2})[ -]([A-Za-z]{3})[ -]([0-9]{4}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|[+-]0000)"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse(text: str) -> int | None:
    """Milliseconds since 1970 for `Tue, 20 Apr 2021 02:07:55 GMT`; None for what is no such date."""
    found = _DATE.fullmatch(text.strip(" \t")) if len(text) <= 64 else None
    if found is None:
        return None
    day, month, year, hour, minute, second = found.groups()
    try:
        moment = datetime(
            int(year),
            _MONTHS[month.lower()],
            int(day),
            int(hour),
            int(minute),
            # A leap second is the last moment of its minute.
            59 if second == "60" else int(second),
            tzinfo=UTC,
        )
    except (KeyError, ValueError):
        return None
    return (moment - _EPOCH) // timedelta(milliseconds=1)
