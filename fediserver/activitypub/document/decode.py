"""A stranger's bytes as a JSON object, with every bound checked before memory is spent on it."""

import re
from typing import Any

import orjson

from fediserver.errors import BadRequest, Refused

Document = dict[str, Any]

MAX_BODY = 1 << 20
"""Bytes of a document: what Mastodon and Lemmy take."""

MAX_DEPTH = 32
MAX_VALUES = 50_000
"""Values of a document: 1 MiB of brackets would otherwise become 30 MiB of objects."""

# Once escaped quotes are gone. The end is optional, so that a string without one is not looked at twice.
_STRING = re.compile(rb'"[^"]*"?')
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# Names that move objects to where a plain reader does not look for them.
_REFUSED_KEYS = frozenset({"@graph", "@included", "@reverse"})


def parse(body: bytes, limit: int = MAX_BODY) -> Document:
    """Read a JSON object.

    BadRequest for more than `limit` bytes, depth above 32, too many values, NUL in strings, a key that
    stands twice in an object, and what is no JSON object; Refused (graph) for `@graph`, `@included`
    and `@reverse`. A key that stands twice is refused because two readers of the same signed bytes
    could otherwise see two different things.
    """
    if len(body) > limit:
        raise BadRequest(f"The document is larger than {limit} bytes")
    bare = _bare(body)
    if not _is_shallow(bare):
        raise BadRequest(f"The brackets of the document do not match, or nest deeper than {MAX_DEPTH}")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise BadRequest(f"The document is not JSON: {problem}") from None
    if not isinstance(document, dict):
        raise BadRequest("The document must be a JSON object")
    # Outside strings, each colon belongs to one key.
    if _check(document, look_for_nul=b"\\u0000" in body) != bare.count(b":"):
        raise BadRequest("A key stands twice in one object of the document")
    return document


def _bare(body: bytes) -> bytes:
    """The document without its strings; BadRequest for too many values."""
    quoted = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Each value has at most a key and itself in quotes.
    if quoted.count(b'"') <= 4 * MAX_VALUES:
        bare = _STRING.sub(b"", quoted)
        if bare.count(b",") + bare.count(b"[") + bare.count(b"{") <= MAX_VALUES:
            return bare
    raise BadRequest(f"The document has more than {MAX_VALUES} values")


def _is_shallow(bare: bytes) -> bool:
    """Whether brackets match and nest at most 32 deep: each round removes the innermost ones."""
    brackets = bare.translate(_BRACKETS, _ALL_BUT_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not brackets:
            return True
        brackets = brackets.replace(b"[]", b"")
    return not brackets


def _check(document: Document, *, look_for_nul: bool) -> int:
    """The number of keys; Refused and BadRequest for what must not occur anywhere."""
    keys = 0
    waiting: list[tuple[Any, bool]] = [(document, False)]
    while waiting:
        value, in_context = waiting.pop()
        if isinstance(value, dict):
            keys += len(value)
            # In a context these words only define terms, and contexts are not interpreted here.
            if not in_context and not _REFUSED_KEYS.isdisjoint(value):
                raise Refused("graph", "@graph, @included and @reverse are not accepted: send plain AS2")
            if look_for_nul and any("\0" in key for key in value):
                raise BadRequest("A key of the document has a NUL character")
            waiting += ((item, in_context or key == "@context") for key, item in value.items())
        elif isinstance(value, list):
            waiting += ((item, in_context) for item in value)
        elif look_for_nul and isinstance(value, str) and "\0" in value:
            raise BadRequest("A text of the document has a NUL character")
    return keys
