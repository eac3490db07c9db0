"""The route table: static paths in a dict, paths with parameters in a trie of segments."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from starlette.types import Scope

_DOTS = frozenset({".", ".."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line of the table of contents.

    `path` is made of segments: `{id}` takes a whole segment, `@{name}.rss` the part between a literal
    prefix and suffix, and `{rest*}`, in last place only, everything that remains (one segment or more,
    joined by `/`). `extra` is whatever the table's owner wants to keep beside it: a scope, a limit.
    """

    method: str
    path: str
    endpoint: Callable[..., object]
    extra: object = None


class Match(NamedTuple):
    """The route of a request, and its parameters, percent-decoded."""

    route: Route
    params: dict[str, str]


class MethodNotAllowed(NamedTuple):
    """The path is known, but not for this method (405); `allowed` goes into the Allow header."""

    allowed: tuple[str, ...]


class _Leaf:
    """The end of a path: a route and the names of its parameters per method."""

    def __init__(self) -> None:
        self.routes: dict[str, tuple[Route, tuple[str, ...]]] = {}

    def add(self, route: Route, names: tuple[str, ...]) -> None:
        if route.method in self.routes:
            raise ValueError(f"{route.method} {route.path} is in the route table twice")
        self.routes[route.method] = route, names

    def answer(self, method: str, values: list[str]) -> Match | MethodNotAllowed:
        found = self.routes.get(method)
        if found is None and method == "HEAD":
            found = self.routes.get("GET")
        if found is None:
            heads = {"HEAD"} if "GET" in self.routes else set()
            return MethodNotAllowed(tuple(sorted({*self.routes, *heads})))
        route, names = found
        return Match(route, dict(zip(names, values, strict=True)))


@dataclass(slots=True)
class _Node:
    """A place in the trie: what may follow, in order of precedence."""

    static: dict[str, "_Node"] = field(default_factory=dict)
    # (prefix, suffix, what follows), those with the most literal text first; `{id}` has neither.
    patterns: list[tuple[str, str, "_Node"]] = field(default_factory=list)
    leaf: _Leaf | None = None
    rest: _Leaf | None = None

    def pattern(self, prefix: str, suffix: str) -> "_Node":
        for known_prefix, known_suffix, node in self.patterns:
            if (known_prefix, known_suffix) == (prefix, suffix):
                return node
        node = _Node()
        self.patterns.append((prefix, suffix, node))
        self.patterns.sort(key=lambda each: -len(each[0] + each[1]))
        return node


class Router:
    """Finds the route of a request; a few µs however many routes there are.

    Static segments win over patterns, patterns with more literal text over those with less, and `{rest*}`
    comes last. The first path that fits decides about the method. HEAD falls back to GET; a trailing
    slash is the same path.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        self._static: dict[str, _Leaf] = {}
        for route in routes:
            self._add(route)

    def match(self, method: str, path: str) -> Match | MethodNotAllowed | None:
        """The answer for a path as it came over the wire (see `wire_path`), still percent-encoded.

        None: no such path, or one that cannot be decoded (invalid UTF-8, NUL).
        """
        leaf = self._static.get(path)
        if leaf is not None:
            return leaf.answer(method, [])
        segments = _segments(path)
        if segments is None:
            return None
        values: list[str] = []
        leaf = _find(self._root, segments, 0, values)
        return None if leaf is None else leaf.answer(method, values)

    def _add(self, route: Route) -> None:
        if not route.path.startswith("/"):
            raise ValueError(f"{route.path}: a path starts with /")
        pieces = route.path.strip("/").split("/") if route.path != "/" else []
        names: list[str] = []
        node = self._root
        for place, piece in enumerate(pieces):
            prefix, name, suffix = _pattern(route.path, piece)
            if name.endswith("*"):
                if prefix or suffix or place != len(pieces) - 1:
                    raise ValueError(f"{route.path}: {piece} has to be the whole last segment")
                node.rest = node.rest or _Leaf()
                node.rest.add(route, (*names, name[:-1]))
                return
            if name:
                names.append(name)
                node = node.pattern(prefix, suffix)
            else:
                node = node.static.setdefault(piece, _Node())
        if len(set(names)) != len(names):
            raise ValueError(f"{route.path} names a parameter twice")
        node.leaf = node.leaf or _Leaf()
        node.leaf.add(route, tuple(names))
        if not names:
            path = "/" + "/".join(pieces)
            self._static[path] = node.leaf
            self._static[path.rstrip("/") + "/"] = node.leaf


def wire_path(scope: Scope) -> str:
    """The path as it was sent, for `Router.match`: the server's own decoding has lost which `/` was `%2F`."""
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return quote(scope["path"], safe="/@:")
    return raw.decode("utf-8", "surrogateescape")


def _pattern(path: str, piece: str) -> tuple[str, str, str]:
    """Prefix, name and suffix of `@{name}.rss`; the name is empty for a static segment."""
    if "{" not in piece and "}" not in piece:
        return piece, "", ""
    prefix, opened, rest = piece.partition("{")
    name, closed, suffix = rest.partition("}")
    if not (opened and closed and name.removesuffix("*").isidentifier()) or "{" in suffix or "}" in suffix:
        raise ValueError(f"{path}: {piece} is not a segment such as {{id}} or @{{name}}.rss")
    return prefix, name, suffix


def _segments(path: str) -> list[str] | None:
    """The decoded segments, without the empty one of a trailing slash; None when they cannot be decoded."""
    if not path.startswith("/"):
        return None
    pieces = path[1:].removesuffix("/").split("/") if len(path) > 1 else []
    if "%" not in path and path.isascii():
        return None if "\0" in path else pieces
    try:
        decoded = [unquote_to_bytes(piece).decode() for piece in pieces]
    except UnicodeError:
        return None
    # PostgreSQL cannot store a NUL, and no name or id has one.
    return None if any("\0" in piece for piece in decoded) else decoded


def _find(node: _Node, segments: list[str], place: int, values: list[str]) -> _Leaf | None:
    """The leaf that the segments from `place` on lead to; what the patterns took is appended to `values`."""
    if place == len(segments):
        return node.leaf
    segment = segments[place]
    following = node.static.get(segment)
    if following is not None:
        found = _find(following, segments, place + 1, values)
        if found is not None:
            return found
    if node.patterns:
        for value, after in _fitting(node, segment):
            values.append(value)
            found = _find(after, segments, place + 1, values)
            if found is not None:
                return found
            values.pop()
    if node.rest is None or not all(map(_harmless, segments[place:])):
        return None
    values.append("/".join(segments[place:]))
    return node.rest


def _fitting(node: _Node, segment: str) -> Iterator[tuple[str, _Node]]:
    """What each pattern that fits takes of a segment: never nothing, and never a step in a file system."""
    for prefix, suffix, after in node.patterns:
        if segment.startswith(prefix) and segment.endswith(suffix):
            value = segment[len(prefix) : len(segment) - len(suffix)]
            if value and value not in _DOTS and len(value) + len(prefix) + len(suffix) == len(segment):
                yield value, after


def _harmless(segment: str) -> bool:
    """Whether a segment may be part of `{rest*}`, which is joined by slashes again."""
    return bool(segment) and segment not in _DOTS and "/" not in segment
