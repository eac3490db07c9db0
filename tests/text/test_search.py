"""The search field: what is typed, and what is meant."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.clock import DAY, parse
from fediserver.text.handles import Handle
from fediserver.text.search import SIGN, TERMS, Sought, Term, day_mark, mark, read

SEPTEMBER_3 = parse("2026-09-03T00:00:00Z") or 0


def terms(*found: str) -> tuple[Term, ...]:
    return tuple(Term(tuple(one.split())) for one in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Leek soup", {"wanted": terms("leek", "soup")}),
        ('"Leek soup" -potato', {"wanted": terms("leek soup"), "unwanted": terms("potato")}),
        ('-"leek soup"', {"unwanted": terms("leek soup")}),
        ("„Lauch Suppe”", {"wanted": terms("lauch suppe")}),
        ("gard*", {"wanted": (Term(("gard",), begins=True),)}),
        ("foo-bar", {"wanted": terms("foo bar")}),
        ("東京", {"wanted": terms("東 京")}),
        ("from:me", {"authors": (None,)}),
        ("FROM:@bob@elm.example", {"authors": (Handle("bob", "elm.example"),)}),
        ("-from:bob", {"other_than": (Handle("bob"),)}),
        ("has:image", {"wanted": (Term((mark("h", "image"),)),)}),
        ("-has:embed", {"unwanted": (Term((mark("h", "link"),)),)}),
        ("is:reply -is:sensitive", {
            "wanted": (Term((mark("i", "reply"),)),), "unwanted": (Term((mark("i", "sensitive"),)),)}),
        ("language:de-AT", {"wanted": (Term((mark("l", "de"),)),)}),
        ("before:2026-09-03", {"until": SEPTEMBER_3}),
        ("after:2026-09-03", {"since": SEPTEMBER_3 + DAY}),
        ("-before:2026-09-03", {"since": SEPTEMBER_3}),
        ("-after:2026-9-3", {"until": SEPTEMBER_3 + DAY}),
        ('during:"2026-09-03"', {"wanted": (Term((day_mark(SEPTEMBER_3),)),)}),
        ("in:library", {"where": "library"}),
        ("-in:library", {"where": "public"}),
        ("in:all", {"where": "all"}),
        # What cannot be read is words.
        ("has:wings", {"wanted": terms("has wings")}),
        ("before:yesterday", {"wanted": terms("before yesterday")}),
        ("before:2026-02-31", {"wanted": terms("before 2026 02 31")}),
        ("in:space", {"wanted": terms("in space")}),
        ("from:<>", {"wanted": terms("from")}),
        ("language:klingon", {"wanted": terms("language klingon")}),
        ("http://elm.example", {"wanted": terms("http elm example")}),
        ('"', {}),
        ('-""', {}),
        (":-( OR NEAR(", {"wanted": terms("or", "near")}),
    ],
)  # fmt: skip
def test_reading(text: str, expected: dict[str, Any]) -> None:
    assert read(text) == Sought(**expected)


def test_a_query_is_bounded() -> None:
    assert len(read("a " * 900).wanted) == TERMS


@given(st.text())
def test_anything_can_be_typed(text: str) -> None:
    found = read(text)
    for term in (*found.wanted, *found.unwanted):
        assert term.words
        assert all(word.removeprefix(SIGN).isalnum() for word in term.words)


_PIECES = st.sampled_from(
    [
        "from:",
        "has:",
        "before:",
        "in:",
        "-",
        '"',
        "me",
        "image",
        "2026-09-03",
        "*",
        "leek",
        " ",
        "'",
        "(",
        "\\",
        "§a",
    ]
)


@given(st.lists(_PIECES, max_size=12))
def test_pieces_of_the_language_in_any_order(pieces: list[str]) -> None:
    found = read("".join(pieces))
    assert found.since <= 1 << 62
    assert found.where in ("all", "library", "public")
