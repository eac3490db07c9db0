"""A member's year."""

import msgspec


class AnnualReport(msgspec.Struct, array_like=True, frozen=True):
    """What a member did in a year, as it was when they asked; `data` is JSON."""

    account_id: int
    year: int
    data: str
    created_at: int
    read_at: int | None
