"""Who follows, blocks and mutes whom."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.domain_blocks import blocked
from fediserver.db.query import Query, columns, insertion
from fediserver.models.account import Account
from fediserver.models.relationship import Block, Follow, FollowRequest, Mute

_PAIR = "account_id = :account_id and target_id = :target_id"

FOLLOW = Query(f"select {columns(Follow)} from follows where {_PAIR}")
FOLLOW_BY_URI = Query(f"select {columns(Follow)} from follows where uri = :uri and {_PAIR}")
PUT_FOLLOW = Query(insertion("follows", Follow) + " on conflict (account_id, target_id) do nothing")
TUNE_FOLLOW = Query(f"""
    update follows set show_reblogs = :show_reblogs, notify = :notify, languages = :languages where {_PAIR}
""")
DROP_FOLLOW = Query(f"delete from follows where {_PAIR}")
STANDING = Query("""
    select a.followers_count, a.following_count,
           (select count(*) from follow_requests r where r.account_id = a.id) as asked
      from accounts a where a.id = :account_id
""")
REQUEST = Query(f"select {columns(FollowRequest)} from follow_requests where {_PAIR}")
PUT_REQUEST = Query(
    insertion("follow_requests", FollowRequest)
    + """
    on conflict (account_id, target_id) do update set uri = excluded.uri,
        show_reblogs = excluded.show_reblogs, notify = excluded.notify, languages = excluded.languages
"""
)
DROP_REQUEST = Query(f"delete from follow_requests where {_PAIR}")
COUNT_FOLLOWING = Query("""
    update accounts
       set following_count =
               case when following_count + :change < 0 then 0 else following_count + :change end,
           version = version + 1
     where id = :id
""")
COUNT_FOLLOWERS = Query("""
    update accounts
       set followers_count =
               case when followers_count + :change < 0 then 0 else followers_count + :change end,
           version = version + 1
     where id = :id
""")
LOCAL_GROUPS_FOLLOWING = Query(f"""
    select {columns(Account, "a")} from follows f join accounts a on a.id = f.account_id
     where f.target_id = :target_id and a.domain = '' and a.actor_type = 'Group'
""")
FOLLOWERS_AT = Query("""
    select a.uri from accounts a join follows f on f.account_id = a.id
     where a.host_id = :host_id and f.target_id = :target_id and a.deleted_at is null limit :limit
""")
LOCAL_FOLLOWER_URIS = Query("""
    select a.uri from follows f join accounts a on a.id = f.account_id
     where f.target_id = :target_id and a.domain = ''
""")
LOCAL_FOLLOWERS = Query(f"""
    select {columns(Account, "a")} from follows f join accounts a on a.id = f.account_id
     where f.target_id = :target_id and a.domain = '' order by f.id
""")
HAS_LOCAL_FOLLOWER = Query("""
    select 1 from follows f join accounts a on a.id = f.account_id
     where f.target_id = :target_id and a.domain = '' limit 1
""")
FOLLOWS_ANY = Query(
    "select target_id from follows where account_id = :account_id and target_id = any(:targets)"
)

FOLLOWED_BY_GONE = Query("""
    update accounts set followers_count = case when followers_count > 0 then followers_count - 1 else 0 end,
           version = version + 1
     where id in (select target_id from follows where account_id = :account_id)
""")
FOLLOWING_GONE = Query("""
    update accounts set following_count = case when following_count > 0 then following_count - 1 else 0 end,
           version = version + 1
     where id in (select account_id from follows where target_id = :account_id)
""")
DROP_FOLLOWS_OF = Query("delete from follows where account_id = :account_id")
DROP_FOLLOWS_TO = Query("delete from follows where target_id = :account_id")
DROP_REQUESTS_OF = Query("delete from follow_requests where account_id = :account_id")
DROP_REQUESTS_TO = Query("delete from follow_requests where target_id = :account_id")

BLOCK = Query(f"select {columns(Block)} from blocks where {_PAIR}")
PUT_BLOCK = Query(insertion("blocks", Block) + " on conflict (account_id, target_id) do nothing")
DROP_BLOCK = Query(f"delete from blocks where {_PAIR}")
EITHER_BLOCKS = Query(f"""
    select exists (select 1 from blocks where account_id = :one and target_id = :other)
        or exists (select 1 from blocks where account_id = :other and target_id = :one)
        or {blocked(":one", ":other")} or {blocked(":other", ":one")}
""")

MUTE = Query(f"select {columns(Mute)} from mutes where {_PAIR}")
PUT_MUTE = Query(
    insertion("mutes", Mute)
    + """
    on conflict (account_id, target_id) do update
        set hide_notifications = excluded.hide_notifications, expires_at = excluded.expires_at
"""
)
DROP_MUTE = Query(f"delete from mutes where {_PAIR}")
MUTE_CONVERSATION = Query("""
    insert into conversation_mutes (account_id, conversation_id) values (:account_id, :conversation_id)
    on conflict (account_id, conversation_id) do nothing
""")
UNMUTE_CONVERSATION = Query("""
    delete from conversation_mutes where account_id = :account_id and conversation_id = :conversation_id
