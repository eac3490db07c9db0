"""Filters of members, their keywords and posts."""

from collections.abc import Iterable, Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.filter import Filter, FilterKeyword, FilterStatus

_FILTER = columns(Filter)
_KEYWORD = columns(FilterKeyword)
_STATUS = columns(FilterStatus)
_MINE = "id = :id and account_id = :account_id"

OF_ACCOUNT = Query(f"select {_FILTER} from filters where account_id = :account_id order by id")
ONE = Query(f"select {_FILTER} from filters where {_MINE}")
INSERT = Query(insertion("filters", Filter))
UPDATE = Query("""
    update filters set title = :title, contexts = :contexts, action = :action, expires_at = :expires_at
     where id = :id
""")
DELETE = Query(f"delete from filters where {_MINE}")
COUNTS = Query("""
    select (select count(*) from filters where account_id = :account_id) as filters,
           (select count(*) from filter_keywords where account_id = :account_id) as keywords,
           (select count(*) from filter_statuses where account_id = :account_id) as statuses
""")

KEYWORDS = Query(f"select {_KEYWORD} from filter_keywords where account_id = :account_id order by id")
KEYWORDS_IN = Query(f"select {_KEYWORD} from filter_keywords where filter_id = :filter_id order by id")
KEYWORD = Query(f"select {_KEYWORD} from filter_keywords where {_MINE}")
INSERT_KEYWORD = Query(insertion("filter_keywords", FilterKeyword))
UPDATE_KEYWORD = Query("""
    update filter_keywords set keyword = :keyword, whole_word = :whole_word where id = :id
""")
DELETE_KEYWORDS = Query("delete from filter_keywords where account_id = :account_id and id = any(:ids)")

STATUSES = Query(f"select {_STATUS} from filter_statuses where account_id = :account_id order by id")
STATUSES_IN = Query(f"select {_STATUS} from filter_statuses where filter_id = :filter_id order by id")
STATUS = Query(f"select {_STATUS} from filter_statuses where {_MINE}")
INSERT_STATUS = Query(
    insertion("filter_statuses", FilterStatus) + " on conflict (filter_id, status_id) do nothing"
)
STATUS_IN = Query(f"""
    select {_STATUS} from filter_statuses where filter_id = :filter_id and status_id = :status_id
""")
DELETE_STATUS = Query(f"delete from filter_statuses where {_MINE}")


class Whole(msgspec.Struct, frozen=True):
    """A filter with what it looks for."""

    filter: Filter
    keywords: Sequence[FilterKeyword]
    statuses: Sequence[FilterStatus]


class Counts(msgspec.Struct, array_like=True, frozen=True):
    """How much of each a member has."""

    filters: int
    keywords: int
    statuses: int


async def everything(db: Reader, account_id: int) -> list[Whole]:
    """All filters of a member, oldest first; one query for those who have none."""
    found = await db.all(OF_ACCOUNT, Filter, account_id=account_id)
    if not found:
        return []
    keywords: dict[int, list[FilterKeyword]] = {one.id: [] for one in found}
    for keyword in await db.all(KEYWORDS, FilterKeyword, account_id=account_id):
        keywords[keyword.filter_id].append(keyword)
    statuses: dict[int, list[FilterStatus]] = {one.id: [] for one in found}
    for status in await db.all(STATUSES, FilterStatus, account_id=account_id):
        statuses[status.filter_id].append(status)
    return [Whole(one, keywords[one.id], statuses[one.id]) for one in found]


async def whole(db: Reader, account_id: int, filter_id: int) -> Whole | None:
    """One filter of a member's own."""
    found = await one(db, account_id, filter_id)
    if found is None:
        return None
    return Whole(found, await keywords_in(db, filter_id), await statuses_in(db, filter_id))


async def one(db: Reader, account_id: int, filter_id: int) -> Filter | None:
    """The row of a member's own filter."""
    return await db.one(ONE, Filter, id=filter_id, account_id=account_id)


async def counts(db: Reader, account_id: int) -> Counts:
    """How much a member has in all."""
    return await db.one(COUNTS, Counts, account_id=account_id) or Counts(0, 0, 0)


async def insert(tx: Writer, row: Filter) -> None:
    """Add a filter."""
    await tx.run(INSERT, **msgspec.structs.asdict(row))


async def update(tx: Writer, row: Filter) -> None:
    """Write what a member may change of a filter."""
    fields = msgspec.structs.asdict(row)
    await tx.run(UPDATE, **{name: fields[name] for name in UPDATE.names})


async def delete(tx: Writer, account_id: int, filter_id: int) -> bool:
    """Remove a filter of a member's own; False when there is none such."""
    return bool(await tx.run(DELETE, id=filter_id, account_id=account_id))


async def keywords_in(db: Reader, filter_id: int) -> list[FilterKeyword]:
    """The keywords of a filter, oldest first."""
    return await db.all(KEYWORDS_IN, FilterKeyword, filter_id=filter_id)


async def keyword(db: Reader, account_id: int, keyword_id: int) -> FilterKeyword | None:
    """A keyword of a member's own."""
    return await db.one(KEYWORD, FilterKeyword, id=keyword_id, account_id=account_id)


async def insert_keywords(tx: Writer, rows: Iterable[FilterKeyword]) -> None:
    """Add keywords."""
    await tx.many(INSERT_KEYWORD, [msgspec.structs.asdict(row) for row in rows])


async def update_keywords(tx: Writer, rows: Iterable[FilterKeyword]) -> None:
    """Write keywords as they are now."""
    await tx.many(
        UPDATE_KEYWORD,
        [{"id": row.id, "keyword": row.keyword, "whole_word": row.whole_word} for row in rows],
    )


async def delete_keywords(tx: Writer, account_id: int, ids: Sequence[int]) -> bool:
    """Remove keywords of a member's own; False when none of them is there."""
    return bool(await tx.run(DELETE_KEYWORDS, account_id=account_id, ids=ids))


async def statuses_in(db: Reader, filter_id: int) -> list[FilterStatus]:
    """The posts of a filter, oldest first."""
    return await db.all(STATUSES_IN, FilterStatus, filter_id=filter_id)


async def status(db: Reader, account_id: int, row_id: int) -> FilterStatus | None:
    """A post in a filter of a member's own, by the id of its place there."""
    return await db.one(STATUS, FilterStatus, id=row_id, account_id=account_id)


async def put_status(tx: Writer, row: FilterStatus) -> FilterStatus:
    """Put a post into a filter; answers the row that was there when it is in it already."""
    await tx.run(INSERT_STATUS, **msgspec.structs.asdict(row))
    found = await tx.one(STATUS_IN, FilterStatus, filter_id=row.filter_id, status_id=row.status_id)
    return found or row


async def delete_status(tx: Writer, account_id: int, row_id: int) -> bool:
    """Take a post out of a filter of a member's own; False when it is not in it."""
    return bool(await tx.run(DELETE_STATUS, id=row_id, account_id=account_id))
