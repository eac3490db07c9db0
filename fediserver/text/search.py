"""What somebody types into the search field: words, "phrases", operators such as `from:`, and minus before any.

Whatever is typed means something: what is no operator is words, what cannot be read is left out.
"""

import re
from datetime import UTC, datetime, timedelta

import msgspec

from fediserver.clock import DAY
from fediserver.text.handles import Handle, parse
from fediserver.text.language import normalise
from fediserver.text.words import words

LENGTH = 2000
"""Characters of a query that are looked at."""
TERMS = 30
"""Terms of a query that count."""

SIGN = "§"
"""Begins the marks that posts are indexed with beside their words, which never hold it."""
EVERY = f"{SIGN}a"
"""The mark of every post."""

# A minus, an operator, and what it is asked for: in quotation marks of any kind, or up to a space.
_TERM = re.compile(r'(-?)(?:([a-z]{2,8}):)?(?:["“”„](?P<quoted>[^"“”„]*)["“”„]?|(?P<bare>[^\s"“”„]+))', re.I)
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_HAS = {
    "media": "media",
    "image": "image",
    "images": "image",
    "photo": "image",
    "video": "video",
    "audio": "audio",
    "poll": "poll",
    "link": "link",
    "embed": "link",
}
_IS = ("reply", "sensitive")
_WHERE = ("all", "library", "public")


class Term(msgspec.Struct, frozen=True):
    """Words that follow each other; `begins` means that the last is only the beginning of a word."""

    words: tuple[str, ...]
    begins: bool = False


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """A query, read: terms that a post has and has not, and whose posts.

    `since` and `until` bound when it was written (ms, until exclusive); `where` is all, library (own posts
    and those one has dealt with) or public. An author of None is the person who asks.
    """

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()
    authors: tuple[Handle | None, ...] = ()
    other_than: tuple[Handle | None, ...] = ()
    since: int = 0
    until: int = 1 << 62
    where: str = "all"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for at all."""
        return self == Sought()


def read(text: str) -> Sought:
    """Read a query; nothing is an error."""
    reading = _Reading()
    for found in list(_TERM.finditer(text[:LENGTH]))[:TERMS]:
        operator, quoted = (found[2] or "").lower(), found["quoted"]
        value = found["bare"] if quoted is None else quoted
        minus = bool(found[1])
        if operator and reading.operator(operator, value, minus=minus):
            continue
        # `http://…` and `10:30` only look like operators.
        reading.words(f"{operator} {value}", minus=minus, begins=quoted is None and value.endswith("*"))
    return reading.sought()


def mark(kind: str, value: str | int) -> str:
    """The mark of a property, such as an author or a language."""
    return f"{SIGN}{kind}{value}"


def day_mark(moment: int) -> str:
    """The mark of the day (UTC) that a moment (ms) is in."""
    return mark("d", moment // DAY)


class _Reading:
    """Gathers what the terms of a query say."""

    def __init__(self) -> None:
        self._wanted: list[Term] = []
        self._unwanted: list[Term] = []
        self._authors: list[Handle | None] = []
        self._other_than: list[Handle | None] = []
        self._since = 0
        self._until = 1 << 62
        self._where = "all"

    def sought(self) -> Sought:
        return Sought(
            wanted=tuple(self._wanted),
            unwanted=tuple(self._unwanted),
            authors=tuple(self._authors),
            other_than=tuple(self._other_than),
            since=self._since,
            until=self._until,
            where=self._where,
        )

    def words(self, text: str, *, minus: bool, begins: bool = False) -> None:
        found = tuple(words(text))
        if found:
            (self._unwanted if minus else self._wanted).append(Term(found, begins))

    def operator(self, name: str, value: str, *, minus: bool) -> bool:
        """Take an operator; False when it is none, or says nothing that can be understood."""
        value = value.strip()
        if name in ("before", "after", "during"):
            return self._time(name, value, minus=minus)
        if name == "from":
            return self._from(value, minus=minus)
        if name == "in":
            return self._in(value.lower(), minus=minus)
        found = ""
        if name == "has" and value.lower() in _HAS:
            found = mark("h", _HAS[value.lower()])
        elif name == "is" and value.lower() in _IS:
            found = mark("i", value.lower())
        elif name == "language" and (language := normalise(value)):
            found = mark("l", language.partition("-")[0])
        if found:
            self._mark(found, minus=minus)
        return bool(found)

    def _mark(self, found: str, *, minus: bool) -> None:
        (self._unwanted if minus else self._wanted).append(Term((found,)))

    def _from(self, value: str, *, minus: bool) -> bool:
        whose = None if value.lower() == "me" else parse(value)
        if whose is None and value.lower() != "me":
            return False
        (self._other_than if minus else self._authors).append(whose)
        return True

    def _in(self, value: str, *, minus: bool) -> bool:
        if value not in _WHERE:
            return False
        if minus:
            value = {"library": "public", "public": "library"}.get(value, "all")
        self._where = value
        return True

    def _time(self, name: str, value: str, *, minus: bool) -> bool:
        """`before` a day, `after` its end, or `during` it, all in UTC."""
        day = _day(value)
        if day is None:
            return False
        if name == "during":
            self._mark(day_mark(day), minus=minus)
        elif (name == "before") is not minus:
            self._until = min(self._until, day if name == "before" else day + DAY)
        else:
            self._since = max(self._since, day + DAY if name == "after" else day)
        return True


def _day(text: str) -> int | None:
    """The first moment (ms) of a day written as 2026-09-03."""
    found = _DATE.fullmatch(text)
    try:
        moment = datetime(*map(int, found.groups()), tzinfo=UTC) if found else None  # type: ignore[misc, arg-type]
    except ValueError:
        return None
    return (
        None if moment is None else (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    )
