"""Rows as ActivityPub documents, the twins of what `document` reads; every function here is pure.

A document carries its own `@context`, which it loses when it is embedded in another.
"""

from collections.abc import Callable
from typing import Any

import orjson

from fediserver.activitypub.document import Document

MAX_SENT = 65_535
"""Bytes of what is delivered: Misskey refuses bodies of 64 KiB."""

MediaUrl = Callable[[str], str]
"""The address of a path below /media/."""

# What can be had elsewhere goes first.
_SPARE = ("source", "preview", "contentMap", "replies")


def dumps(doc: Document, limit: int = MAX_SENT) -> bytes:
    """The bytes of a document. While they are above `limit`, source, preview and the like are left out."""
    body = orjson.dumps(doc)
    for key in _SPARE:
        if len(body) <= limit:
            break
        doc = _without(doc, key)
        body = orjson.dumps(doc)
    return body


def embedded(doc: Document) -> Document:
    """A document as it stands inside another."""
    return {key: value for key, value in doc.items() if key != "@context"}


def _without(doc: Document, key: str) -> Document:
    kept: dict[str, Any] = {name: value for name, value in doc.items() if name != key}
    inner = kept.get("object")
    return kept | {"object": _without(inner, key)} if isinstance(inner, dict) else kept
