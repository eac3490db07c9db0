"""Conversations of members, and the posts that they hold."""

from collections.abc import Iterable, Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds
from fediserver.db.query import Query, columns
from fediserver.models.conversation import Conversation

_CONVERSATION = columns(Conversation)
_PAGE = f"""
    select {_CONVERSATION} from conversations
     where account_id = :account_id and last_status_id < :before and last_status_id > :after
     order by last_status_id
"""
DOWN = Query(f"{_PAGE} desc limit :limit")
UP = Query(f"{_PAGE} limit :limit")
ONE = Query(f"select {_CONVERSATION} from conversations where id = :id and account_id = :account_id")
SET_UNREAD = Query("update conversations set unread = :unread where id = :id and account_id = :account_id")
DELETE = Query("delete from conversations where id = :id and account_id = :account_id")
FORGET_WITH = Query("""
    delete from conversations where account_id = :account_id and ',' || participants || ',' like :pattern
""")

PUT = Query("""
    insert into conversations (id, account_id, conversation_id, participants, last_status_id, unread)
    values (:id, :account_id, :conversation_id, :participants, :status_id, :unread)
    on conflict (account_id, conversation_id, participants) do update
        set unread = excluded.unread,
            last_status_id = case when excluded.last_status_id > conversations.last_status_id
                                  then excluded.last_status_id else conversations.last_status_id end
""")
LINK = Query("""
    insert into conversation_statuses (entry_id, status_id)
    select c.id, cast(:status_id as bigint) from conversations c
     where c.account_id = :account_id and c.conversation_id = :conversation_id and c.participants = :participants
    on conflict (entry_id, status_id) do nothing
""")
HOLDING = Query(f"""
    select {columns(Conversation, "c")}
      from conversation_statuses l join conversations c on c.id = l.entry_id
     where l.status_id = :status_id
""")
UNLINK = Query("delete from conversation_statuses where status_id = :status_id and entry_id = any(:ids)")
DROP_EMPTY = Query("""
    delete from conversations
     where id = any(:ids) and not exists (select 1 from conversation_statuses l where l.entry_id = conversations.id)
""")
FIND_LAST = Query("""
    update conversations
       set last_status_id = (select max(l.status_id) from conversation_statuses l where l.entry_id = conversations.id)
     where id = any(:ids)
""")
NAMED = Query("""
    select status_id, account_id from mentions where status_id = any(:status_ids) and silent = false
""")

# Two threads become one: what has no counterpart there moves, the rest is poured in.
_COUNTERPART = """
    c.account_id = conversations.account_id and c.participants = conversations.participants
"""
MOVE = Query(f"""
    update conversations set conversation_id = :new
     where conversation_id = :old
       and not exists (select 1 from conversations c where c.conversation_id = :new and {_COUNTERPART})
""")
POUR = Query("""
    insert into conversation_statuses (entry_id, status_id)
    select c.id, l.status_id
      from conversations o
      join conversations c on c.account_id = o.account_id and c.participants = o.participants
       and c.conversation_id = cast(:new as bigint)
      join conversation_statuses l on l.entry_id = o.id
     where o.conversation_id = :old
    on conflict (entry_id, status_id) do nothing
""")
KEEP_UNREAD = Query(f"""
    update conversations set unread = true
     where conversation_id = :new
       and exists (select 1 from conversations c where c.conversation_id = :old and c.unread and {_COUNTERPART})
""")
DROP_THREAD = Query("delete from conversations where conversation_id = :old")
IN_THREAD = Query("select id from conversations where conversation_id = :conversation_id")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A post as it comes into a member's conversation; `id` is that of the conversation if it is new."""

    id: int
    account_id: int
    conversation_id: int
    participants: str
    status_id: int
    unread: bool


async def page(db: Reader, bounds: Bounds, *, account_id: int) -> list[Conversation]:
    """A member's conversations by their last posts, newest first; the bounds are ids of those."""
    found = await db.all(
        UP if bounds.ascending else DOWN,
        Conversation,
        account_id=account_id,
        before=bounds.before,
        after=bounds.after,
        limit=bounds.limit,
    )
    return found[::-1] if bounds.ascending else found


async def one(db: Reader, account_id: int, conversation_id: int) -> Conversation | None:
    """One of a member's conversations, by its own id."""
    return await db.one(ONE, Conversation, id=conversation_id, account_id=account_id)


async def set_unread(tx: Writer, account_id: int, conversation_id: int, *, unread: bool) -> bool:
    """Mark a conversation; False when the member has none such."""
    return bool(await tx.run(SET_UNREAD, id=conversation_id, account_id=account_id, unread=unread))


async def delete(tx: Writer, account_id: int, conversation_id: int) -> bool:
    """Forget a conversation, not its posts; False when the member has none such."""
    return bool(await tx.run(DELETE, id=conversation_id, account_id=account_id))


async def forget_with(tx: Writer, account_id: int, other_id: int) -> None:
    """Forget a member's conversations in which somebody takes part."""
    await tx.run(FORGET_WITH, account_id=account_id, pattern=f"%,{other_id},%")


async def put(tx: Writer, entries: Iterable[Entry]) -> None:
    """Bring posts into conversations; those that are not there yet begin."""
    rows = [msgspec.structs.asdict(entry) for entry in entries]
    if rows:
        await tx.many(PUT, rows)
        await tx.many(LINK, [{name: row[name] for name in LINK.names} for row in rows])


async def holding(db: Reader, status_id: int) -> list[Conversation]:
    """The conversations that hold a post."""
    return await db.all(HOLDING, Conversation, status_id=status_id)


async def take_out(tx: Writer, status_id: int, ids: Sequence[int]) -> None:
    """Take a post out of conversations (ids); one that is empty then is forgotten."""
    await tx.run(UNLINK, status_id=status_id, ids=ids)
    await tx.run(DROP_EMPTY, ids=ids)
    await tx.run(FIND_LAST, ids=ids)


async def named(db: Reader, status_ids: Sequence[int]) -> dict[int, list[int]]:
    """Who is named in each of the posts."""
    found: dict[int, list[int]] = {one: [] for one in status_ids}
    if status_ids:
        for status_id, account_id in await db.rows(NAMED, status_ids=status_ids):
            found[status_id].append(account_id)
    return found


async def join(tx: Writer, *, old: int, new: int) -> None:
    """One thread has turned out to be a part of another."""
    if not await tx.values(IN_THREAD, conversation_id=old):
        return
    await tx.run(MOVE, old=old, new=new)
    await tx.run(POUR, old=old, new=new)
    await tx.run(KEEP_UNREAD, old=old, new=new)
    await tx.run(DROP_THREAD, old=old)
    await tx.run(FIND_LAST, ids=await tx.values(IN_THREAD, conversation_id=new))
