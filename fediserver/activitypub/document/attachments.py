"""The files of a post."""

from typing import Any

import msgspec

from fediserver.activitypub.document import fields, parts
from fediserver.activitypub.document.decode import Document
from fediserver.activitypub.document.parts import Kind
from fediserver.text.count import cut
from fediserver.text.tokens import prepared

MAX_ATTACHMENTS = 16
_LOOKED_AT = 64
_DESCRIPTION_LENGTH = 10_000
_SIZE = 100_000
_FILES = frozenset({"Document", "Image", "Video", "Audio"})
_KIND_OF_TYPE: dict[str, Kind] = {"Image": "image", "Video": "video", "Audio": "audio"}


class Attachment(msgspec.Struct, frozen=True):
    """A file: `description` is its alternative text, `focus` x and y from -1 to 1, sizes in pixels."""

    url: str
    media_type: str
    kind: Kind
    description: str
    blurhash: str
    focus: tuple[float, float] | None
    width: int | None
    height: int | None


def read_attachments(doc: Document, kind: str) -> tuple[Attachment, ...]:
    """The files in `attachment` and `image`, and the thumbnails of a Video or Audio; at most 16, each once."""
    values = [doc.get("attachment"), doc.get("image")]
    if kind in ("Video", "Audio"):
        values.append(doc.get("icon"))
    if kind in ("Image", "Document"):
        values.append({"type": kind, "url": doc.get("url"), "mediaType": doc.get("mediaType")})
    found: dict[str, Attachment] = {}
    for position, value in enumerate(values):
        for item in value[:_LOOKED_AT] if isinstance(value, list) else [value]:
            attachment = _attachment(item, is_picture=position > 0)
            if attachment and len(found) < MAX_ATTACHMENTS:
                found.setdefault(attachment.url, attachment)
    return tuple(found.values())


def linked_page(doc: Document) -> str:
    """The address that a post is about: a Link among its attachments that is no file; '' for none."""
    for item in fields.objects(doc.get("attachment"), _LOOKED_AT):
        if "Link" in fields.types(item):
            url = fields.link(item)
            if url and parts.kind_of(_media_type(item, url, "")) == "unknown":
                return url
    return ""


def _attachment(item: Any, *, is_picture: bool) -> Attachment | None:
    if isinstance(item, str):
        item = {"type": "Image" if is_picture else "Document", "url": item}
    if not isinstance(item, dict):
        return None
    kind = fields.type_among(item, _FILES) or ("Image" if is_picture else "")
    links = list(fields.links(item))
    if not links:
        return None
    url, declared = next((found for found in links if parts.kind_of(found[1]) != "unknown"), links[0])
    media_type = _media_type(item, url, declared)
    # A Link is a file only when it says so; a Document may be of a kind that we do not know.
    if not kind and parts.kind_of(media_type) == "unknown":
        return None
    shown = parts.kind_of(media_type)
    return Attachment(
        url=url,
        media_type=media_type,
        kind=shown if shown != "unknown" else _KIND_OF_TYPE.get(kind, "unknown"),
        description=_description(item),
        blurhash=parts.blurhash_of(item),
        focus=_focus(item.get("focalPoint")),
        width=_size(item, "width"),
        height=_size(item, "height"),
    )


def _media_type(item: Document, url: str, declared: str) -> str:
    own = parts.media_type_of(fields.text(item, "mediaType", limit=255))
    return own or parts.media_type_of(declared) or parts.guessed_type(url)


def _description(item: Document) -> str:
    name, _ = fields.language_map(item, "name")
    summary, _ = fields.language_map(item, "summary")
    return cut(prepared((name or summary)[: 2 * _DESCRIPTION_LENGTH]).strip(), _DESCRIPTION_LENGTH)


def _focus(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    x, y = value
    if isinstance(x, bool) or isinstance(y, bool):
        return None
    if not isinstance(x, int | float) or not isinstance(y, int | float):
        return None
    return (float(x), float(y)) if -1 <= x <= 1 and -1 <= y <= 1 else None


def _size(item: Document, key: str) -> int | None:
    found = fields.number(item, key)
    return found if found is not None and 0 < found <= _SIZE else None
