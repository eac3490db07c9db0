"""Who follows, blocks and mutes whom."""

import msgspec


class Follow(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`account_id` follows `target_id`."""

    id: int
    account_id: int
    target_id: int
    uri: str
    show_reblogs: bool
    notify: bool
    languages: str | None
    created_at: int


class FollowRequest(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A follow that waits for consent."""

    id: int
    account_id: int
    target_id: int
    uri: str
    show_reblogs: bool
    notify: bool
    languages: str | None
    created_at: int


class Block(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`account_id` blocks `target_id`."""

    id: int
    account_id: int
    target_id: int
    uri: str
    created_at: int


class Mute(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`account_id` does not want to see `target_id`."""

    id: int
    account_id: int
    target_id: int
    hide_notifications: bool
    expires_at: int | None
    created_at: int


class GroupMember(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A member of a local group and their role."""

    group_id: int
    account_id: int
    role: str
    created_at: int
