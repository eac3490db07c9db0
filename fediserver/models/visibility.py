"""How far a post goes and who may quote it, as small numbers in rows and words in the API."""

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


class QuotePolicy(IntEnum):
    """Who may quote a post besides its author."""

    NOBODY = 0
    FOLLOWERS = 1
    PUBLIC = 2

    @property
    def word(self) -> str:
        """`nobody`, `followers` or `public`."""
        return self.name.lower()


def named(word: str) -> Visibility | None:
    """The visibility of that name; `limited` is a name other servers use for private."""
    if word == "limited":
        return Visibility.PRIVATE
    return Visibility.__members__.get(word.upper())


def policy_named(word: str) -> QuotePolicy | None:
    """The policy of that name."""
    return QuotePolicy.__members__.get(word.upper())
