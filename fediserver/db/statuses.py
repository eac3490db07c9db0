"""Posts and boosts, their edits and mentions, and the tombstones that stay."""

from collections.abc import Iterable, Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.status import Status, StatusEdit

_STATUS = columns(Status)
_EDIT = columns(StatusEdit)

BY_ID = Query(f"select {_STATUS} from statuses where id = :id")
BY_IDS = Query(f"select {_STATUS} from statuses where id = any(:ids)")
BY_URI = Query(f"select {_STATUS} from statuses where uri = :uri")
BY_URIS = Query(f"select {_STATUS} from statuses where uri = any(:uris)")
BY_URL = Query(
    f"select {_STATUS} from statuses where url = :url and url <> '' and text is null order by id limit 1"
)
INSERT = Query(insertion("statuses", Status))
DELETE = Query("delete from statuses where id = :id")
LET_GO = Query("""
    update statuses
       set in_reply_to_id = null, in_reply_to_uri = (select uri from statuses where id = :id), version = version + 1
     where in_reply_to_id = :id
""")
SOME_OF = Query(f"select {_STATUS} from statuses where account_id = :account_id order by id limit :limit")
REBLOG_BY = Query(
    f"select {_STATUS} from statuses where reblog_of_id = :status_id and account_id = :account_id"
)
REBLOGS_OF = Query(f"select {_STATUS} from statuses where reblog_of_id = :status_id")
ORPHANS = Query(f"select {_STATUS} from statuses where in_reply_to_uri = :uri order by id limit 1000")
ADOPT = Query("""
    update statuses
       set in_reply_to_id = :parent_id, in_reply_to_account_id = :parent_account_id, in_reply_to_uri = null,
           version = version + 1
     where in_reply_to_uri = :parent_uri
""")
JOIN_CONVERSATION = Query("update statuses set conversation_id = :new where conversation_id = :old")
REVISE = Query("""
    update statuses
       set spoiler_text = :spoiler_text, content = :content, text = :text, sensitive = :sensitive,
           language = :language, name = :name, mentions = :mentions, tags = :tags, emojis = :emojis,
           media_count = :media_count, poll_id = :poll_id, edited_at = :edited_at, version = version + 1
     where id = :id
""")
COUNT = Query("""
    update statuses
       set replies_count = case when replies_count + :replies < 0 then 0 else replies_count + :replies end,
           reblogs_count = case when reblogs_count + :reblogs < 0 then 0 else reblogs_count + :reblogs end,
           favourites_count =
               case when favourites_count + :favourites < 0 then 0 else favourites_count + :favourites end,
           quotes_count = case when quotes_count + :quotes < 0 then 0 else quotes_count + :quotes end,
           version = version + 1
     where id = :id
""")
TOUCH = Query("update statuses set version = version + 1 where id = :id")
OWN_COUNT = Query("""
    update accounts
       set statuses_count = case when statuses_count + :change < 0 then 0 else statuses_count + :change end,
           last_status_at = coalesce(cast(:posted_at as bigint), last_status_at), version = version + 1
     where id = :account_id
""")
SET_MENTIONS = Query(
    "update statuses set mentions = :mentions, content = :content, version = version + 1 where id = :id"
)

ADD_MENTION = Query("""
    insert into mentions (status_id, account_id, silent) values (:status_id, :account_id, :silent)
    on conflict (status_id, account_id) do nothing
""")
DROP_MENTIONS = Query("delete from mentions where status_id = :status_id and account_id <> all(:keep)")
MENTIONED = Query("select account_id from mentions where status_id = :status_id")

ADD_EDIT = Query(insertion("status_edits", StatusEdit))
EDITS = Query(f"select {_EDIT} from status_edits where status_id = :status_id order by id")

BURY = Query("""
    insert into tombstones (uri, former_type, deleted_at) values (:uri, :former_type, :deleted_at)
    on conflict (uri) do nothing
""")
BURIED = Query("select former_type, deleted_at from tombstones where uri = :uri")

