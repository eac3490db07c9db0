"""Reports."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.report import Report

INSERT = Query(f"{insertion('reports', Report)} on conflict do nothing")
ABOUT = Query(
    f"select {columns(Report)} from reports where target_id = :target_id order by id desc limit 100"
)
OF_AUTHOR = Query("select id from statuses where id = any(:ids) and account_id = :account_id")
URIS_OF_AUTHOR = Query("select uri from statuses where id = any(:ids) and account_id = :account_id")
IDS_OF_AUTHOR = Query("select id from statuses where uri = any(:uris) and account_id = :account_id")


async def insert(tx: Writer, report: Report) -> None:
    """Add a report; one that came from another server is added once."""
    await tx.run(INSERT, **msgspec.structs.asdict(report))


async def about(db: Reader, target_id: int) -> list[Report]:
    """Reports about an account, newest first."""
    return await db.all(ABOUT, Report, target_id=target_id)


async def of_author(db: Reader, ids: Sequence[int], account_id: int) -> list[int]:
    """Those of the posts that are by the account."""
    return await db.values(OF_AUTHOR, ids=ids, account_id=account_id) if ids else []


async def uris_of_author(db: Reader, ids: Sequence[int], account_id: int) -> list[str]:
    """The uris of those of the posts that are by the account."""
    return await db.values(URIS_OF_AUTHOR, ids=ids, account_id=account_id) if ids else []


async def ids_of_author(db: Reader, uris: Sequence[str], account_id: int) -> list[int]:
    """The ids of those of the posts that are by the account."""
    return await db.values(IDS_OF_AUTHOR, uris=uris, account_id=account_id) if uris else []
