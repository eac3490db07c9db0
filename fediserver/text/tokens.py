"""The one tokeniser of typed text: links, mentions, hashtags and emoji shortcodes.

Every expression here is linear: each starts from a character that the one before it cannot contain,
or looks at a bounded number of characters.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from unicodedata import category

from fediserver.text.handles import NAME_LENGTH, Handle, host

LINK_LENGTH = 2048
"""Characters of the longest link."""

TAG_LENGTH = 100
"""Characters of the longest hashtag; a longer run of letters is not one."""


class Link(NamedTuple):
    """An http or https address, as typed."""

    start: int
    end: int
    url: str


class Mention(NamedTuple):
    """Somebody who is spoken to; a name without domain is in lower case."""

    start: int
    end: int
    handle: Handle


class Hashtag(NamedTuple):
    """A hashtag without its sign, as typed."""

    start: int
    end: int
    name: str


class Emoji(NamedTuple):
    """A shortcode without its colons; whether there is such an emoji is not known here."""

    start: int
    end: int
    shortcode: str


Token = Link | Mention | Hashtag | Emoji

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What may stand in no HTML or XML document and in no PostgreSQL text."""

_TRIGGER = re.compile(r"[@#＃:]")

_HOST_CHARACTER = r"\w\u00b7\u0300-\u1fff\u30fb\u3099\u309a"
_HOST = re.compile(
    rf"\[[0-9A-Fa-f:.]{{2,45}}\]"
    rf"|[{_HOST_CHARACTER}](?:[{_HOST_CHARACTER}-]*[{_HOST_CHARACTER}])?"
    rf"(?:\.[{_HOST_CHARACTER}](?:[{_HOST_CHARACTER}-]*[{_HOST_CHARACTER}])?)*"
)
_PORT = re.compile(r":[0-9]{1,5}(?![0-9])")
# `example.comを見て`: no top level domain mixes Latin with another script, so the host ends there.
_RUN_ON = re.compile(r"\.[A-Za-z]+(?=[\u0370-\U0010ffff])[^.]*$")
_LATIN = re.compile(r"\.[A-Za-z]+")

# Up to white space, quotation marks and brackets of any script, and characters that are invisible.
_LINK_RUN = re.compile(
    rf"[^\s<>\"`{{}}|\\^\x00-\x20\x7f-\x9f“”„«»‹›「」『』【】〈〉《》（）、。，；：！？"
    rf"\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]{{1,{LINK_LENGTH - 8}}}"
)
_BEFORE_LINK = re.compile(r"[A-Za-z0-9@＠$#＃]")
_AUTHORITY_END = re.compile(r"[/?#]")
_LINK_TAIL = ".,:;!?'*…)]"
_BRACKETS = {")": "(", "]": "["}

_NAME = re.compile(r"[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*")
# As Mastodon: a name that runs on in accented Latin letters was not meant as one of ours.
_AFTER_MENTION = re.compile(r"[@＠À-ÖØ-öø-ɏ]|://")

_TAG_RUN = re.compile(r"[\w\x80-\uff02\uff04-\U0010ffff]+")
_SEPARATORS = "\u00b7\u30fb\u200c"
_EMOJI = re.compile(r":([A-Za-z0-9_]{2,64}):(?![^\W_]|:)")


def prepared(text: str) -> str:
    """The text with `\\n` for every line end and without control characters and halves of surrogate pairs."""
    return CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def tokens(text: str) -> Iterator[Token]:
    """Everything in prepared text that is more than text, in order and without overlap."""
    position = 0
    while trigger := _TRIGGER.search(text, position):
        at = trigger.start()
        sign = text[at]
        token: Token | None
        if sign == "@":
            token = _mention(text, at)
        elif sign != ":":
            token = _hashtag(text, at)
        elif text.startswith("://", at):
            token = _link(text, at, position)
        else:
            token = _emoji(text, at)
        if token is None:
            position = at + 1
        else:
            yield token
            position = token.end


