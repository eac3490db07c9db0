"""Reports."""

import msgspec


class Report(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A complaint about an account, ours or sent by another server as Flag."""

    id: int
    account_id: int
    target_id: int
    uri: str
    status_ids: str
    comment: str
    category: str
    forwarded: bool
    created_at: int
    resolved_at: int | None
