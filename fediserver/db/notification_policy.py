"""Whose notifications a member accepts, and those that wait for their consent."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds
from fediserver.db.query import Query, columns, insertion
from fediserver.models.notification import NotificationPolicy, NotificationRequest

MOST_COUNTED = 100
"""Notifications of one sender that are counted."""
_MOST_SUMMED = 10_000

_POLICY = columns(NotificationPolicy)
OF = Query(f"select {_POLICY} from notification_policies where account_id = :account_id")
PUT = Query(
    insertion("notification_policies", NotificationPolicy)
    + """
    on conflict (account_id) do update
        set not_following = excluded.not_following, not_followers = excluded.not_followers,
            new_accounts = excluded.new_accounts, private_mentions = excluded.private_mentions,
            limited_accounts = excluded.limited_accounts, bots = excluded.bots
"""
)
# One look at the policy for those who have none; everything else only for those who have.
STANDING = Query(f"""
    select {columns(NotificationPolicy, "p")},
           exists (select 1 from follows f
                    where f.account_id = p.account_id and f.target_id = :from_id) as following,
           exists (select 1 from follows f where f.account_id = :from_id and f.target_id = p.account_id
                      and f.created_at <= :settled) as followed,
           exists (select 1 from notification_permissions n
                    where n.account_id = p.account_id and n.from_id = :from_id) as permitted,
           exists (select 1 from users u where u.account_id = :from_id and u.role <> 'member') as staff,
           exists (select 1 from statuses s join mentions m on m.status_id = s.id and m.account_id = :from_id
                    where s.conversation_id = cast(:conversation_id as bigint) and s.visibility = 3
                      and s.account_id = p.account_id) as answer
      from notification_policies p
     where p.account_id = :account_id
""")

_HELD = "n.filtered and n.kind in ('mention', 'quote')"
_OF_SENDER = f"n.account_id = r.account_id and n.from_id = r.from_id and {_HELD}"
SUMMARY = Query(f"""
    select count(distinct held.from_id) as requests, count(*) as notifications
      from (select n.from_id from notifications n
             where n.account_id = :account_id and {_HELD} limit {_MOST_SUMMED}) held
""")
_REQUEST = f"""
    select r.id, r.from_id, r.created_at, r.updated_at,
           (select count(*) from (select 1 from notifications n where {_OF_SENDER} limit {MOST_COUNTED}) held)
               as notifications_count,
           (select n.status_id from notifications n where {_OF_SENDER} order by n.id desc limit 1) as last_status_id
      from notification_requests r
     where r.account_id = :account_id and exists (select 1 from notifications n where {_OF_SENDER})
"""
_BOUNDS = "and r.id < :before and r.id > :after order by r.id"
DOWN = Query(f"{_REQUEST} {_BOUNDS} desc limit :limit")
UP = Query(f"{_REQUEST} {_BOUNDS} limit :limit")
ONE = Query(f"{_REQUEST} and r.id = :id")
ASK = Query("""
    insert into notification_requests (id, account_id, from_id, created_at, updated_at)
    values (:id, :account_id, :from_id, :now, :now)
    on conflict (account_id, from_id) do update set updated_at = excluded.updated_at
""")

_WAITING = (
    "select r.from_id from notification_requests r where r.account_id = :account_id and r.id = any(:ids)"
)
PERMIT = Query(f"""
    insert into notification_permissions (account_id, from_id, created_at)
    select cast(:account_id as bigint), w.from_id, cast(:now as bigint) from ({_WAITING}) w
     where true
    on conflict (account_id, from_id) do nothing
""")
LET_THROUGH = Query(f"""
    update notifications set filtered = false
     where account_id = :account_id and filtered and from_id in ({_WAITING})
""")
FORGET_HELD = Query(f"""
    delete from notifications where account_id = :account_id and filtered and from_id in ({_WAITING})
