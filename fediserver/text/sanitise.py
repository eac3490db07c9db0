"""HTML and names from strangers, made safe to store and show.

The list of what stays is Mastodon's (its clients are written for it), applied by ammonia through nh3.
What ammonia cannot say is done on its output, whose form is canonical: every `<` begins a tag, and
attribute values stand in double quotes without `<`, `>` or `"`.
"""

import re
from functools import lru_cache
from itertools import islice

import nh3

from fediserver.text.compose import escape
from fediserver.text.count import cut
from fediserver.text.plain import plain
from fediserver.text.tokens import CONTROLS, LINK_LENGTH, prepared

INPUT_LENGTH = 262_144
"""Characters of HTML that are looked at; the rest is cut off."""

TAGS = 8_000
"""Tags that are looked at: a parser's work grows with the square of nesting."""

ESCAPED = 20_000
"""Ampersands, `>` and hard spaces that are looked at: ammonia's work grows with the square of their number, and what
they are written out as is up to six times as long."""

_SMALL = 16_384
_FEW_TAGS = 200
_FLAT_LENGTH = 50_000
_OUTPUT_LENGTH = 4 * INPUT_LENGTH
_CLASS_LENGTH = 256
_ROUNDS = 4
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_STAY = "p br span a del s pre blockquote code b strong u i em ul ol li ruby rt rp"
_ALLOWED = set(_STAY.split())
_KNOWN = "http https dat dweb ipfs ipns ssb gopher xmpp magnet gemini"
_SCHEMES = set(_KNOWN.split())
_REL = ("nofollow", "noopener")
_REL_KEPT = ("me", "tag", "ugc")

_HREF = re.compile(rf"(?:{'|'.join(sorted(_SCHEMES))}):", re.IGNORECASE)
_CLASS = re.compile(r"(?:[hpue]|dt)-[\w-]+|mention|hashtag|ellipsis|invisible|quote-inline", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,9}")
# Only what consists of the tags that stay is sure to be read the same way again once it was written out.
# Upper case counts as other: that costs a second round, where ignoring case would cost every post.
_OTHER_TAG = re.compile(rf"</?(?!(?:{'|'.join(sorted(_ALLOWED))})[\s/>])[A-Za-z]")
_SPECIAL = re.compile(r'<(/?)(a|pre|h[1-6])((?: [a-z]+="[^"]*")*)>(\n*)')
_PART = re.compile(r"<!--.*?(?:-->|\Z)|<(/?[A-Za-z][A-Za-z0-9]*)(?=[\s/>])([^<>]*)>|<", re.DOTALL)
_KEPT_ATTRIBUTE = re.compile(
    r"""\s(href|rel|class|translate|start|reversed|value)=("[^"]*"|'[^']*'|[^\s"'=`]+)""", re.IGNORECASE
)
_UNFINISHED = re.compile(r"&#?[A-Za-z0-9]{0,31}\Z")
_ESCAPED = re.compile("[&>\u00a0]")
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>")
_NOT_IN_NAMES = re.compile(r"[\u200b\u202a-\u202e\u2060-\u2069\ufeff]")


def _attribute(tag: str, name: str, value: str) -> str | None:
    match name:
        case "href":
            value = value.strip().replace("<", "%3C").replace(">", "%3E")
            return value if len(value) <= LINK_LENGTH and _HREF.match(value) else None
        case "class":
            return _classes(value) if len(value) <= _CLASS_LENGTH else None
        case "rel":
            return _rel(value) if len(value) <= _CLASS_LENGTH else " ".join(_REL)
        case "start" | "value":
            return value if _NUMBER.fullmatch(value) else None
        case "reversed":
            return ""
        case _:
            return value


# The same few values stand in nearly every post.
@lru_cache(256)
def _classes(value: str) -> str | None:
    return " ".join(word for word in value.split() if _CLASS.fullmatch(word)) or None


@lru_cache(256)
def _rel(value: str) -> str:
    words = value.lower().split()
    return " ".join((*_REL, *(word for word in _REL_KEPT if word in words)))


_DROPPED = {"script", "style", "title", "template", "noscript", "iframe", "noembed", "noframes"}
_CLEANER = nh3.Cleaner(
    tags=_ALLOWED | _HEADINGS,
    clean_content_tags=_DROPPED,
    attributes={
        "*": set(),
        "a": {"href", "rel", "class"},
        "span": {"class"},
        "p": {"class"},
        "ol": {"start", "reversed"},
        "li": {"value"},
    },
    tag_attribute_values={"a": {"translate": {"no"}}, "span": {"translate": {"no"}}},
    attribute_filter=_attribute,
    link_rel=None,
    url_schemes=_SCHEMES,
)


