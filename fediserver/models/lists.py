"""Lists of accounts."""

from typing import Literal

import msgspec

Policy = Literal["followed", "list", "none"]
"""Whose answers a list shows beside those to oneself and to its owner: to whom the owner follows, or has in it."""


class AccountList(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A member's list; the accounts of an `exclusive` one are kept out of home."""

    id: int
    account_id: int
    title: str
    replies_policy: Policy
    exclusive: bool
    created_at: int
