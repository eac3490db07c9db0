"""Polls."""

import msgspec


class Poll(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A poll; its options are rows of their own."""

    id: int
    status_id: int
    multiple: bool
    hide_totals: bool
    voters_count: int
    expires_at: int | None
    closed_at: int | None


class PollOption(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An option and its votes."""

    poll_id: int
    position: int
    title: str
    votes_count: int


class PollVote(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One choice of one voter."""

    poll_id: int
    account_id: int
    position: int
    uri: str
    created_at: int
