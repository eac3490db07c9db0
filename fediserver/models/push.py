"""Web Push: who has subscribed, and what is on its way to them."""

import msgspec

POLICIES = ("all", "followed", "follower", "none")
"""Whose notifications are pushed: everybody's, of whom one follows, of one's followers, nobody's."""


class PushSubscription(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Where the notifications of a token are pushed to.

    `alerts` are the kinds that are wanted, each between spaces; `said` is what the app said of all kinds
    (JSON). `token` is the bearer token itself: apps find the account by it in what is pushed.
    """

    id: int
    token_id: int
    account_id: int
    token: str
    endpoint: str
    public_key: str
    auth: str
    standard: bool
    alerts: str
    said: str
    policy: str
    created_at: int


class Push(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A notification on its way to a subscriber."""

    subscription_id: int
    notification_id: int
    attempts: int
    run_at: int
