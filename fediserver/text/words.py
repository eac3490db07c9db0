"""The words of a text as search knows them: folded, without accents, scripts without spaces by character.

Both databases index exactly these words, so that they find the same.
"""

import re
from unicodedata import category, normalize

WORDS = 4000
"""Words of one text that are indexed."""

LONGEST = 60
"""Characters of a word that count."""

# Han, kana, hangul, Thai, Lao, Khmer, Myanmar, Tibetan: nobody puts spaces between words there, so each
# character is a word, and what is typed together is looked for as a phrase.
_SPACELESS = (
    r"\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    r"\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"(?=\w)[{_SPACELESS}]|[^\W_{_SPACELESS}]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_VOICED = "\u3099\u309a"
"""Marks that make another letter of a kana: a `が` is no accented `か`."""
# What case folding leaves, and is written without where it is typed in haste.
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ħ": "h"}
)


def words(text: str, *, most: int = WORDS) -> list[str]:
    """The words in order: letters and digits of any script, each at most `LONGEST` characters."""
    if text.isascii():
        return [word[:LONGEST] for word in _ASCII_WORD.findall(text.lower())][:most]
    return [word[:LONGEST] for word in _WORD.findall(_folded(text))][:most]


def _folded(text: str) -> str:
    """Lower case without marks; the syllables of Korean stay whole."""
    apart = normalize("NFKD", text.casefold()).casefold()
    bare = "".join(one for one in apart if category(one)[0] != "M" or one in _VOICED)
    return normalize("NFKC", bare).translate(_LETTERS)
