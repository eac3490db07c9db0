"""What an activity of somebody else did, found by its id alone: for an Undo that says no more."""

import msgspec

from fediserver.db.database import Reader
from fediserver.db.query import Query

FIND = Query("""
    select 'Follow' as kind, a.uri as object_uri from follows f join accounts a on a.id = f.target_id
     where f.account_id = :account_id and f.uri = :uri
    union all
    select 'Follow', a.uri from follow_requests r join accounts a on a.id = r.target_id
     where r.account_id = :account_id and r.uri = :uri
    union all
    select 'Like', s.uri from favourites v join statuses s on s.id = v.status_id
     where v.account_id = :account_id and v.uri = :uri
    union all
    select 'Announce', o.uri from statuses b join statuses o on o.id = b.reblog_of_id
     where b.uri = :uri and b.account_id = :account_id
    union all
    select 'Block', a.uri from blocks b join accounts a on a.id = b.target_id
     where b.account_id = :account_id and b.uri = :uri
""")


class Undone(msgspec.Struct, array_like=True, frozen=True):
    """The type of the activity, and the uri of what it was about."""

    kind: str
    object_uri: str


async def find(db: Reader, *, uri: str, account_id: int) -> Undone | None:
    """What the account did under that id, if it still stands."""
    return await db.one(FIND, Undone, uri=uri, account_id=account_id) if uri else None
