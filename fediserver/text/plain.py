"""HTML as text for reading: search, feeds, mail, titles, page descriptions.

Made for HTML that `compose` or `sanitise` wrote. Other HTML gives its text too, but also what stands
in comments with tags, scripts and styles; nothing of it is an error.
"""

import re
from html import unescape

from fediserver.text.count import cut

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>|<![^<>]*>")
_SPACE = re.compile(r"[ \t\n\f\r]+")
_MANY_LINES = re.compile(r"\n{3,}")
_BLOCKS = "p blockquote pre ul ol h1 h2 h3 h4 h5 h6 article section table"
_BREAKS = {"br": "\n", "hr": "\n\n", "tr": "\n", "div": "\n", "dt": "\n", "dd": "\n"} | dict.fromkeys(
    _BLOCKS.split(), "\n\n"
)


def plain(html: str, *, limit: int | None = None) -> str:
    """Readable text: paragraphs apart by a blank line, list items led by "- ", links with their full address.

    At most `limit` characters, cut between two grapheme clusters.
    """
    pieces: list[str] = []
    position = length = preformatted = 0
    at_line_start = True
    for tag in _TAG.finditer(html):
        for piece in (_text(html[position : tag.start()], preformatted > 0, at_line_start), _break(tag)):
            if piece:
                pieces.append(piece)
                length += len(piece)
                at_line_start = piece[-1] == "\n"
        position = tag.end()
        if tag[2] == "pre":
            preformatted = max(0, preformatted + (-1 if tag[1] else 1))
        # Three times: blank lines and white space may still go.
        if limit is not None and length > 3 * limit + 100:
            position = len(html)
            break
    pieces.append(_text(html[position:], preformatted > 0, at_line_start))
    text = "\n".join(line.rstrip() for line in "".join(pieces).split("\n"))
    text = _MANY_LINES.sub("\n\n", text).strip()
    return text if limit is None else cut(text, limit).rstrip()


def excerpt(html: str, length: int) -> str:
    """The text as one line of at most `length` characters, cut after a word with … if it is longer."""
    text = " ".join(plain(html, limit=2 * length + 2).split())
    if len(text) <= length:
        return text
    kept = cut(text, length - 1)
    space = kept.rfind(" ") if text[len(kept)] != " " else len(kept)
    # Scripts without spaces, and long addresses, are cut where they are.
    return f"{kept[:space] if space >= length // 2 else kept}…"


def _text(source: str, preformatted: bool, at_line_start: bool) -> str:
    if not preformatted:
        source = _SPACE.sub(" ", source)
        if at_line_start:
            source = source.lstrip(" ")
    return unescape(source) if "&" in source else source


def _break(tag: re.Match[str]) -> str:
    name = (tag[2] or "").lower()
    if name == "li":
        return "" if tag[1] else "\n- "
    return _BREAKS.get(name, "")