def _link(text: str, colon: int, earliest: int) -> Link | None:
    scheme = text[max(colon - 5, earliest) : colon].lower()
    start = colon - 5 if scheme == "https" else colon - 4
    if not scheme.endswith("http") and scheme != "https":
        return None
    if start > 0 and _BEFORE_LINK.match(text, start - 1):
        return None
    run = _LINK_RUN.match(text, colon + 3)
    if run is None:
        return None
    authority_end = _AUTHORITY_END.search(text, run.start(), run.end())
    # A name before the host (`https://bank.example@evil.example`) only serves to deceive.
    if text.find("@", run.start(), authority_end.start() if authority_end else run.end()) >= 0:
        return None
    found = _host(text, run.start(), run.end())
    if found is None or text.startswith("://", found[1]):
        return None
    end = found[1]
    if authority_end is not None and authority_end.start() == end:
        end = _without_tail(text, end, run.end())
    return Link(start, end, text[start:end])


def _without_tail(text: str, start: int, end: int) -> int:
    """Where a link ends whose path runs from start to end: before punctuation and brackets opened outside."""
    if text[end - 1] not in _LINK_TAIL:
        return end
    surplus = {
        closing: text.count(closing, start, end) - text.count(opening, start, end)
        for closing, opening in _BRACKETS.items()
    }
    while end > start:
        last = text[end - 1]
        if last not in _LINK_TAIL or surplus.get(last, 1) <= 0:
            break
        if last in surplus:
            surplus[last] -= 1
        end -= 1
    return end


def _mention(text: str, at: int) -> Mention | None:
    if at and (text[at - 1] in "@＠=/" or _is_word(text[at - 1])):
        return None
    name = _NAME.match(text, at + 1)
    if name is None or name.end() - name.start() > NAME_LENGTH:
        return None
    end, domain = name.end(), ""
    if text.startswith("@", end) and (found := _host(text, end + 1, len(text))):
        domain, end = found
    if _AFTER_MENTION.match(text, end):
        return None
    return Mention(at, end, Handle(name[0] if domain else name[0].lower(), domain))


def _host(text: str, start: int, limit: int) -> tuple[str, int] | None:
    """The host with its port that starts here, in its one form, and where it ends."""
    match = _HOST.match(text, start, limit)
    if match is None:
        return None
    end = match.end()
    if not match[0].isascii() and (run_on := _RUN_ON.search(match[0])):
        latin = _LATIN.match(match[0], run_on.start())
        end = start + (latin.end() if latin else len(match[0]))
    elif port := _PORT.match(text, end, limit):
        end = port.end()
    form = host(text[start:end])
    return None if form is None else (form, end)


def _hashtag(text: str, at: int) -> Hashtag | None:
    if at and (text[at - 1] in "=/)&" or _is_word(text[at - 1])):
        return None
    run = _TAG_RUN.match(text, at + 1)
    if run is None:
        return None
    name = run[0]
    if not name.isascii():
        name = name[: next((i for i, c in enumerate(name) if not _is_word(c) and c not in _SEPARATORS), None)]
        name = name.rstrip(_SEPARATORS)
    # As Mastodon: more than digits. A separator inside is enough, as in a date written `#8_3`.
    inside = name[1:-1]
    if (
        name.lower() == name.upper()
        and not any(_is_letter(c) for c in name)
        and not any(c in inside for c in "_" + _SEPARATORS)
    ):
        return None
    if len(name) > TAG_LENGTH or name[0] in _SEPARATORS:
        return None
    return Hashtag(at, at + 1 + len(name), name)


def _emoji(text: str, at: int) -> Emoji | None:
    if at and (text[at - 1] == ":" or text[at - 1].isalnum()):
        return None
    match = _EMOJI.match(text, at)
    return match and Emoji(at, match.end(), match[1])


def _is_word(character: str) -> bool:
    """Letter, digit, connector or mark: Python's own classes leave out the vowel signs of Indic scripts."""
    return character.isalnum() or character == "_" or category(character) in ("Mn", "Mc", "Pc")


def _is_letter(character: str) -> bool:
    return category(character)[0] in "LM"
