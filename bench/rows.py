"""The rows of the table and their budgets."""

from typing import Literal

import msgspec

Unit = Literal["CPU-ms", "per s", "MB", "s"]


class Row(msgspec.Struct, kw_only=True):
    """One measurement; `details` is for people."""

    item: str
    unit: Unit
    measured: float
    budget: float | None
    count: int = 0
    per_second: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    details: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the budget is kept; rates are to be at least what it says, all else at most."""
        if self.budget is None:
            return True
        return self.measured >= self.budget if self.unit == "per s" else self.measured <= self.budget


BUDGETS: dict[str, float] = {
    "home of 20": 0.35,
    "home of 20, all boosts": 0.6,
    "public of 20": 0.4,
    "one status": 0.12,
    "verify_credentials": 0.1,
    "instance v1": 0.05,
    "instance v2": 0.05,
    "WebFinger": 0.05,
    "NodeInfo": 0.05,
    "actor document": 0.08,
    "actor document, signed GET": 0.08,
    "POST status, no followers": 2.0,
    "inbox Create, empty table": 1.5,
    "inbox Create, grown table": 1.5,
    "inbox Create, empty table, rate": 600,
    "inbox Create, grown table, rate": 600,
    "Follow from a host never seen": 5.0,
    "delivery, warm": 0.7,
    "delivery, warm, rate": 1000,
    "delivery, fresh TLS": 1.4,
    "delivery, fresh TLS, rate": 550,
    "memory idle": 95,
    "memory after the load": 150,
    "cold start, empty": 1.2,
    "cold start, with data": 0.8,
    "database per 1,000 local posts": 1.2,
    "database per 1,000 remote posts": 1.2,
}
"""From the table in the issue that the project began with; MB are 10⁶ bytes."""


def row(
    item: str,
    unit: Unit,
    measured: float,
    *,
    count: int = 0,
    per_second: float | None = None,
    latencies: list[float] | None = None,
    details: str = "",
) -> Row:
    """A row with its budget; `latencies` in seconds."""
    ordered = sorted(latencies or [])
    return Row(
        item=item,
        unit=unit,
        measured=measured,
        budget=BUDGETS.get(item),
        count=count,
        per_second=per_second,
        p50_ms=ordered[len(ordered) // 2] * 1000 if ordered else None,
        p99_ms=ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000 if ordered else None,
        details=details,
    )
