"""Members' collections, and who is in them."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.db.visibility import may_be_shown, may_open
from fediserver.models.collection import Collection, CollectionItem, ItemState

_COLLECTION = columns(Collection, "c")
_ITEM = columns(CollectionItem, "i")
_ACCEPTED = f"i.state = {ItemState.ACCEPTED:d}"

COUNT = Query("select count(*) from collections where account_id = :account_id")
OWN = Query(f"select {_COLLECTION} from collections c where c.id = :id and c.account_id = :account_id")
OPEN_TO = Query(f"""
    select {_COLLECTION} from collections c join accounts a on a.id = c.account_id
     where c.id = any(:ids) and {may_open("a", "c.account_id")}
""")
OF_ACCOUNT = Query(f"""
    select {_COLLECTION} from collections c join accounts a on a.id = c.account_id
     where c.account_id = :account_id and (c.discoverable = true or c.account_id = :viewer_id)
       and {may_open("a", "c.account_id")}
     order by c.id desc limit :limit offset :offset
""")
WITH_ACCOUNT = Query(f"""
    select {_COLLECTION}
      from collection_items i
      join collections c on c.id = i.collection_id
      join accounts a on a.id = c.account_id
     where i.account_id = :account_id and {_ACCEPTED} and a.suspended_at is null
     order by i.id desc limit :limit offset :offset
""")
OF_OWNER = Query("select id from collections where id = any(:ids) and account_id = :account_id")
INSERT = Query(insertion("collections", Collection))
UPDATE = Query("""
    update collections
       set name = :name, description = :description, language = :language, sensitive = :sensitive,
           discoverable = :discoverable, tag_id = :tag_id, updated_at = :updated_at
     where id = :id
""")
DELETE = Query("delete from collections where id = :id")
DELETE_OF = Query("delete from collections where account_id = :account_id")

ITEMS = Query(f"""
    select {_ITEM} from collection_items i join accounts a on a.id = i.account_id
     where i.collection_id = any(:collection_ids) and {_ACCEPTED} and {may_be_shown("a", "i.account_id")}
     order by i.id
""")
ITEM = Query(f"select {_ITEM} from collection_items i where i.id = :id and i.collection_id = :collection_id")
ACCEPTED = Query(f"select i.account_id from collection_items i where i.collection_id = :id and {_ACCEPTED}")
ADD = Query(
    f"{insertion('collection_items', CollectionItem)} on conflict (collection_id, account_id) do nothing"
)
REVOKE = Query(f"update collection_items set state = {ItemState.REVOKED:d} where id = :id")
REMOVE = Query("delete from collection_items where id = :id")
REMOVE_OF = Query("delete from collection_items where account_id = :account_id")


async def count(db: Reader, account_id: int) -> int:
    """How many collections a member has."""
    return int(await db.value(COUNT, account_id=account_id))


async def own(db: Reader, collection_id: int, *, account_id: int) -> Collection | None:
    """A member's collection; None for somebody else's."""
    return await db.one(OWN, Collection, id=collection_id, account_id=account_id)


async def open_to(db: Reader, ids: Sequence[int], *, viewer_id: int) -> dict[int, Collection]:
    """Those of the collections that a viewer (0 for a stranger) may open, by id."""
    if not ids:
        return {}
    return {row.id: row for row in await db.all(OPEN_TO, Collection, ids=ids, viewer_id=viewer_id)}


async def of_account(
    db: Reader, account_id: int, *, viewer_id: int, limit: int, offset: int
) -> list[Collection]:
    """Those of an account's collections that a viewer (0 for a stranger) is told of, newest first."""
    return await db.all(
        OF_ACCOUNT, Collection, account_id=account_id, viewer_id=viewer_id, limit=limit, offset=offset
    )


async def with_account(db: Reader, account_id: int, *, limit: int, offset: int) -> list[Collection]:
    """Collections that somebody is in, latest first."""
    return await db.all(WITH_ACCOUNT, Collection, account_id=account_id, limit=limit, offset=offset)


async def of_owner(db: Reader, ids: Sequence[int], account_id: int) -> list[int]:
    """Those of the ids that are collections of an account."""
    return await db.values(OF_OWNER, ids=ids, account_id=account_id) if ids else []


async def insert(tx: Writer, row: Collection) -> None:
    """Add a collection."""
    await tx.run(INSERT, **msgspec.structs.asdict(row))


async def update(tx: Writer, row: Collection) -> None:
    """Write what its owner may change."""
    fields = msgspec.structs.asdict(row)
    await tx.run(UPDATE, **{name: fields[name] for name in UPDATE.names})


async def delete(tx: Writer, collection_id: int) -> None:
    """Remove a collection with what was told of it."""
    await tx.run(DELETE, id=collection_id)


async def delete_of(tx: Writer, account_id: int) -> None:
    """Remove all collections of an account, and the account from all others."""
    await tx.run(DELETE_OF, account_id=account_id)
    await tx.run(REMOVE_OF, account_id=account_id)


async def items(db: Reader, collection_ids: Sequence[int], *, viewer_id: int) -> list[CollectionItem]:
    """Who is in the collections, as far as a viewer (0 for a stranger) may see them, in the order they came."""
    if not collection_ids:
        return []
    return await db.all(ITEMS, CollectionItem, collection_ids=collection_ids, viewer_id=viewer_id)


async def item(db: Reader, collection_id: int, item_id: int) -> CollectionItem | None:
    """One item of a collection, in whatever state."""
    return await db.one(ITEM, CollectionItem, id=item_id, collection_id=collection_id)


async def accepted(db: Reader, collection_id: int) -> list[int]:
    """The ids of all accounts that agree to be in a collection."""
    return await db.values(ACCEPTED, id=collection_id)


async def add(tx: Writer, row: CollectionItem) -> bool:
    """Put an account into a collection; False when it is there, or was and took its consent back."""
    return bool(await tx.run(ADD, **msgspec.structs.asdict(row)))


async def revoke(tx: Writer, item_id: int) -> None:
    """The account does not agree any more; the row stays, so that it cannot be put there again."""
    await tx.run(REVOKE, id=item_id)


async def remove(tx: Writer, item_id: int) -> None:
    """The owner takes an account out."""
    await tx.run(REMOVE, id=item_id)
