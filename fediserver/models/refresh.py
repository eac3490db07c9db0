"""Work that an app may ask after while it waits."""

import msgspec


class Refresh(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The search for replies that this node was never sent, below the post `status_id`; times in ms."""

    id: int
    status_id: int
    conversation_id: int
    started_at: int
    finished_at: int | None
    result_count: int
