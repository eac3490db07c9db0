"""What moderators did."""

import msgspec


class Act(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A decision: by whom (None for the command line), what, about whom or which report, and why."""

    id: int
    actor_id: int | None
    deed: str
    target_id: int | None
    report_id: int | None
    reason: str
    created_at: int
