"""Quotes: one post within another, as far as the author of the quoted one consents."""

from enum import IntEnum

import msgspec


class QuoteState(IntEnum):
    """What the quoted author says of a quote."""

    ACCEPTED = 1
    REVOKED = 2
    PENDING = 3
    REJECTED = 4
    UNASKED = 5
    """Its server does not ask for consent: it is shown as a link, if at all."""


class Quote(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A post that quotes another.

    `quoted_id` is None when that is gone, and as long as it is not here: then `quoted_uri` names it. `stamp_uri` is
    the authorization that the quoting post names; it is believed once the state says so, and '' for quotes of ours.
    """

    id: int
    status_id: int
    account_id: int
    quoted_id: int | None
    state: QuoteState
    created_at: int
    quoted_uri: str = ""
    stamp_uri: str = ""


class Claim(msgspec.Struct, frozen=True):
    """What a post of another server says of the post that it quotes: its id and its author's authorization.

    `asks` tells whether it says so in the way of those who ask for consent (FEP-044f).
    """

    uri: str
    stamp_uri: str
    asks: bool
