"""What a web page says of itself in its head: title, description, picture, author (Open Graph and plain HTML).

Pages come from anywhere, so this is no parser of HTML: it looks for a few tags in the beginning of the
text, each expression in time linear to its length.
"""

import codecs
import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import msgspec

from fediserver.clock import parse
from fediserver.text.count import cut
from fediserver.text.handles import Handle
from fediserver.text.handles import parse as parse_handle
from fediserver.text.language import normalise
from fediserver.text.tokens import CONTROLS, LINK_LENGTH

HEAD = 262_144
"""Characters of a page that are looked at."""
TAGS = 500
"""Tags of its head that are."""
TITLE = 300
DESCRIPTION = 1000
NAME = 120
CREATORS = 3

_TAG = re.compile(
    r"""<(meta|link|html|title)(?=[\s/>])((?>[^<>"']|"[^"]{0,4096}"|'[^']{0,4096}')*+)>""", re.I
)
_ATTRIBUTE = re.compile(r"""([a-z][\w:-]{0,40})\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))""", re.I)
_CHARSET = re.compile(rb"""<meta[^<>]{0,200}?charset\s{0,9}=\s{0,9}["']?([\w:.-]{1,40})""", re.I)
_CODECS = re.compile(
    r"utf-8|utf-16(-[lb]e)?|ascii|latin-1|iso8859-\d+|cp(125\d|866|874|932|949)|koi8-[rtu]|gb2312|gbk|gb18030|big5\w*|"
    r"euc_\w+|shift_jis\w*|iso2022_jp\w*|mac-roman|tis-620"
)
_HIDDEN = (("<!--", "-->"), ("<script", "</script"), ("<style", "</style"), ("<svg", "</svg"))


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page: texts are plain and bounded, addresses http or https; '' and None stand for what is absent."""

    title: str = ""
    description: str = ""
    language: str | None = None
    author_name: str = ""
    author_url: str = ""
    creators: tuple[Handle, ...] = ()
    provider_name: str = ""
    image: str = ""
    image_width: int = 0
    image_height: int = 0
    image_description: str = ""
    published_at: int | None = None
    oembed: str = ""


def decoded(body: bytes, content_type: str) -> str:
    """The text of a page: by byte order mark, the header's charset, the page's own, else UTF-8."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(mark):
            return body.decode(name, "replace").lstrip("\ufeff")
    said = re.search(r"charset=[\"']?([\w:.-]{1,40})", content_type, re.I)
    own = _CHARSET.search(body, 0, 4096)
    for label in (said and said[1], own and own[1].decode("ascii")):
        if label and (codec := _codec(label)):
            return body.decode(codec, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as problem:
        # A page cut in the middle of a character is UTF-8 all the same.
        cut_short = problem.reason == "unexpected end of data"
        return body.decode("utf-8" if cut_short else "cp1252", "replace")


def read(html: str, url: str) -> Page:
    """The page at that address."""
    metas: dict[str, list[str]] = {}
    language, title, oembed = "", "", ""
    head = _visible(html[:HEAD])
    for tag in list(_TAG.finditer(head))[:TAGS]:
        name, values = tag[1].lower(), _attributes(tag[2])
        if name == "meta":
            key = (values.get("property") or values.get("name") or "").lower()
            metas.setdefault(key, []).append(_line(values.get("content", "")))
        elif name == "html":
            language = language or values.get("lang", "")
        elif name == "title":
            title = title or _line(unescape(head[tag.end() : tag.end() + 2000].partition("<")[0]))
        elif values.get("type", "").lower() == "application/json+oembed":
            oembed = oembed or _address(url, values.get("href", ""))

    def first(*names: str) -> str:
        return next((text for name in names for text in metas.get(name, ()) if text), "")

    author = first("article:author", "author", "twitter:creator")
    author_url = author if author.startswith(("https://", "http://")) else ""
    return Page(
        title=_short(first("og:title", "twitter:title") or title, TITLE),
        description=_short(first("og:description", "description", "twitter:description"), DESCRIPTION),
        language=normalise(language) or normalise(first("og:locale")),
        author_name=_short(first("author") if author_url else author, NAME),
        author_url=_address(url, author_url),
        creators=_creators(metas.get("fediverse:creator", ())),
        provider_name=_short(first("og:site_name"), NAME),
        image=_address(url, first("og:image:secure_url", "og:image", "og:image:url", "twitter:image")),
        image_width=_size(first("og:image:width")),
        image_height=_size(first("og:image:height")),
        image_description=_short(first("og:image:alt", "twitter:image:alt"), DESCRIPTION),
        published_at=parse(first("article:published_time")),
        oembed=oembed,
    )


def with_oembed(page: Page, said: object, url: str) -> Page:
    """The page with what its oEmbed document adds (https://oembed.com): title, author, provider, picture."""
    if not isinstance(said, dict):
        return page

    def text(name: str) -> str:
        value = said.get(name)
        return _line(value) if isinstance(value, str) else ""

    picture = _address(url, text("thumbnail_url"))
    return msgspec.structs.replace(
        page,
        title=page.title or _short(text("title"), TITLE),
        author_name=page.author_name or _short(text("author_name"), NAME),
        author_url=page.author_url or _address(url, text("author_url")),
        provider_name=page.provider_name or _short(text("provider_name"), NAME),
        image=page.image or picture,
    )


def _visible(html: str) -> str:
    """The beginning of a page without what only looks like tags."""
    for opening, closing in _HIDDEN:
        low = html.lower()
        # Lower case has another length in a few scripts: then nothing can be cut out at its place.
        if opening not in low or len(low) != len(html):
            continue
        kept, position = [], 0
        while (start := low.find(opening, position)) >= 0:
            kept.append(html[position:start])
            end = low.find(closing, start)
            position = len(html) if end < 0 else end + len(closing)
        html = "".join([*kept, html[position:]])
    return html


def _attributes(text: str) -> dict[str, str]:
    return {
        found[1].lower(): unescape(found[2] or found[3] or found[4] or "")
        for found in _ATTRIBUTE.finditer(text[:16_384])
    }


def _creators(said: list[str] | tuple[()]) -> tuple[Handle, ...]:
    found = [handle for one in said[:CREATORS] if (handle := parse_handle(one)) is not None and handle.domain]
    return tuple(dict.fromkeys(found))


def _line(text: str) -> str:
    return " ".join(CONTROLS.sub("", text[:8192]).split())


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else cut(text, limit - 1).rstrip() + "…"


def _address(base: str, found: str) -> str:
    """An address on the page, made whole; '' for none that may be shown."""
    if not found:
        return ""
    try:
        whole = urljoin(base, found.strip())
        parts = urlsplit(whole)
    except ValueError:
        return ""
    fit = parts.scheme in ("https", "http") and parts.hostname and len(whole.encode()) <= LINK_LENGTH
    return whole if fit else ""


def _size(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0


def _codec(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    if name in ("iso8859-1", "ascii"):
        # As browsers do: who says Latin-1 means Windows.
        return "cp1252"
    return name if _CODECS.fullmatch(name) else None
