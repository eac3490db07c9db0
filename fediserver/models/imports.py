"""Files that members bring along."""

import msgspec


class Import(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A file on its way in: `done` and `failed` of `total` lines are dealt with."""

    id: int
    account_id: int
    kind: str
    overwrite: bool
    total: int
    done: int
    failed: int
    created_at: int
    finished_at: int | None


class Line(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A line that waits, or that failed; `entry` is the JSON of a `csv_files.Entry`."""

    import_id: int
    position: int
    entry: str
    failed: bool
    attempts: int
    next_at: int
