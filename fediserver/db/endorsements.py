"""Whom members show on their profiles."""

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query

PUT = Query("""
    insert into endorsements (account_id, target_id, follow_id)
    values (:account_id, :target_id, :follow_id)
    on conflict (account_id, target_id) do nothing
""")
DROP = Query("delete from endorsements where account_id = :account_id and target_id = :target_id")
COUNT = Query("select count(*) from endorsements where account_id = :account_id")
OF = Listing(
    "select e.target_id as cursor, e.target_id as id from endorsements e where e.account_id = :account_id",
    "e.target_id",
)


async def put(tx: Writer, *, account_id: int, target_id: int, follow_id: int) -> None:
    """Show somebody; a second time changes nothing."""
    await tx.run(PUT, account_id=account_id, target_id=target_id, follow_id=follow_id)


async def drop(tx: Writer, *, account_id: int, target_id: int) -> None:
    """No longer show somebody."""
    await tx.run(DROP, account_id=account_id, target_id=target_id)


async def count(db: Reader, account_id: int) -> int:
    """How many a member shows."""
    return int(await db.value(COUNT, account_id=account_id))


async def of(db: Reader, bounds: Bounds, *, account_id: int) -> list[Entry]:
    """Whom a member shows, paged by their own ids."""
    return await OF.page(db, bounds, account_id=account_id)
