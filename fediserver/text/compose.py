"""What a member typed, as HTML with the mark-up of Mastodon, which client apps match against."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from unicodedata import normalize
from urllib.parse import quote

from fediserver.text.handles import Handle
from fediserver.text.tokens import Emoji, Hashtag, Link, Mention, Token, prepared, tokens

_LINK_PREFIX = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)
_SHOWN = 30
"""Characters of a link that a reader sees."""

_BLANK = re.compile(r"\n(?:[^\S\n]*\n)+")


class Found(NamedTuple):
    """What a text speaks of, each once and in order; tags are one in any case of letters."""

    mentions: list[Handle]
    tags: list[str]
    links: list[str]
    emojis: list[str]


class MentionLink(NamedTuple):
    """How a mention is shown: the name after its @ sign, and the address of the page or actor."""

    username: str
    url: str


def find(text: str) -> Found:
    """List mentions (names without domain in lower case), hashtags as typed, links, emoji shortcodes."""
    mentions: dict[Handle, None] = {}
    tags: dict[str, str] = {}
    links: dict[str, None] = {}
    emojis: dict[str, None] = {}
    for token in tokens(prepared(text)):
        match token:
            case Mention(handle=handle):
                mentions[handle] = None
            case Hashtag(name=name):
                tags.setdefault(tag_name(name), name)
            case Link(url=url):
                links[url] = None
            case Emoji(shortcode=shortcode):
                emojis[shortcode] = None
    return Found(list(mentions), list(tags.values()), list(links), list(emojis))


def tag_name(display: str) -> str:
    """The form by which hashtags are stored and compared: NFKC, lower case."""
    return display.lower() if display.isascii() else normalize("NFKC", normalize("NFKC", display).lower())


def html(text: str, *, mentions: Mapping[Handle, MentionLink], tag_url: Callable[[str], str] | str) -> str:
    """Typed text as paragraphs; '' when there is nothing but white space.

    `mentions` has the handles that `find` gave and that are known; the others stay text. `tag_url` is
    called with `tag_name`, or is a prefix to which that is added, percent-encoded.
    """
    text = prepared(text).strip()
    if not text:
        return ""
    marked = _marked(text, tokens(text), mentions, tag_url, "nofollow noopener")
    paragraphs = [paragraph.replace("\n", "<br>") for paragraph in _BLANK.split(marked)]
    return f"<p>{'</p><p>'.join(paragraphs)}</p>"


def inline(
    text: str,
    *,
    mentions: Mapping[Handle, MentionLink],
    tag_url: Callable[[str], str] | str,
    rel: str = "nofollow noopener",
) -> str:
    """One line of typed text without a paragraph around it, as a profile field has it (`rel` with "me")."""
    text = " ".join(prepared(text).split())
    return _marked(text, tokens(text), mentions, tag_url, rel)


def quote_line(url: str) -> str:
    """The paragraph before a post that quotes another, which apps hide that show the quote itself."""
    return f'<p class="quote-inline">RE: {_link(url, "nofollow noopener")}</p>'


def escape(text: str) -> str:
    """Text that may stand in HTML, between tags or in a quoted attribute."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#39;")


def _marked(
    text: str,
    found: Iterable[Token],
    mentions: Mapping[Handle, MentionLink],
    tag_url: Callable[[str], str] | str,
    rel: str,
) -> str:
    pieces: list[str] = []
    position = 0
    for token in found:
        match token:
            case Link(url=url):
                markup = _link(url, rel)
            case Hashtag(name=name):
                markup = _hashtag(name, tag_url)
            case Mention(handle=handle) if target := mentions.get(handle):
                markup = mention(target)
            case _:
                continue
        pieces += escape(text[position : token.start]), markup
        position = token.end
    pieces.append(escape(text[position:]))
    return "".join(pieces)


def _link(url: str, rel: str) -> str:
    match = _LINK_PREFIX.match(url)
    start = match.end() if match else 0
    prefix, shown, rest = url[:start], url[start : start + _SHOWN], url[start + _SHOWN :]
    return (
        f'<a href="{escape(url)}" target="_blank" rel="{rel}" translate="no">'
        f'<span class="invisible">{prefix}</span>'
        f'<span class="{"ellipsis" if rest else ""}">{escape(shown)}</span>'
        f'<span class="invisible">{escape(rest)}</span></a>'
    )


def _hashtag(name: str, tag_url: Callable[[str], str] | str) -> str:
    key = tag_name(name)
    url = tag_url + quote(key) if isinstance(tag_url, str) else tag_url(key)
    return f'<a href="{escape(url)}" class="mention hashtag" rel="tag">#<span>{name}</span></a>'


def mention(target: MentionLink) -> str:
    """Somebody who is named, as posts have them."""
    return (
        f'<span class="h-card" translate="no"><a href="{escape(target.url)}" class="u-url mention">'
        f"@<span>{escape(target.username)}</span></a></span>"
    )
