"""How long a text is, as Mastodon counts it, and cutting it between what people see as characters.

Grapheme clusters follow UAX #29 by the general categories of Python's `unicodedata`. Known limits: the
conjuncts of Indic scripts (rule GB9c), the handful of prepended marks (GB9b) and a few spacing marks that
the standard excepts are not told apart, and characters newer than Python's tables count one by one.
"""

from bisect import bisect_right
from collections.abc import Iterator
from unicodedata import category

from fediserver.text.tokens import Link, Mention, prepared, tokens

LINK_COUNTS = 23
"""Characters that a link counts, however long it is."""

_LONGEST = 32
"""Code points of one cluster, after UAX #15's stream-safe text; more would make 500 characters a megabyte."""

_ZWJ = "\u200d"
_EXTENDING = ("Mn", "Mc", "Me")
_L, _V, _T, _LV, _LVT = range(1, 6)
_JOINS = {_L: {_L, _V, _LV, _LVT}, _V: {_V, _T}, _LV: {_V, _T}, _T: {_T}, _LVT: {_T}}
# Extended_Pictographic of UTS #51, as first and last of each range.
_PICTURES = (
    "©© ®® ‼‼ ⁉⁉ ™™ ℹℹ ↔↙ ↩↪ ⌚⌛ ⌨⌨ ⎈⎈ ⏏⏏ ⏩⏳ ⏸⏺ Ⓜ\u24c2 ▪▫ ▶▶ ◀◀ ◻◾ ☀★ ☇☒ ☔➅ "
    "➐➕ ➖➗ ➡➡ ➰➰ ➿➿ ⤴⤵ ⬅⬇ ⬛⬜ ⭐⭐ ⭕⭕ 〰〰 〽〽 ㊗㊗ ㊙㊙ "
    "\U0001f000\U0001f0ff \U0001f10d\U0001f10f \U0001f12f\U0001f12f \U0001f16c\U0001f171 "
    "\U0001f17e\U0001f17f \U0001f18e\U0001f18e \U0001f191\U0001f19a \U0001f1ad\U0001f1e5 "
    "\U0001f201\U0001f20f \U0001f21a\U0001f21a \U0001f22f\U0001f22f \U0001f232\U0001f23a "
    "\U0001f23c\U0001f23f \U0001f249\U0001f3fa \U0001f400\U0001faff \U0001fc00\U0001fffd"
)


def count(text: str, spoiler: str = "") -> int:
    """Characters of a post: grapheme clusters, a link as 23, `@user@host` as `@user`, plus the warning's."""
    text = prepared(text)
    pieces: list[str] = []
    position = 0
    for token in tokens(text):
        match token:
            case Link():
                counted = "x" * LINK_COUNTS
            case Mention(handle=handle) if handle.domain:
                counted = f"@{handle.name}"
            case _:
                continue
        pieces += text[position : token.start], counted
        position = token.end
    pieces.append(text[position:])
    return graphemes("".join(pieces)) + graphemes(prepared(spoiler))


def graphemes(text: str) -> int:
    """The number of grapheme clusters."""
    return len(text) - text.count("\r\n") if text.isascii() else sum(1 for _ in _ends(text))


def cut(text: str, limit: int) -> str:
    """The longest beginning of at most `limit` code points that ends between two grapheme clusters."""
    if len(text) <= limit:
        return text
    whole = 0
    for end in _ends(text[: limit + 1]):
        if end > limit:
            break
        whole = end
    return text[:whole]


def _ends(text: str) -> Iterator[int]:
    """The offset after each cluster."""
    start = 0
    previous = ""
    flags = 0
    picture = False
    for offset, character in enumerate(text):
        if not offset:
            joined = True
        elif offset - start >= _LONGEST:
            joined = False
        elif character == _ZWJ or _extends(character):
            joined = previous not in ("\r", "\n")
        elif is_flag(character) and is_flag(previous):
            joined = flags % 2 == 1
        elif previous == _ZWJ:
            joined = picture and is_picture(character)
        else:
            joined = (previous == "\r" and character == "\n") or _hangul(character) in _JOINS.get(
                _hangul(previous), ()
            )
        if not joined:
            yield offset
            start = offset
        flags = flags + 1 if is_flag(character) else 0
        if character != _ZWJ and not _extends(character):
            picture = is_picture(character)
        previous = character
    if text:
        yield len(text)


def _extends(character: str) -> bool:
    """Whether a character never stands alone: marks, Thai am, ZWNJ, skin tones, emoji tags, kana marks."""
    if character < "\u0300":
        return False
    return (
        category(character) in _EXTENDING
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
        or character in "\u0e33\u0eb3\u200c\uff9e\uff9f"
    )


def is_flag(character: str) -> bool:
    """Whether a character is one of the two that make a flag."""
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _hangul(character: str) -> int:
    if character < "\u1100" or character > "\ud7fb":
        return 0
    if "\uac00" <= character <= "\ud7a3":
        return _LVT if (ord(character) - 0xAC00) % 28 else _LV
    if character <= "\u115f" or "\ua960" <= character <= "\ua97c":
        return _L
    if "\u1160" <= character <= "\u11a7" or "\ud7b0" <= character <= "\ud7c6":
        return _V
    return _T if "\u11a8" <= character <= "\u11ff" or character >= "\ud7cb" else 0


_PICTURE_BOUNDS = [bound for pair in _PICTURES.split() for bound in (ord(pair[0]), ord(pair[1]) + 1)]


def is_picture(character: str) -> bool:
    """Whether a character is a picture: Extended_Pictographic of UTS #51."""
    return character > "\u00a8" and bisect_right(_PICTURE_BOUNDS, ord(character)) % 2 == 1