FIND_IDEMPOTENT = Query("""
    select status_id from idempotency_keys
     where account_id = :account_id and idempotency_key = :key and created_at > :since
""")
KEEP_IDEMPOTENT = Query("""
    insert into idempotency_keys (account_id, idempotency_key, status_id, created_at)
    values (:account_id, :key, :status_id, :now)
    on conflict (account_id, idempotency_key) do update
        set status_id = excluded.status_id, created_at = excluded.created_at
      where idempotency_keys.created_at <= :since
""")
FORGET_IDEMPOTENT = Query("""
    delete from idempotency_keys where account_id = :account_id and status_id = :status_id
""")

PENDING = Query("select handle from pending_mentions where status_id = :status_id")
ADD_PENDING = Query("""
    insert into pending_mentions (status_id, handle) values (:status_id, :handle)
    on conflict (status_id, handle) do nothing
""")
KEEP_PENDING = Query("delete from pending_mentions where status_id = :status_id and handle <> all(:keep)")
DROP_PENDING = Query("delete from pending_mentions where status_id = :status_id and handle = :handle")


class Tombstone(msgspec.Struct, array_like=True, frozen=True):
    """What is left of a deleted object."""

    former_type: str
    deleted_at: int


async def by_id(db: Reader, status_id: int) -> Status | None:
    """The post with that id."""
    return await db.one(BY_ID, Status, id=status_id)


async def by_ids(db: Reader, ids: Sequence[int]) -> dict[int, Status]:
    """Posts by id; unknown ids are left out."""
    return {status.id: status for status in await db.all(BY_IDS, Status, ids=ids)} if ids else {}


async def by_uri(db: Reader, uri: str) -> Status | None:
    """The post with that ActivityPub id."""
    return await db.one(BY_URI, Status, uri=uri)


async def by_uris(db: Reader, uris: Sequence[str]) -> dict[str, Status]:
    """Posts by ActivityPub id; unknown ones are left out."""
    return {status.uri: status for status in await db.all(BY_URIS, Status, uris=uris)} if uris else {}


async def by_address(db: Reader, address: str) -> Status | None:
    """The post with that id or that page."""
    return await by_uri(db, address) or await db.one(BY_URL, Status, url=address)


async def insert(tx: Writer, status: Status) -> None:
    """Add a post; Clash when its uri is known or it is a second boost of one post."""
    await tx.run(INSERT, **msgspec.structs.asdict(status))


async def delete(tx: Writer, status_id: int) -> int:
    """Remove a post and what hangs on it; answers how many there were.

    Its answers stay answers, to what is not here.
    """
    await tx.run(LET_GO, id=status_id)
    return await tx.run(DELETE, id=status_id)


async def some_of(db: Reader, account_id: int, limit: int) -> list[Status]:
    """The oldest posts and boosts of an account."""
    return await db.all(SOME_OF, Status, account_id=account_id, limit=limit)


async def reblog_by(db: Reader, status_id: int, account_id: int) -> Status | None:
    """Somebody's boost of a post."""
    return await db.one(REBLOG_BY, Status, status_id=status_id, account_id=account_id)


async def reblogs_of(db: Reader, status_id: int) -> list[Status]:
    """Every boost of a post that is known here."""
    return await db.all(REBLOGS_OF, Status, status_id=status_id)


async def orphans_of(db: Reader, uri: str) -> list[Status]:
    """Replies that came before their parent."""
    return await db.all(ORPHANS, Status, uri=uri)


async def adopt(tx: Writer, parent: Status) -> int:
    """Link the replies that waited for this post; answers how many."""
    return await tx.run(
        ADOPT, parent_id=parent.id, parent_account_id=parent.account_id, parent_uri=parent.uri
    )


async def join_conversation(tx: Writer, *, old: int, new: int) -> None:
    """Move a whole thread under another conversation."""
    await tx.run(JOIN_CONVERSATION, old=old, new=new)


async def revise(tx: Writer, status: Status) -> None:
    """Write what an edit may change."""
    fields = msgspec.structs.asdict(status)
    await tx.run(REVISE, **{name: fields[name] for name in REVISE.names})


async def count(
    tx: Writer, status_id: int, *, replies: int = 0, reblogs: int = 0, favourites: int = 0, quotes: int = 0
) -> None:
    """Move the counters by so much."""
    await tx.run(COUNT, id=status_id, replies=replies, reblogs=reblogs, favourites=favourites, quotes=quotes)


