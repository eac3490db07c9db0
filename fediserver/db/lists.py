"""Members' lists and the accounts in them."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query, columns, insertion
from fediserver.models.lists import AccountList

_LIST = columns(AccountList)

OF_OWNER = Query(f"select {_LIST} from lists where account_id = :owner_id order by id")
COUNT = Query("select count(*) from lists where account_id = :owner_id")
ONE = Query(f"select {_LIST} from lists where id = :id and account_id = :owner_id")
WITH = Query(f"""
    select {columns(AccountList, "l")}
      from list_accounts m
      join lists l on l.id = m.list_id
     where m.account_id = :account_id and m.owner_id = :owner_id
     order by l.id
""")
INSERT = Query(insertion("lists", AccountList))
UPDATE = Query("""
    update lists set title = :title, replies_policy = :replies_policy, exclusive = :exclusive where id = :id
""")
DELETE = Query("delete from lists where id = :id")

ACCOUNTS = Listing(
    "select m.account_id as cursor, m.account_id as id from list_accounts m where m.list_id = :list_id",
    "m.account_id",
)
MEMBERS = Query("select account_id from list_accounts where list_id = :list_id")
ADD = Query("""
    insert into list_accounts (list_id, account_id, owner_id, follow_id)
    values (:list_id, :account_id, :owner_id, :follow_id)
    on conflict (list_id, account_id) do nothing
""")
FOLLOWS = Query("""
    select target_id, id from follows where account_id = :owner_id and target_id = any(:account_ids)
""")
REMOVE = Query("delete from list_accounts where list_id = :list_id and account_id = any(:account_ids)")


async def of_owner(db: Reader, owner_id: int) -> list[AccountList]:
    """A member's lists, oldest first."""
    return await db.all(OF_OWNER, AccountList, owner_id=owner_id)


async def count(db: Reader, owner_id: int) -> int:
    """How many lists a member has."""
    return int(await db.value(COUNT, owner_id=owner_id))


async def one(db: Reader, list_id: int, *, owner_id: int) -> AccountList | None:
    """A member's list; None for somebody else's."""
    return await db.one(ONE, AccountList, id=list_id, owner_id=owner_id)


async def holding(db: Reader, account_id: int, *, owner_id: int) -> list[AccountList]:
    """Those of a member's lists that an account is in."""
    return await db.all(WITH, AccountList, account_id=account_id, owner_id=owner_id)


async def insert(tx: Writer, row: AccountList) -> None:
    """Add a list."""
    await tx.run(INSERT, **msgspec.structs.asdict(row))


async def update(tx: Writer, row: AccountList) -> None:
    """Write what its owner may change."""
    fields = msgspec.structs.asdict(row)
    await tx.run(UPDATE, **{name: fields[name] for name in UPDATE.names})


async def delete(tx: Writer, list_id: int) -> None:
    """Remove a list with all that is in it."""
    await tx.run(DELETE, id=list_id)


async def accounts(db: Reader, bounds: Bounds, *, list_id: int) -> list[Entry]:
    """The accounts of a list, paged by their own ids."""
    return await ACCOUNTS.page(db, bounds, list_id=list_id)


async def members(db: Reader, list_id: int) -> list[int]:
    """The ids of all accounts in a list."""
    return await db.values(MEMBERS, list_id=list_id)


async def follows(db: Reader, owner_id: int, account_ids: Sequence[int]) -> dict[int, int]:
    """The ids of the owner's follows by whom they follow."""
    return dict(await db.rows(FOLLOWS, owner_id=owner_id, account_ids=account_ids))


async def add(tx: Writer, row: AccountList, follow_ids: dict[int, int | None]) -> None:
    """Put accounts into a list; `follow_ids` has the owner's follow of each, None for the owner."""
    await tx.many(
        ADD,
        [
            {"list_id": row.id, "account_id": account_id, "owner_id": row.account_id, "follow_id": follow_id}
            for account_id, follow_id in follow_ids.items()
        ],
    )


async def remove(tx: Writer, list_id: int, account_ids: Sequence[int]) -> None:
    """Take accounts out of a list, and what they said there."""
    await tx.run(REMOVE, list_id=list_id, account_ids=account_ids)
