"""Words as search knows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.text.words import LONGEST, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("Crème brûlée à la Straße", ["creme", "brulee", "a", "la", "strasse"]),
        ("Ærøskøbing Łódź", ["aeroskobing", "lodz"]),
        ("don't snake_case 10:30", ["don", "t", "snake", "case", "10", "30"]),
        ("東京都 cafe", ["東", "京", "都", "cafe"]),
        ("abc東京", ["abc", "東", "京"]),
        ("がカ", ["が", "カ"]),
        ("한국어", ["한", "국", "어"]),
        ("ＡＢＣ１２３", ["abc123"]),
        ("Приве́т", ["привет"]),
        ("مُحَمَّد", ["محمد"]),
        ("ΌΣΟΣ", ["οσοσ"]),
        ("", []),
        ("… 🌱 —", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_words_are_bounded() -> None:
    assert words("a" * 500) == ["a" * LONGEST]
    assert len(words("a b " * 10_000, most=7)) == 7


@given(st.text())
def test_words_hold_nothing_that_a_database_could_read_as_a_query(text: str) -> None:
    for word in words(text):
        assert word
        assert word.isalnum()
        word.encode()


@given(st.text())
def test_words_of_words_are_the_same(text: str) -> None:
    found = words(text)
    assert words(" ".join(found)) == found