""")
HELD_DIRECTLY = Query(f"""
    select n.status_id from notifications n join statuses s on s.id = n.status_id and s.visibility = 3
     where n.account_id = :account_id and n.filtered and n.kind = 'mention' and n.from_id in ({_WAITING})
     order by n.id limit 1000
""")
DROP = Query("delete from notification_requests where account_id = :account_id and id = any(:ids)")


class Standing(msgspec.Struct, frozen=True):
    """A policy, and how the member stands to somebody.

    `followed` for long enough, `permitted` by the member, of the `staff`; the member wrote to them in
    private in the same thread: `answer`.
    """

    policy: NotificationPolicy
    following: bool
    followed: bool
    permitted: bool
    staff: bool
    answer: bool


class Summary(msgspec.Struct, array_like=True, frozen=True):
    """How much waits: senders and notifications."""

    requests: int
    notifications: int


async def of(db: Reader, account_id: int) -> NotificationPolicy:
    """A member's policy; one that accepts everything for those who have not chosen."""
    found = await db.one(OF, NotificationPolicy, account_id=account_id)
    return found or NotificationPolicy(account_id)


async def put(tx: Writer, row: NotificationPolicy) -> None:
    """Write a member's policy."""
    await tx.run(PUT, **msgspec.structs.asdict(row))


async def standing(
    db: Reader, *, account_id: int, from_id: int, conversation_id: int | None, settled: int
) -> Standing | None:
    """The policy and what it asks about; None for those who accept everything.

    `conversation_id` is that of a private mention; a follower since `settled` (ms) counts as one.
    """
    found = await db.rows(
        STANDING, account_id=account_id, from_id=from_id, conversation_id=conversation_id, settled=settled
    )
    if not found:
        return None
    width = len(NotificationPolicy.__struct_fields__)
    policy = msgspec.convert(found[0][:width], NotificationPolicy, strict=False)
    return Standing(policy, *(bool(one) for one in found[0][width:]))


async def summary(db: Reader, account_id: int) -> Summary:
    """How much is held back."""
    return await db.one(SUMMARY, Summary, account_id=account_id) or Summary(0, 0)


async def page(db: Reader, bounds: Bounds, *, account_id: int) -> list[NotificationRequest]:
    """Who waits, latest first."""
    found = await db.all(
        UP if bounds.ascending else DOWN,
        NotificationRequest,
        account_id=account_id,
        before=bounds.before,
        after=bounds.after,
        limit=bounds.limit,
    )
    return found[::-1] if bounds.ascending else found


async def request(db: Reader, *, account_id: int, request_id: int) -> NotificationRequest | None:
    """One who waits."""
    return await db.one(ONE, NotificationRequest, account_id=account_id, id=request_id)


async def ask(tx: Writer, *, id: int, account_id: int, from_id: int, now: int) -> None:  # noqa: A002 - the column
    """Note that somebody's mention is held back."""
    await tx.run(ASK, id=id, account_id=account_id, from_id=from_id, now=now)


async def held_directly(db: Reader, *, account_id: int, ids: Sequence[int]) -> list[int]:
    """Direct posts among what is held back of senders."""
    return await db.values(HELD_DIRECTLY, account_id=account_id, ids=ids)


async def accept(tx: Writer, *, account_id: int, ids: Sequence[int], now: int) -> bool:
    """Let senders through, with what was held back; False when none of them waits."""
    await tx.run(PERMIT, account_id=account_id, ids=ids, now=now)
    await tx.run(LET_THROUGH, account_id=account_id, ids=ids)
    return bool(await tx.run(DROP, account_id=account_id, ids=ids))


async def dismiss(tx: Writer, *, account_id: int, ids: Sequence[int]) -> bool:
    """Forget what was held back of senders; False when none of them waits."""
    await tx.run(FORGET_HELD, account_id=account_id, ids=ids)
    return bool(await tx.run(DROP, account_id=account_id, ids=ids))
