"""Keywords in texts, compared with a model that looks at one character after the other."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.text import keywords


def found(wanted: str, text: str, *, whole_word: bool = True) -> bool:
    return keywords.occurs(keywords.keyword(wanted, whole_word=whole_word), keywords.text(text))


@pytest.mark.parametrize(
    ("wanted", "text", "whole", "anywhere"),
    [
        ("cat", "A Cat sat", True, True),
        ("cat", "concatenate", False, True),
        ("cat", "cat", True, True),
        ("cat", "cats", False, True),
        ("cat", "(cat)!", True, True),
        ("cat", "cat_food", False, True),
        ("#cat", "see #cat", True, True),
        ("#cat", "x#cat", True, True),
        ("#cat", "#cats", False, True),
        ("c++", "I write C++, mostly", True, True),
        ("c++", "abc++", False, True),
        ("ice cream", "ICE  cream", False, False),
        ("ice cream", "nice creams", False, True),
        (".*", "a.*b", True, True),
        (".*", "anything", False, False),
        ("straße", "STRASSE", True, True),
        ("CAFÉ", "cafe\u0301", True, True),
        ("cafe", "café", False, False),
        ("ΟΔΟΣ", "οδος", True, True),
        # Vowel signs are parts of a word.
        ("हिन्दी", "हिन्दी में", True, True),
        ("हिन", "हिन्दी", False, True),
        ("क", "कि", False, True),
        ("猫", "猫が好き", False, True),
        ("猫", "「猫」", True, True),
        ("a b", "a\0b", True, True),
    ],
)
def test_keywords_are_found(wanted: str, text: str, whole: bool, anywhere: bool) -> None:
    assert found(wanted, text) is whole
    assert found(wanted, text, whole_word=False) is anywhere


def is_part_of_word(char: str) -> bool:
    return char == "_" or unicodedata.category(char) in {
        *("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Mn", "Mc", "Me", "Pc")
    }


def model(wanted: str, text: str, *, whole_word: bool) -> bool:
    """Try every place; at a whole word's ends, look at the neighbours."""
    wanted, text = [
        unicodedata.normalize("NFC", unicodedata.normalize("NFD", one).casefold()) for one in (wanted, text)
    ]
    for start in range(len(text) - len(wanted) + 1):
        end = start + len(wanted)
        if text[start:end] != wanted:
            continue
        if not whole_word:
            return True
        joined_before = start > 0 and is_part_of_word(text[start - 1]) and is_part_of_word(wanted[0])
        joined_after = end < len(text) and is_part_of_word(text[end]) and is_part_of_word(wanted[-1])
        if not joined_before and not joined_after:
            return True
    return False


# A small alphabet, so that keywords do occur: letters in both cases, marks, digits, connectors, signs, scripts.
LETTERS = "aAbBßÉéıİ1²_‿ #.*+(\\-\u0301\u0308κΣσςхक\u093f\u094d猫ー\U0001d165\U00011038\U0001f408"
words = st.text(st.sampled_from(LETTERS), min_size=1, max_size=4)
texts = st.text(st.sampled_from(LETTERS), max_size=30)


@given(wanted=words, text=texts, whole_word=st.booleans())
def test_the_finder_agrees_with_the_model(wanted: str, text: str, whole_word: bool) -> None:
    assert found(wanted, text, whole_word=whole_word) == model(wanted, text, whole_word=whole_word)


def test_every_mark_of_unicode_is_known() -> None:
    marks = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == "M"]
    assert len(marks) > 2000
    assert [mark for mark in marks if found("猫", f"猫{mark}")] == []


@given(before=texts, wanted=words, after=texts)
def test_what_is_written_is_found_anywhere(before: str, wanted: str, after: str) -> None:
    """Unless marks join it to its neighbours, which makes it another text."""
    text = f"{before} {wanted} {after}"
    if not unicodedata.combining(wanted[0]) and not unicodedata.combining((after or " ")[0]):
        assert found(wanted, text, whole_word=False)


@given(text=st.text(max_size=50), wanted=st.text(min_size=1, max_size=5), whole_word=st.booleans())
def test_any_text_can_be_searched(text: str, wanted: str, whole_word: bool) -> None:
    whole, anywhere = [found(wanted, text, whole_word=one) for one in (True, False)]
    assert anywhere or not whole
