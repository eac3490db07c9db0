"""Collections and their pages, as far as the ids of what they list."""

from typing import Any

import msgspec

from fediserver.activitypub.document import fields
from fediserver.activitypub.document.decode import Document
from fediserver.activitypub.vocabulary import COLLECTIONS

MAX_ITEMS = 1_000
"""Of one page."""


class CollectionDocument(msgspec.Struct, frozen=True):
    """What one document lists: ids, each once, of the collection and of a first page within it.

    `following` is the address of the page after that, '' for none. What stands in the items beside their ids
    is not looked at: their own servers are asked.
    """

    items: tuple[str, ...]
    following: str


def read_collection(value: Any) -> CollectionDocument:
    """Read a collection or page, or the field of a post that holds or names one; of anything else, nothing."""
    if not isinstance(value, dict):
        return CollectionDocument((), fields.ident(value) or "")
    if not fields.type_among(value, COLLECTIONS):
        return CollectionDocument((), "")
    first = value.get("first")
    within = first if isinstance(first, dict) and fields.type_among(first, COLLECTIONS) else None
    items = _items(value)
    if within is not None:
        items = tuple(dict.fromkeys((*items, *_items(within))))[:MAX_ITEMS]
        return CollectionDocument(items, fields.ident(within.get("next")) or "")
    following = fields.ident(value.get("next")) or fields.ident(first) or ""
    if not items and not following:
        # Named in a post by its type and id alone.
        following = fields.ident(value.get("id")) or ""
    return CollectionDocument(items, following)


def _items(doc: Document) -> tuple[str, ...]:
    for key in ("orderedItems", "items"):
        if found := fields.idents(doc.get(key), MAX_ITEMS):
            return found
    return ()
