"""Finds words and phrases in texts, in any case, at the borders of words or anywhere.

A text is folded once; then a keyword is a substring of it. For whole words a mark stands at every border
of a word, in the text as in the keyword, so that "cat" is looked for as "|cat|": no expression that a
member or a stranger writes can take long.
"""

import re
import unicodedata
from functools import cache
from itertools import chain

import msgspec

_BORDER = "\0"
_WORD = re.compile(r"(\w+)")
_FIRST_MARK = "\u0300"
# Between these are ideographs only, and nothing.
_PLANES_WITH_MARKS = (range(ord(_FIRST_MARK), 0x20000), range(0xE0100, 0xE01F0))


class Text(msgspec.Struct, frozen=True, gc=False):
    """A text to be searched: without case, and the same with a mark at every border of a word."""

    folded: str
    bordered: str


class Keyword(msgspec.Struct, frozen=True, gc=False):
    """What is looked for: `needle` in the folded or, for whole words, in the bordered text."""

    needle: str
    whole_word: bool


def text(written: str) -> Text:
    """A text, ready to be searched."""
    folded = _folded(written)
    return Text(folded, _bordered(folded))


def keyword(written: str, *, whole_word: bool) -> Keyword:
    """A keyword, ready to be looked for.

    A whole word has a border only at an end that is a letter, digit, mark or the like: "#cat" may follow
    a letter, "cat" may not.
    """
    folded = _folded(written)
    return Keyword(_bordered(folded) if whole_word else folded, whole_word)


def occurs(wanted: Keyword, searched: Text) -> bool:
    """Whether the keyword is in the text."""
    return wanted.needle in (searched.bordered if wanted.whole_word else searched.folded)


def _folded(written: str) -> str:
    """Canonical caseless form (Unicode 15, section 3.13), composed, so that a letter is not a part of é."""
    written = written.replace(_BORDER, " ")
    if written.isascii():
        return written.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", written).casefold())


def _bordered(folded: str) -> str:
    # Below this there is no letter that Python does not know as one, and the simple class is faster.
    words = _WORD if max(folded, default="") < _FIRST_MARK else _any_word()
    return _BORDER.join(words.split(folded))


@cache
def _any_word() -> re.Pattern[str]:
    """Runs of letters, digits, marks and connectors: Python's own class lacks the vowel signs of many scripts."""
    codes = chain.from_iterable(_PLANES_WITH_MARKS)
    marks = {code for code in codes if unicodedata.category(chr(code)) in ("Mn", "Mc", "Me", "Pc")}
    # As ranges, for the members of a class are tried one by one.
    starts = sorted(code for code in marks if code - 1 not in marks)
    ends = sorted(code for code in marks if code + 1 not in marks)
    ranges = "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))
    return re.compile(rf"([\w{ranges}]+)")
