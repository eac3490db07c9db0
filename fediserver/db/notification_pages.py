"""A member's notifications, as they read them."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds
from fediserver.db.query import Query, columns
from fediserver.models.notification import Notification

# Who was blocked or muted after the fact is left out; a post that is gone took its notification along.
_PAGE = f"""
    select {columns(Notification, "n")} from notifications n
     where n.account_id = :account_id and n.id < :before and n.id > :after
       and (:all_kinds = true or n.kind = any(:kinds))
       and n.kind <> all(:without)
       and (cast(:from_id as bigint) is null or n.from_id = cast(:from_id as bigint))
       and (n.filtered = false or :filtered = true)
       and not exists (select 1 from blocks b where b.account_id = n.account_id and b.target_id = n.from_id)
       and (cast(:from_id as bigint) is not null or not exists (
            select 1 from mutes m where m.account_id = n.account_id and m.target_id = n.from_id
               and m.hide_notifications and (m.expires_at is null or m.expires_at > :now)))
     order by n.id
"""
DOWN = Query(f"{_PAGE} desc limit :limit")
UP = Query(f"{_PAGE} limit :limit")
ONE = Query(
    f"select {columns(Notification, 'n')} from notifications n where n.id = :id and n.account_id = :account_id"
)
CLEAR = Query("delete from notifications where account_id = :account_id")
CLEAR_REQUESTS = Query("delete from notification_requests where account_id = :account_id")
DISMISS = Query("delete from notifications where account_id = :account_id and id = :id")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which notifications: of these kinds (all when None), without those, from one account or any.

    What the policy holds back is left out unless `filtered`.
    """

    kinds: Sequence[str] | None = None
    without: Sequence[str] = ()
    from_id: int | None = None
    filtered: bool = False


async def page(
    db: Reader, bounds: Bounds, *, account_id: int, wanted: Wanted, now: int
) -> list[Notification]:
    """Notifications within the bounds, newest first."""
    found = await db.all(
        UP if bounds.ascending else DOWN,
        Notification,
        account_id=account_id,
        before=bounds.before,
        after=bounds.after,
        limit=bounds.limit,
        all_kinds=wanted.kinds is None,
        kinds=wanted.kinds or (),
        without=wanted.without,
        from_id=wanted.from_id,
        filtered=wanted.filtered,
        now=now,
    )
    return found[::-1] if bounds.ascending else found


async def one(db: Reader, *, account_id: int, notification_id: int) -> Notification | None:
    """One of a member's notifications."""
    return await db.one(ONE, Notification, id=notification_id, account_id=account_id)


async def clear(tx: Writer, *, account_id: int) -> None:
    """Forget all of a member's notifications, also what was held back."""
    await tx.run(CLEAR, account_id=account_id)
    await tx.run(CLEAR_REQUESTS, account_id=account_id)


async def dismiss(tx: Writer, *, account_id: int, notification_id: int) -> bool:
    """Forget one notification; False when the member has none such."""
    return bool(await tx.run(DISMISS, account_id=account_id, id=notification_id))
