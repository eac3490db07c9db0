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
    rule_ids: str = "[]"
    updated_at: int = 0
    assigned_id: int | None = None
    resolved_by_id: int | None = None
    collection_ids: str = "[]"