async def touch(tx: Writer, status_id: int) -> None:
    """Raise the version: something that the entity shows has changed in another table."""
    await tx.run(TOUCH, id=status_id)


async def count_own(tx: Writer, account_id: int, change: int, posted_at: int | None = None) -> None:
    """Move an account's number of posts; `posted_at` (ms) when it has just posted."""
    await tx.run(OWN_COUNT, account_id=account_id, change=change, posted_at=posted_at)


async def set_mentions(tx: Writer, status_id: int, *, mentions: str, content: str) -> None:
    """Write mentions found later, and the text that links them."""
    await tx.run(SET_MENTIONS, id=status_id, mentions=mentions, content=content)


async def add_mentions(
    tx: Writer, status_id: int, account_ids: Iterable[int], silent: Iterable[int] = ()
) -> None:
    """Note who is named in a post, and who is addressed without being named."""
    named = [{"status_id": status_id, "account_id": one, "silent": False} for one in account_ids]
    await tx.many(
        ADD_MENTION, named + [{"status_id": status_id, "account_id": one, "silent": True} for one in silent]
    )


async def drop_mentions(tx: Writer, status_id: int, keep: Sequence[int]) -> None:
    """Forget mentions that an edit took out."""
    await tx.run(DROP_MENTIONS, status_id=status_id, keep=keep)


async def mentioned(db: Reader, status_id: int) -> list[int]:
    """Ids of everybody named or addressed."""
    return await db.values(MENTIONED, status_id=status_id)


async def add_edit(tx: Writer, edit: StatusEdit) -> None:
    """Keep a version."""
    await tx.run(ADD_EDIT, **msgspec.structs.asdict(edit))


async def edits(db: Reader, status_id: int) -> list[StatusEdit]:
    """Every kept version, oldest first; none when it was never edited."""
    return await db.all(EDITS, StatusEdit, status_id=status_id)


async def bury(tx: Writer, uri: str, *, former_type: str, now: int) -> None:
    """Leave a tombstone: what had this id never comes back."""
    await tx.run(BURY, uri=uri, former_type=former_type, deleted_at=now)


async def tombstone(db: Reader, uri: str) -> Tombstone | None:
    """The tombstone of a deleted object."""
    return await db.one(BURIED, Tombstone, uri=uri)


async def idempotent(db: Reader, account_id: int, key: str, since: int) -> int | None:
    """The id of the post that this key made since then."""
    found = await db.value(FIND_IDEMPOTENT, account_id=account_id, key=key, since=since)
    return None if found is None else int(found)


async def keep_idempotent(
    tx: Writer, account_id: int, key: str, *, status_id: int, now: int, since: int
) -> bool:
    """Remember that this key made that post; False when it has made another since then.

    Of two requests at once the second waits here for the first.
    """
    kept = await tx.run(
        KEEP_IDEMPOTENT, account_id=account_id, key=key, status_id=status_id, now=now, since=since
    )
    return bool(kept)


async def forget_idempotent(tx: Writer, account_id: int, status_id: int) -> None:
    """A post is gone: the key that made it may make another."""
    await tx.run(FORGET_IDEMPOTENT, account_id=account_id, status_id=status_id)


async def pending_mentions(db: Reader, status_id: int) -> list[str]:
    """Handles in a post whose accounts have not been found yet."""
    return await db.values(PENDING, status_id=status_id)


async def add_pending_mentions(tx: Writer, status_id: int, handles: Iterable[str]) -> None:
    """Note handles to be looked for."""
    await tx.many(ADD_PENDING, [{"status_id": status_id, "handle": handle} for handle in handles])


async def keep_pending_mentions(tx: Writer, status_id: int, handles: Sequence[str]) -> None:
    """Look for no others than these."""
    await tx.run(KEEP_PENDING, status_id=status_id, keep=handles)


async def drop_pending_mention(tx: Writer, status_id: int, handle: str) -> bool:
    """Found, or given up; False when nobody looked for it any more."""
    return bool(await tx.run(DROP_PENDING, status_id=status_id, handle=handle))
