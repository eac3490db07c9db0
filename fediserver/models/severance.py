"""Ties that were cut, many at once."""

import msgspec


class Severance(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How many followers and follows a member lost by blocking a server."""

    id: int
    account_id: int
    target_name: str
    followers_count: int
    following_count: int
    created_at: int
