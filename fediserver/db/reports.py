"""Reports."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query, columns, insertion
from fediserver.models.report import Report

INSERT = Query(f"{insertion('reports', Report)} on conflict do nothing")
ABOUT = Query(
    f"select {columns(Report)} from reports where target_id = :target_id order by id desc limit 100"
)
BY_ID = Query(f"select {columns(Report)} from reports where id = :id")
BY_IDS = Query(f"select {columns(Report)} from reports where id = any(:ids)")
UPDATE = Query("""
    update reports
       set category = :category, rule_ids = :rule_ids, assigned_id = :assigned_id, resolved_at = :resolved_at,
           resolved_by_id = :resolved_by_id, updated_at = :updated_at
     where id = :id
""")
_LISTED = """
    select id as cursor, id from reports
     where (resolved_at is not null) = cast(:resolved as boolean)
       and (cast(:account_id as bigint) is null or account_id = cast(:account_id as bigint))
       and (cast(:target_id as bigint) is null or target_id = cast(:target_id as bigint))
"""
PAGE = Listing(_LISTED, "id")
OF_AUTHOR = Query("select id from statuses where id = any(:ids) and account_id = :account_id")
URIS_OF_AUTHOR = Query("select uri from statuses where id = any(:ids) and account_id = :account_id")
ANSWERED = Query("""
    select distinct a.id
      from statuses s join accounts a on a.id = s.in_reply_to_account_id
     where s.id = any(:ids) and a.domain <> '' and a.domain = any(:domains)
""")
IDS_OF_AUTHOR = Query("select id from statuses where uri = any(:uris) and account_id = :account_id")


async def insert(tx: Writer, report: Report) -> bool:
    """Add a report; one that came from another server is added once: False the second time."""
    return bool(await tx.run(INSERT, **msgspec.structs.asdict(report)))


async def about(db: Reader, target_id: int) -> list[Report]:
    """Reports about an account, newest first."""
    return await db.all(ABOUT, Report, target_id=target_id)


async def by_id(db: Reader, report_id: int) -> Report | None:
    """The report with that id."""
    return await db.one(BY_ID, Report, id=report_id)


async def by_ids(db: Reader, ids: Sequence[int]) -> list[Report]:
    """Reports in the order of the ids."""
    found = {row.id: row for row in await db.all(BY_IDS, Report, ids=ids)} if ids else {}
    return [found[one] for one in ids if one in found]


async def page(
    db: Reader, bounds: Bounds, *, resolved: bool, account_id: int | None, target_id: int | None
) -> list[Entry]:
    """A page of reports, newest first: open or resolved ones, of one reporter, about one account."""
    return await PAGE.page(db, bounds, resolved=resolved, account_id=account_id, target_id=target_id)


async def update(tx: Writer, report: Report) -> None:
    """Write what moderators may change of a report."""
    fields = msgspec.structs.asdict(report)
    await tx.run(UPDATE, **{name: fields[name] for name in UPDATE.names})


async def of_author(db: Reader, ids: Sequence[int], account_id: int) -> list[int]:
    """Those of the posts that are by the account."""
    return await db.values(OF_AUTHOR, ids=ids, account_id=account_id) if ids else []


async def uris_of_author(db: Reader, ids: Sequence[int], account_id: int) -> list[str]:
    """The uris of those of the posts that are by the account."""
    return await db.values(URIS_OF_AUTHOR, ids=ids, account_id=account_id) if ids else []


async def answered(db: Reader, ids: Sequence[int], domains: Sequence[str]) -> list[int]:
    """The accounts of these servers that the posts answer."""
    return await db.values(ANSWERED, ids=ids, domains=domains) if ids and domains else []


async def ids_of_author(db: Reader, uris: Sequence[str], account_id: int) -> list[int]:
    """The ids of those of the posts that are by the account."""
    return await db.values(IDS_OF_AUTHOR, uris=uris, account_id=account_id) if uris else []
