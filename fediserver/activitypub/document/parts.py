"""What actors and posts have in common: rich text, pictures, emoji, pages."""

import re
from typing import Any, Literal

import msgspec

from fediserver.activitypub.document import fields
from fediserver.activitypub.document.decode import Document
from fediserver.models.uris import host
from fediserver.text.compose import escape
from fediserver.text.sanitise import clean, clean_text
from fediserver.text.tokens import prepared

MAX_TAGS = 256
"""Entries of `tag` that are looked at."""

MAX_EMOJIS = 64
_PICTURES = 8
_PICTURE_TEXT = 1500
_HASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,128}")
_SHORTCODE = re.compile(r":?([A-Za-z0-9_+-]{1,100}):?")
_MEDIA_TYPE = re.compile(r"\s*([a-z]+/[a-z0-9.+-]{1,100})\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)
_PARAGRAPHS = re.compile(r"\n(?:[^\S\n]*\n)+")

Kind = Literal["image", "video", "audio", "unknown"]
_KINDS: dict[str, Kind] = {"image": "image", "video": "video", "audio": "audio"}
_ENDINGS = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
}


class Picture(msgspec.Struct, frozen=True):
    """An avatar, header or emoji: where it is, its blurhash, and what it shows in words ('' for none)."""

    url: str
    blurhash: str = ""
    media_type: str = ""
    description: str = ""


class Emoji(msgspec.Struct, frozen=True):
    """A picture for :shortcode:; `id` is '' where it has none."""

    shortcode: str
    url: str
    id: str = ""


def html(raw: str, media_type: str = "") -> str:
    """Rich text, cleaned; what is declared to be plain text or Markdown keeps its characters."""
    if media_type_of(media_type) in ("text/plain", "text/markdown"):
        return from_plain(raw)
    return clean(raw)


def from_plain(text: str) -> str:
    """Plain text as paragraphs; '' for blank text."""
    text = prepared(text).strip()
    if not text:
        return ""
    paragraphs = (escape(part).replace("\n", "<br>") for part in _PARAGRAPHS.split(text))
    return f"<p>{'</p><p>'.join(paragraphs)}</p>"


def media_type_of(value: str) -> str:
    """`type/subtype` in lower case without parameters; '' for what is none."""
    found = _MEDIA_TYPE.fullmatch(value[:255])
    return found[1].lower() if found else ""


def guessed_type(url: str) -> str:
    """The media type that the end of an address suggests; '' for an unknown one."""
    path = url.partition("?")[0].partition("#")[0]
    return _ENDINGS.get(path[path.rfind(".") :].lower(), "") if "." in path else ""


def kind_of(media_type: str) -> Kind:
    """What a media type is shown as."""
    return _KINDS.get(media_type.partition("/")[0], "unknown")


def blurhash_of(doc: Document) -> str:
    """The blurhash; '' for none or one with foreign characters."""
    found = fields.text(doc, "blurhash", limit=129)
    return found if _HASH.fullmatch(found) else ""


def picture(value: Any) -> Picture | None:
    """The first picture of an `icon` or `image`, which may be an address, an object or a list of either."""
    for item in value[:_PICTURES] if isinstance(value, list) else [value]:
        for url, media_type in fields.links(item, _PICTURES):
            blurhash, declared, description = "", "", ""
            if isinstance(item, dict):
                blurhash, declared = blurhash_of(item), fields.text(item, "mediaType", limit=255)
                said = fields.text(item, "name", limit=2000) or fields.text(item, "summary", limit=2000)
                description = clean_text(said, limit=_PICTURE_TEXT)
            found = media_type_of(declared or media_type) or guessed_type(url)
            if kind_of(found) in ("image", "unknown"):
                return Picture(url, blurhash, found, description)
    return None


def emojis(tags: list[Document]) -> tuple[Emoji, ...]:
    """The custom emoji of a `tag` list, each shortcode once."""
    found: dict[str, Emoji] = {}
    for tag in tags:
        if "Emoji" not in (name.rpartition(":")[2] for name in fields.types(tag)):
            continue
        name = _SHORTCODE.fullmatch(fields.text(tag, "name", limit=200).strip())
        icon = picture(tag.get("icon"))
        if name and icon and len(found) < MAX_EMOJIS:
            found.setdefault(name[1], Emoji(name[1], icon.url, fields.ident(tag.get("id")) or ""))
    return tuple(found.values())


def page(value: Any, uri: str) -> str:
    """The page of an actor or post: a link on the host of its id, else the id, so that none leads elsewhere."""
    found = fields.link(value)
    return found if found and host(found) == host(uri) else uri
