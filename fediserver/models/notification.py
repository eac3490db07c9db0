"""Notifications and read markers."""

import msgspec


class Notification(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Something a member is told."""

    id: int
    account_id: int
    kind: str
    from_id: int
    status_id: int | None
    report_id: int | None
    created_at: int


class Marker(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How far a member has read."""

    account_id: int
    timeline: str
    last_read_id: str
    version: int
    updated_at: int
