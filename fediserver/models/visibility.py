"""How far a post goes and who may quote it, as small numbers in rows and words in the API."""

from enum import IntEnum, IntFlag
from typing import Literal, NamedTuple

Standing = Literal["automatic", "manual", "unknown", "denied"]
"""What somebody may expect who wants to quote a post: https://docs.joinmastodon.org/entities/QuoteApproval/."""


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


class QuotePolicy(IntFlag):
    """Who may quote a post besides its author; a member chooses one of the first three.

    Of other servers' posts there may be several together: whom the author follows, and people in a way that
    the API has no word for.
    """

    NOBODY = 0
    FOLLOWERS = 1
    PUBLIC = 2
    FOLLOWING = 4
    OTHERS = 8

    @property
    def word(self) -> str:
        """Of one of what members choose: `nobody`, `followers` or `public`."""
        return _CHOICES[self]


_CHOICES = {QuotePolicy.NOBODY: "nobody", QuotePolicy.FOLLOWERS: "followers", QuotePolicy.PUBLIC: "public"}


class QuoteRules(NamedTuple):
    """Who may quote a post: whose wish is granted at once, about whose wish its author decides, and how far it goes."""

    automatic: QuotePolicy
    manual: QuotePolicy
    visibility: Visibility

    @property
    def everybody(self) -> QuotePolicy:
        """Whom they name, in either way."""
        return self.automatic | self.manual

    def standing(self, *, own: bool, follows: bool, followed: bool) -> Standing:
        """What somebody who sees the post may expect who wants to quote it.

        `own` says that they wrote it, `follows` that they follow its author, `followed` that the author follows them.
        What is not open is quoted by its author only, and what is direct by nobody.
        """
        if self.visibility is Visibility.DIRECT:
            return "denied"
        if own:
            return "automatic"
        if not self.visibility.is_open:
            return "denied"
        groups = QuotePolicy.PUBLIC
        if follows:
            groups |= QuotePolicy.FOLLOWERS
        if followed:
            groups |= QuotePolicy.FOLLOWING
        if self.automatic & groups:
            return "automatic"
        if self.manual & groups:
            return "manual"
        return "unknown" if QuotePolicy.OTHERS in self.everybody else "denied"


def named(word: str) -> Visibility | None:
    """The visibility of that name; `limited` is a name other servers use for private."""
    if word == "limited":
        return Visibility.PRIVATE
    return Visibility.__members__.get(word.upper())


def policy_named(word: str) -> QuotePolicy | None:
    """The policy of that name, as members choose it."""
    return next((policy for policy, name in _CHOICES.items() if name == word.lower()), None)
