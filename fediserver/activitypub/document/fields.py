"""Single fields of a stranger's document, where each may be a string, object, array or null.

Nothing here raises: what is not of the form that is asked for counts as absent.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from fediserver import clock
from fediserver.activitypub.document.decode import Document
from fediserver.activitypub.vocabulary import AS2, PUBLIC, PUBLIC_FORMS
from fediserver.text.language import normalise

URI_LENGTH = 2048
"""Characters of the longest address."""

TEXT_LENGTH = 262_144
"""Characters of a text that are looked at."""

MAX_NUMBER = (1 << 53) - 1
_TYPES = 8
# The end of 9999, which a zone may put into the year 10000: nobody could write that down again.
_LAST_MOMENT = 253_402_300_799_999
# A link in a link in a link is nothing that anybody sends.
_NESTED = 3


def first(value: Any) -> Any:
    """The value itself, or the first item of a list that is not null."""
    if isinstance(value, list):
        return next((item for item in value if item is not None), None)
    return value


def text(doc: Document, key: str, *, limit: int = TEXT_LENGTH) -> str:
    """A text as sent, cut to `limit` characters; '' for none. It is not cleaned."""
    return string(doc.get(key))[:limit]


def string(value: Any) -> str:
    """The string that a value is, begins with or wraps in `@value`; '' for none."""
    value = first(value)
    if isinstance(value, dict):
        value = value.get("@value")
    return value if isinstance(value, str) else ""


def ident(value: Any) -> str | None:
    """The id of an object or of whatever names one: an http or https address; Public as the full IRI."""
    value = first(value)
    if isinstance(value, dict):
        value = value.get("id") or value.get("@id") or value.get("href")
    if not isinstance(value, str):
        return None
    if value in PUBLIC_FORMS:
        return PUBLIC
    return value if is_address(value) else None


def is_address(uri: str) -> bool:
    """Whether it is an http or https address that all readers take for the same host."""
    # A backslash, a blank or a user name before the host is how two parsers come to see two hosts.
    if len(uri) > URI_LENGTH or "\\" in uri or " " in uri or not uri.isprintable():
        return False
    try:
        parts = urlsplit(uri)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and parts.port != 0
        )
    except ValueError:
        return False


def idents(value: Any, limit: int) -> tuple[str, ...]:
    """The ids of a list or single value, each once, in order; at most `limit` items are looked at."""
    items = value[:limit] if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(found for item in items if (found := ident(item))))


def objects(value: Any, limit: int) -> list[Document]:
    """The objects of a list or single value; strings are left out."""
    items = value[:limit] if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def types(doc: Document) -> tuple[str, ...]:
    """The types, at most eight, without a prefix of ActivityStreams."""
    value = doc.get("type", doc.get("@type"))
    items = value[:_TYPES] if isinstance(value, list) else [value]
    return tuple(item.removeprefix("as:").removeprefix(AS2 + "#") for item in items if isinstance(item, str))


def type_among(doc: Document, family: frozenset[str]) -> str:
    """The first type that belongs to a family; '' for none."""
    return next((name for name in types(doc) if name in family), "")


def is_public(value: Any) -> bool:
    """Whether a `to` or `cc` names the public collection, in any form."""
    items = value if isinstance(value, list) else [value]
    return any(ident(item) == PUBLIC for item in items)


def language_map(doc: Document, key: str) -> tuple[str, str | None]:
    """A text and its language: `content` with `contentMap`, `name` with `nameMap` and so on.

    The map's first language counts, as in Mastodon, unless another holds the very text.
    """
    found = string(doc.get(key))[:TEXT_LENGTH]
    mapped = doc.get(f"{key}Map")
    entries = (
        [(name, string(value)[:TEXT_LENGTH]) for name, value in list(mapped.items())[:_TYPES]]
        if isinstance(mapped, dict)
        else []
    )
    if not entries:
        wrapped = first(doc.get(key))
        named = string(wrapped.get("@language")) if isinstance(wrapped, dict) else ""
        return found, normalise(named)
    same = (entry for entry in entries if found and entry[1] == found)
    told = (entry for entry in entries if entry[1])
    name, value = next(same, None) or next(told, entries[0])
    return found or value, normalise(name)


def time(doc: Document, key: str) -> int | None:
    """Milliseconds since 1970; None for no time that can be read, and for one before 1970 or after 9999."""
    found = clock.parse(string(doc.get(key)))
    return found if found is not None and 0 <= found <= _LAST_MOMENT else None


def number(doc: Document, key: str) -> int | None:
    """A whole number from 0 to 2^53-1, also written as float or text; None for anything else."""
    value = first(doc.get(key))
    if isinstance(value, dict):
        value = value.get("@value")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 17:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= MAX_NUMBER else None


def boolean(doc: Document, key: str, *, default: bool = False) -> bool:
    """True or false, also written as text."""
    value = first(doc.get(key))
    if isinstance(value, dict):
        value = value.get("@value")
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else default


def links(value: Any, limit: int = 32) -> Iterator[tuple[str, str]]:
    """The addresses of a `url` field with their media types ('' for none), however they are wrapped."""
    yield from _links(value, limit, _NESTED)


def _links(value: Any, limit: int, nested: int) -> Iterator[tuple[str, str]]:
    for item in value[:limit] if isinstance(value, list) else [value]:
        if isinstance(item, str):
            if is_address(item):
                yield item, ""
        elif isinstance(item, dict):
            href = item.get("href")
            if isinstance(href, str):
                if is_address(href):
                    yield href, string(item.get("mediaType"))[:255].lower()
            elif nested:
                yield from _links(item.get("url"), limit, nested - 1)


def link(value: Any) -> str:
    """The address for readers: the first HTML link of a `url` field, else the first link, else ''."""
    found = list(links(value))
    pages = (href for href, media_type in found if media_type.split(";")[0].strip() == "text/html")
    return next(pages, found[0][0] if found else "")
