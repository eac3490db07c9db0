"""Posts that wait for their time."""

import msgspec


class Scheduled(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A post to come; `draft` is JSON, times are in ms."""

    id: int
    account_id: int
    scheduled_at: int
    draft: str
    created_at: int
