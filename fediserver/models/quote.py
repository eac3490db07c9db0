"""Quotes: one post within another, as far as the author of the quoted one consents."""

from enum import IntEnum

import msgspec

from fediserver.models.status import Status
from fediserver.models.visibility import Visibility


class QuoteState(IntEnum):
    """What the quoted author says of a quote."""

    ACCEPTED = 1
    REVOKED = 2


class Quote(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A post that quotes another; `quoted_id` is None once that is gone."""

    id: int
    status_id: int
    account_id: int
    quoted_id: int | None
    state: QuoteState
    created_at: int


def may_be_quoted(status: Status, author_id: int) -> bool:
    """Whether somebody may quote a post whatever its policy says: authors their own, unless it is direct."""
    return status.account_id == author_id and status.visibility is not Visibility.DIRECT
