"""Ties that were cut, many at once."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.severance import Severance

INSERT = Query(insertion("severances", Severance))
BY_IDS = Query(f"select {columns(Severance)} from severances where id = any(:ids)")


async def insert(tx: Writer, row: Severance) -> None:
    """Note what was cut."""
    await tx.run(INSERT, **msgspec.structs.asdict(row))


async def by_ids(db: Reader, ids: Sequence[int]) -> list[Severance]:
    """What was cut, by id, in no order."""
    return await db.all(BY_IDS, Severance, ids=ids) if ids else []
