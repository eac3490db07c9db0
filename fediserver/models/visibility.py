"""Visibility: how far a post goes, as a small number in rows and a word in the API."""

from enum import IntEnum


class Visibility(IntEnum):
    """Sorted from wide to narrow, so that `max` of two is what both allow."""

    PUBLIC = 0
    UNLISTED = 1
    PRIVATE = 2
    DIRECT = 3

    @property
    def word(self) -> str:
        """`public`, `unlisted`, `private` or `direct`."""
        return self.name.lower()

    @property
    def is_open(self) -> bool:
        """Whether anybody may see it."""
        return self <= Visibility.UNLISTED


def named(word: str) -> Visibility | None:
    """The visibility of that name; `limited` is a name other servers use for private."""
    if word == "limited":
        return Visibility.PRIVATE
    return Visibility.__members__.get(word.upper())
