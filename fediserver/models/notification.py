"""Notifications, whom they are accepted from, and read markers."""

from typing import Final, Literal, get_args

import msgspec

from fediserver.clock import HOUR

Kind = Literal[
    "mention",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "quote",
    "quoted_update",
    "severed_relationships",
    "moderation_warning",
    "annual_report",
    "admin.sign_up",
    "admin.report",
    "added_to_collection",
    "collection_update",
]
"""What a member is told, as Mastodon's entity Notification calls it."""
KINDS: Final[tuple[str, ...]] = get_args(Kind)

BASELINE: Final[frozenset[str]] = frozenset(KINDS) - {
    "severed_relationships",
    "moderation_warning",
    "admin.sign_up",
    "admin.report",
    "added_to_collection",
    "collection_update",
}
"""Kinds that every app is taken to know: https://docs.joinmastodon.org/entities/NotificationFallback/."""

GROUPED = ("favourite", "reblog", "follow", "admin.sign_up")
"""Kinds that are told together: of one post or, without a post, of one time."""
SPAN = 12
"""Hours that a group lasts at most."""
ALONE = "ungrouped-"

ACCEPT, FILTER, DROP = range(3)
VERDICTS = ("accept", "filter", "drop")


class Notification(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Something a member is told; `filtered` is held back, `group_key` None for what stands alone.

    `act_id` is a decision of those who moderate.
    """

    id: int
    account_id: int
    kind: str
    from_id: int
    status_id: int | None
    report_id: int | None
    created_at: int
    filtered: bool
    group_key: str | None
    collection_id: int | None = None
    act_id: int | None = None
    severance_id: int | None = None


class NotificationPolicy(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a member does about strangers: ACCEPT, FILTER or DROP for each kind of them."""

    account_id: int
    not_following: int = ACCEPT
    not_followers: int = ACCEPT
    new_accounts: int = ACCEPT
    private_mentions: int = ACCEPT
    limited_accounts: int = ACCEPT
    bots: int = ACCEPT


class NotificationRequest(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Somebody whose mentions are held back: how many, counted up to a bound, and the latest post."""

    id: int
    from_id: int
    created_at: int
    updated_at: int
    notifications_count: int
    last_status_id: int | None


class Marker(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How far a member has read."""

    account_id: int
    timeline: str
    last_read_id: str
    version: int
    updated_at: int


def group_keys(kind: str, status_id: int | None, now: int) -> list[str]:
    """Keys of the groups that a notification may join, its own first; none when it stands alone.

    A group is called by the hour in which it began.
    """
    if kind not in GROUPED:
        return []
    about = kind if status_id is None else f"{kind}-{status_id}"
    hour = now // HOUR
    return [f"{about}-{hour - back}" for back in range(SPAN)]
