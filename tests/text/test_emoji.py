"""What counts as one emoji."""

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.text.count import graphemes
from fediserver.text.emoji import LONGEST, is_emoji

PARTS = st.sampled_from("🎉❤👍🏽\u200d\ufe0f1#\u20e3🇩🇪🏴a \u0301\U000e0067\U000e007f")


ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
EMOJI = ("🎉", "❤", "❤️", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "1️⃣", "#⃣", "©", ENGLAND)
MANY = "🎉" + "\ufe0f" * LONGEST
OTHERS = (
    "",
    " ",
    "a",
    "1",
    "#",
    "🎉🎉",
    "🎉a",
    "🎉 ",
    "🇩",
    "ä",
    "🎉\u200d",
    "e\u0301",
    "🎉\u0301",
    "\u200d",
    MANY,
)


@pytest.mark.parametrize("text", EMOJI)
def test_an_emoji_is_one(text: str) -> None:
    assert is_emoji(text)


@pytest.mark.parametrize("text", OTHERS)
def test_other_text_is_none(text: str) -> None:
    assert not is_emoji(text)


@given(st.text(PARTS, max_size=6) | st.text(max_size=6))
def test_an_emoji_is_one_character_to_whoever_reads_it(text: str) -> None:
    if is_emoji(text):
        assert graphemes(text) == 1
        assert not any(category(character)[0] in "LZ" for character in text)
