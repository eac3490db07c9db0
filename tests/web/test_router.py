"""The route table, and a plain reference that it has to agree with."""

from collections.abc import Callable, Iterable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.web.router import Match, MethodNotAllowed, Route, Router, wire_path


def nothing() -> None:
    """An endpoint."""


def router(*paths: str) -> Router:
    return Router(Route(method="GET", path=path, endpoint=nothing) for path in paths)


def found(table: Router, path: str, method: str = "GET") -> tuple[str, dict[str, str]] | None:
    match = table.match(method, path)
    return (match.route.path, match.params) if isinstance(match, Match) else None


PAGES = router(
    "/",
    "/@{name}",
    "/@{name}.rss",
    "/@{name}/{id}",
    "/users/{name}",
    "/users/{name}/statuses/{id}",
    "/api/v1/accounts/lookup",
    "/api/v1/accounts/{id}",
    "/api/v1/accounts/{id}/statuses",
    "/tags/{tag}",
    "/static/{file*}",
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ("/", {})),
        ("/@alice", ("/@{name}", {"name": "alice"})),
        ("/%40alice", ("/@{name}", {"name": "alice"})),
        ("/@alice.rss", ("/@{name}.rss", {"name": "alice"})),
        ("/@.rss", ("/@{name}", {"name": ".rss"})),
        ("/@alice/123", ("/@{name}/{id}", {"name": "alice", "id": "123"})),
        ("/@", None),
        ("/users/alice/", ("/users/{name}", {"name": "alice"})),
        ("/users/alice/statuses/7", ("/users/{name}/statuses/{id}", {"name": "alice", "id": "7"})),
        ("/users//statuses/7", None),
        ("/api/v1/accounts/lookup", ("/api/v1/accounts/lookup", {})),
        ("/api/v1/accounts/lookup/", ("/api/v1/accounts/lookup", {})),
        ("/api/v1/accounts/%6cookup", ("/api/v1/accounts/lookup", {})),
        ("/api/v1/accounts/lookup/statuses", ("/api/v1/accounts/{id}/statuses", {"id": "lookup"})),
        ("/api/v1/accounts/1//", None),
        ("/api/v1/accounts", None),
        ("/tags/a%2Fb", ("/tags/{tag}", {"tag": "a/b"})),
        ("/tags/caf%C3%A9", ("/tags/{tag}", {"tag": "café"})),
        ("/tags/café", ("/tags/{tag}", {"tag": "café"})),
        ("/tags/%ff", None),
        ("/tags/\udcff", None),
        ("/tags/a%00", None),
        ("/tags/a\0", None),
        ("/tags/..", None),
        ("/tags/%2e%2e", None),
        ("/static/css/page.css", ("/static/{file*}", {"file": "css/page.css"})),
        ("/static/css/%2e%2e/secret", None),
        ("/static/css%2f..%2fsecret", None),
        ("/static/", None),
        ("//", None),
        ("", None),
        ("no-slash", None),
    ],
)
def test_paths(path: str, expected: tuple[str, dict[str, str]] | None) -> None:
    assert found(PAGES, path) == expected


def test_methods() -> None:
    def make(method: str, endpoint: Callable[..., object]) -> Route:
        return Route(method=method, path="/api/v1/lists/{id}", endpoint=endpoint, extra=method.lower())

    table = Router([make("GET", nothing), make("DELETE", found)])
    deleted = table.match("DELETE", "/api/v1/lists/1")
    assert isinstance(deleted, Match)
    assert deleted.route.endpoint is found
    assert deleted.route.extra == "delete"
    headed = table.match("HEAD", "/api/v1/lists/1/")
    assert isinstance(headed, Match)
    assert headed.route.method == "GET"
    assert table.match("POST", "/api/v1/lists/1") == MethodNotAllowed(("DELETE", "GET", "HEAD"))
    assert table.match("POST", "/api/v1/other/1") is None


def test_the_same_path_may_name_its_parameter_differently_per_method() -> None:
    table = Router(
        [
            Route(method="GET", path="/x/{id}", endpoint=nothing),
            Route(method="PUT", path="/x/{name}", endpoint=nothing),
        ]
    )
    assert found(table, "/x/1") == ("/x/{id}", {"id": "1"})
    assert found(table, "/x/1", "PUT") == ("/x/{name}", {"name": "1"})


@pytest.mark.parametrize(
    "paths",
    [
        ["/a", "/a/"],
        ["/{a}", "/{b}"],
        ["/{a*}", "/{b*}"],
        ["/{a}/{a}"],
        ["/{a}{b}"],
        ["/{a"],
        ["/{}"],
        ["/{a*}/b"],
        ["/x{a*}"],
        ["a"],
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(paths: list[str]) -> None:
    with pytest.raises(ValueError, match=r"/|a"):
        router(*paths)


def test_the_wire_path_keeps_encoded_slashes() -> None:
    assert wire_path({"raw_path": b"/tags/a%2Fb", "path": "/tags/a/b"}) == "/tags/a%2Fb"
    assert wire_path({"raw_path": None, "path": "/tags/café"}) == "/tags/caf%C3%A9"
    assert found(PAGES, wire_path({"raw_path": b"/tags/\xff", "path": ""})) is None


SEGMENTS = ["a", "b", "{x}", "@{x}", "@{x}.rss", "{x}.rss"]
TABLES = st.lists(st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=3), max_size=8)
WORDS = st.sampled_from(["a", "b", "@a", "@a.rss", "a.rss", "@.rss", "a/b", "é", "%"])


def reference(patterns: list[list[str]], segments: list[str]) -> str | None:
    """Every pattern in turn, the best segment by segment: literal first, then by length of its literals."""

    def fits(pattern: str, segment: str) -> bool:
        if "{" not in pattern:
            return pattern == segment
        prefix, suffix = pattern.split("{x}")
        taken = len(segment) - len(prefix) - len(suffix)
        return taken > 0 and segment.startswith(prefix) and segment.endswith(suffix)

    def rank(pattern: Iterable[str]) -> list[int]:
        return [-100 if "{" not in part else -len(part) for part in pattern]

    fitting = [
        pattern for pattern in patterns if len(pattern) == len(segments) and all(map(fits, pattern, segments))
    ]
    return "/" + "/".join(min(fitting, key=rank)) if fitting else None


@settings(max_examples=100)
@given(TABLES, st.lists(WORDS, min_size=1, max_size=3), st.sampled_from(["", "/"]))
def test_the_trie_agrees_with_the_reference(patterns: list[list[str]], words: list[str], slash: str) -> None:
    unique = list({tuple(pattern): pattern for pattern in patterns}.values())
    # A name stands once in a path, so they are numbered by their place.
    paths = {
        "/" + "/".join(part.replace("x", f"x{place}") for place, part in enumerate(pattern)): pattern
        for pattern in unique
    }
    match = router(*paths).match("GET", "/" + "/".join(quote(word, safe="@") for word in words) + slash)
    expected = reference(unique, words)
    assert (("/" + "/".join(paths[match.route.path])) if isinstance(match, Match) else None) == expected


@settings(max_examples=100)
@given(st.text(max_size=30))
def test_no_path_breaks_it(path: str) -> None:
    PAGES.match("GET", path)
    PAGES.match("GET", "/static/" + path)