def clean(html: str) -> str:
    """Remote HTML with only harmless tags, classes and links; cleaning it again changes nothing.

    What is longer than 256k characters, 8,000 tags or 20,000 characters to be escaped is cut before a tag
    (and what such a document grew to may be cut again); what still grows out of all measure becomes plain
    text. Links open in a new window and say nofollow and noopener.
    """
    html = _bounded(html.encode("utf-8", "replace").decode("utf-8"))
    cleaned, unlinked = _once(html)
    if unlinked or _OTHER_TAG.search(html):
        for _ in range(_ROUNDS):
            before, (cleaned, _) = cleaned, _once(cleaned)
            if cleaned == before:
                break
        else:
            return _flat(html)
    return cleaned if len(cleaned) <= _OUTPUT_LENGTH else _flat(html)


def clean_text(text: str, *, limit: int = 500) -> str:
    """A name or warning as one line of plain text of at most `limit` characters.

    What holds tags is read as HTML, all else as text: `I <3 you` stays. Characters that turn the
    direction of what follows, and those that cannot be seen, are dropped.
    """
    text = prepared(text[: 20 * limit])
    if _MARKUP.search(text):
        text = plain(clean(text))
    return cut(one_line(text), limit).rstrip()


def one_line(text: str) -> str:
    """A name as somebody typed it, without line breaks and without characters that turn or cannot be seen."""
    return " ".join(_NOT_IN_NAMES.sub("", text).split())


def _bounded(html: str) -> str:
    """What may be handed to a parser: cut, and written plainly where it is not small.

    A parser's work on a few kilobytes can be megabytes: it compares each attribute of a tag with all
    others, and opens every unclosed bold tag anew in each paragraph, unless they are the same.
    """
    if len(html) > INPUT_LENGTH:
        html = _UNFINISHED.sub("", _cut_before_tag(html, INPUT_LENGTH))
    if len(html) <= _SMALL and html.count("<") <= _FEW_TAGS:
        return html
    escaped = next(islice(_ESCAPED.finditer(html), ESCAPED, None), None)
    if escaped is not None:
        html = _cut_before_tag(html, escaped.start())
    return _PART.sub(_plain_tag, "<".join(html.split("<", TAGS + 1)[: TAGS + 1]))


def _cut_before_tag(html: str, length: int) -> str:
    """At most so many characters, without a tag that has not ended."""
    html = html[:length]
    return html[: html.rfind("<")] if html.rfind("<") > html.rfind(">") else html


def _plain_tag(part: re.Match[str]) -> str:
    name, attributes = part[1], part[2]
    if name is None:
        return "&lt;" if part[0] == "<" else ""
    if name.lower() not in ("a", "span", "p", "ol", "li"):
        return f"<{name}>"
    kept = (f" {key}={value}" for key, value in _KEPT_ATTRIBUTE.findall(attributes)[:8])
    return f"<{name}{''.join(kept)}>"


def _once(html: str) -> tuple[str, bool]:
    """Clean, drop links without target, make headings bold paragraphs, complete what links say.

    Also tells whether links were dropped.
    """
    links: list[bool] = []
    unlinked = False

    def special(match: re.Match[str]) -> str:
        nonlocal unlinked
        end, tag, attributes, newlines = match.groups()
        if tag == "pre":
            # A parser drops the first newline, so that each cleaning would drop one more.
            return f"<{end}pre>{newlines if end else ''}"
        if tag != "a":
            return ("</strong></p>" if end else "<p><strong>") + newlines
        if end:
            return f"</a>{newlines}" if links.pop() else newlines
        links.append(' href="' in attributes and not any(links))
        if not links[-1]:
            unlinked = True
            return newlines
        rel = "" if ' rel="' in attributes else f' rel="{" ".join(_REL)}"'
        return f'<a{attributes}{rel} target="_blank">{newlines}'

    cleaned = _SPECIAL.sub(special, CONTROLS.sub("", _CLEANER.clean(html)))
    return cleaned, unlinked


def _flat(html: str) -> str:
    return f"<p>{escape(prepared(plain(html, limit=_FLAT_LENGTH))).replace(chr(10), '<br>')}</p>"