""")


async def follow(db: Reader, account_id: int, target_id: int) -> Follow | None:
    """The follow, or None."""
    return await db.one(FOLLOW, Follow, account_id=account_id, target_id=target_id)


async def put_follow(tx: Writer, row: Follow) -> bool:
    """Add a follow and count it; False when it was there."""
    added = await tx.run(PUT_FOLLOW, **msgspec.structs.asdict(row))
    if added:
        await _count(tx, row.account_id, row.target_id, 1)
    return bool(added)


async def tune_follow(tx: Writer, row: Follow) -> None:
    """Change boosts, bell and languages of a follow or of the request for it."""
    await tx.run(
        TUNE_FOLLOW,
        account_id=row.account_id,
        target_id=row.target_id,
        show_reblogs=row.show_reblogs,
        notify=row.notify,
        languages=row.languages,
    )


async def drop_follow(tx: Writer, account_id: int, target_id: int) -> bool:
    """Remove a follow and count it; False when there was none."""
    dropped = await tx.run(DROP_FOLLOW, account_id=account_id, target_id=target_id)
    if dropped:
        await _count(tx, account_id, target_id, -1)
    return bool(dropped)


async def _count(tx: Writer, account_id: int, target_id: int, change: int) -> None:
    await tx.run(COUNT_FOLLOWING, id=account_id, change=change)
    await tx.run(COUNT_FOLLOWERS, id=target_id, change=change)


async def counts(db: Reader, account_id: int) -> tuple[int, int]:
    """How many follow an account, and how many it follows or asks to follow."""
    ((followers, following, asked),) = await db.rows(STANDING, account_id=account_id)
    return int(followers), int(following) + int(asked)


async def request(db: Reader, account_id: int, target_id: int) -> FollowRequest | None:
    """The follow request that waits, or None."""
    return await db.one(REQUEST, FollowRequest, account_id=account_id, target_id=target_id)


async def put_request(tx: Writer, row: FollowRequest) -> None:
    """Add a request, or renew it."""
    await tx.run(PUT_REQUEST, **msgspec.structs.asdict(row))


async def drop_request(tx: Writer, account_id: int, target_id: int) -> bool:
    """Remove a request; False when there was none."""
    return bool(await tx.run(DROP_REQUEST, account_id=account_id, target_id=target_id))


async def local_groups_following(db: Reader, target_id: int) -> list[Account]:
    """Our groups that follow an account."""
    return await db.all(LOCAL_GROUPS_FOLLOWING, Account, target_id=target_id)


async def followers_at(db: Reader, target_id: int, host_id: int, *, limit: int) -> list[str]:
    """The ids of those who follow an account from one server."""
    return await db.values(FOLLOWERS_AT, target_id=target_id, host_id=host_id, limit=limit)


async def local_follower_uris(db: Reader, target_id: int) -> list[str]:
    """The ids of those of ours who follow an account."""
    return await db.values(LOCAL_FOLLOWER_URIS, target_id=target_id)


async def local_followers(db: Reader, target_id: int) -> list[Account]:
    """Everybody here who follows an account."""
    return await db.all(LOCAL_FOLLOWERS, Account, target_id=target_id)


async def has_local_follower(db: Reader, target_id: int) -> bool:
    """Whether anybody here follows an account."""
    return await db.value(HAS_LOCAL_FOLLOWER, target_id=target_id) is not None


async def follows_any(db: Reader, account_id: int, targets: Sequence[int]) -> set[int]:
    """Those of the targets whom the account follows."""
    return set(await db.values(FOLLOWS_ANY, account_id=account_id, targets=targets)) if targets else set()


async def drop_all(tx: Writer, account_id: int) -> None:
    """End every follow and request of an account that is gone, and count them off."""
    for query in (
        FOLLOWED_BY_GONE,
        FOLLOWING_GONE,
        DROP_FOLLOWS_OF,
        DROP_FOLLOWS_TO,
        DROP_REQUESTS_OF,
        DROP_REQUESTS_TO,
    ):
        await tx.run(query, account_id=account_id)


async def block(db: Reader, account_id: int, target_id: int) -> Block | None:
    """The block, or None."""
    return await db.one(BLOCK, Block, account_id=account_id, target_id=target_id)


async def either_blocks(db: Reader, one: int, other: int) -> bool:
    """Whether one of two has blocked the other, or the other's server."""
    return bool(await db.value(EITHER_BLOCKS, one=one, other=other))


async def put_block(tx: Writer, row: Block) -> bool:
    """Add a block; False when it was there."""
    return bool(await tx.run(PUT_BLOCK, **msgspec.structs.asdict(row)))


async def drop_block(tx: Writer, account_id: int, target_id: int) -> bool:
    """Remove a block; False when there was none."""
    return bool(await tx.run(DROP_BLOCK, account_id=account_id, target_id=target_id))


async def mute(db: Reader, account_id: int, target_id: int) -> Mute | None:
    """The mute, or None."""
    return await db.one(MUTE, Mute, account_id=account_id, target_id=target_id)


async def put_mute(tx: Writer, row: Mute) -> None:
    """Add a mute, or change it."""
    await tx.run(PUT_MUTE, **msgspec.structs.asdict(row))


async def drop_mute(tx: Writer, account_id: int, target_id: int) -> bool:
    """Remove a mute; False when there was none."""
    return bool(await tx.run(DROP_MUTE, account_id=account_id, target_id=target_id))


async def mute_conversation(tx: Writer, account_id: int, conversation_id: int) -> None:
    """No more notifications from this thread."""
    await tx.run(MUTE_CONVERSATION, account_id=account_id, conversation_id=conversation_id)


async def unmute_conversation(tx: Writer, account_id: int, conversation_id: int) -> None:
    """Notifications from this thread again."""
    await tx.run(UNMUTE_CONVERSATION, account_id=account_id, conversation_id=conversation_id)
