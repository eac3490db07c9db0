"""Counting as people and Mastodon do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.text.count import count, cut, graphemes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("abc", 3),
        ("a\r\nb", 3),
        ("e\u0301", 1),
        ("é日本", 3),
        ("👩‍👩‍👧‍👦", 1),
        ("👍🏽👍", 2),
        ("❤️❤︎", 2),
        ("👩🏻‍❤️‍💋‍👨🏽", 1),
        ("🏳️‍🌈", 1),
        ("🇩🇪🇫🇷", 2),
        ("🇩🇪🇫", 2),
        ("a🇩🇪", 2),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 1),
        ("1️⃣", 1),
        ("각", 1),
        ("\u1100\u1161\u11a8", 1),
        ("가\u11a8힣", 2),
        ("नि", 1),
        ("กำ", 1),
        ("a\u200db", 2),
        ("😀😀", 2),
        ("♥️✌🏿☀", 3),
        ("か\uff9e", 1),
        ("\n\u0301", 2),
    ],
)
def test_grapheme_clusters(text: str, expected: int) -> None:
    assert graphemes(text) == expected


@pytest.mark.parametrize(
    ("text", "spoiler", "expected"),
    [
        ("hello", "", 5),
        ("hello", "tea", 8),
        ("see https://x.example/" + "a" * 500 + " ok", "", 4 + 23 + 3),
        ("http://x.example", "", 23),
        ("x.example", "", 9),
        ("@bob@b.example hi", "", 7),
        ("@bob@[::1]:8001", "", 4),
        ("@bob", "", 4),
        ("a\r\nb", "", 3),
        ("x", "https://x.example", 18),
    ],
)
def test_posts(text: str, spoiler: str, expected: int) -> None:
    assert count(text, spoiler) == expected


def test_a_tower_of_marks_is_not_one_character() -> None:
    assert graphemes("a" + "\u0301" * 3_199) == 100


@settings(deadline=None)
@given(st.text(), st.integers(0, 20))
def test_cut_is_a_beginning_and_never_too_long(text: str, limit: int) -> None:
    kept = cut(text, limit)
    assert text.startswith(kept)
    assert len(kept) <= limit
    assert graphemes(kept) + graphemes(text[len(kept) :]) >= graphemes(text)


@settings(deadline=None)
@given(st.text())
def test_counting_never_raises(text: str) -> None:
    assert 0 <= graphemes(text) <= len(text)
    assert count(text) >= 0
