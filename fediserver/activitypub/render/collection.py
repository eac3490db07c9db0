"""Ordered collections and their pages."""

from collections.abc import Sequence

from fediserver.activitypub.document import Document
from fediserver.activitypub.render import embedded
from fediserver.activitypub.vocabulary import AS2, NOTE_CONTEXT


def collection(
    uri: str,
    *,
    total: int,
    items: Sequence[str | Document] | None = None,
    first: str = "",
    owner: str = "",
) -> Document:
    """A collection: with its items if it is short (pins, moderators, a thread), else with its first page.

    `owner` is the author of a thread's context (FEP-7888). With neither items nor `first` it tells only
    how many there are, as hidden followers do.
    """
    doc: Document = {
        "@context": _context(items or ()),
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": total,
    }
    if owner:
        doc["attributedTo"] = owner
    if items is not None:
        doc["orderedItems"] = _items(items)
    if first:
        doc["first"] = first
    return doc


def page(
    uri: str,
    *,
    part_of: str,
    items: Sequence[str | Document],
    total: int | None = None,
    next_page: str = "",
    previous_page: str = "",
) -> Document:
    """A page of a collection: addresses, or whole activities in an outbox."""
    doc: Document = {
        "@context": _context(items),
        "id": uri,
        "type": "OrderedCollectionPage",
        "partOf": part_of,
        "orderedItems": _items(items),
    }
    if total is not None:
        doc["totalItems"] = total
    if next_page:
        doc["next"] = next_page
    if previous_page:
        doc["prev"] = previous_page
    return doc


def hashtag(href: str, name: str) -> Document:
    """A hashtag that an actor features."""
    return {"@context": NOTE_CONTEXT, "type": "Hashtag", "href": href, "name": f"#{name}"}


def _items(items: Sequence[str | Document]) -> list[str | Document]:
    return [embedded(item) if isinstance(item, dict) else item for item in items]


def _context(items: Sequence[str | Document]) -> object:
    """The widest context among the items, which they lose: all of ours are AS2 or AS2 and terms."""
    found = [item["@context"] for item in items if isinstance(item, dict) and "@context" in item]
    return next((context for context in found if context != AS2), AS2)
