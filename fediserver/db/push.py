"""Web Push: subscriptions, and the queue of what is on its way to them."""

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.push import Push, PushSubscription

_SUBSCRIPTION = columns(PushSubscription)

OF_TOKEN = Query(f"select {_SUBSCRIPTION} from push_subscriptions where token_id = :token_id")
BY_ID = Query(f"select {_SUBSCRIPTION} from push_subscriptions where id = :id")
INSERT = Query(insertion("push_subscriptions", PushSubscription))
CHANGE = Query("""
    update push_subscriptions set alerts = :alerts, said = :said, policy = :policy where token_id = :token_id
""")
DROP_OF_TOKEN = Query("delete from push_subscriptions where token_id = :token_id")
DROP_OLDEST = Query("""
    delete from push_subscriptions
     where account_id = :account_id
       and id not in (select id from push_subscriptions where account_id = :account_id
                       order by created_at desc, id desc limit :kept)
""")
DROP = Query("delete from push_subscriptions where id = :id")

QUEUE = Query("""
    insert into pushes (subscription_id, notification_id, run_at)
    select p.id, cast(:notification_id as bigint), cast(:now as bigint)
      from push_subscriptions p
     where p.account_id = :account_id
       and p.alerts like '% ' || cast(:kind as text) || ' %'
       and (p.policy = 'all' or p.account_id = :from_id
            or (p.policy = 'followed' and exists (
                select 1 from follows f where f.account_id = p.account_id and f.target_id = :from_id))
            or (p.policy = 'follower' and exists (
                select 1 from follows f where f.account_id = :from_id and f.target_id = p.account_id)))
""")
DUE = Query(f"""
    select {columns(Push)} from pushes
     where run_at <= :now and lease_until <= :now order by run_at limit :limit /*skip locked*/
""")
LEASE = Query("""
    update pushes set lease_by = :boot, lease_until = :until
     where subscription_id = :subscription_id and notification_id = :notification_id
""")
RENEW = Query("update pushes set lease_until = :until where lease_by = :boot and lease_until > :now")
RELEASE_ALL = Query("update pushes set lease_by = null, lease_until = 0 where lease_until > 0")
DONE = Query(
    "delete from pushes where subscription_id = :subscription_id and notification_id = :notification_id"
)
POSTPONE = Query("""
    update pushes
       set attempts = :attempts, run_at = :run_at, last_error = :last_error, lease_by = null, lease_until = 0
     where subscription_id = :subscription_id and notification_id = :notification_id
""")
ANY_DUE = Query("select 1 from pushes where run_at <= :now limit 1")


async def of_token(db: Reader, token_id: int) -> PushSubscription | None:
    """The subscription of a token."""
    return await db.one(OF_TOKEN, PushSubscription, token_id=token_id)


async def by_id(db: Reader, subscription_id: int) -> PushSubscription | None:
    """The subscription with that id."""
    return await db.one(BY_ID, PushSubscription, id=subscription_id)


async def replace(tx: Writer, row: PushSubscription, *, most: int) -> None:
    """Subscribe; what the token had before is gone, with all that was on its way.

    So are the member's oldest, where there would be more than `most`.
    """
    await tx.run(DROP_OF_TOKEN, token_id=row.token_id)
    await tx.run(DROP_OLDEST, account_id=row.account_id, kept=most - 1)
    await tx.run(INSERT, **msgspec.structs.asdict(row))


async def change(tx: Writer, *, token_id: int, alerts: str, said: str, policy: str) -> bool:
    """Change what is wanted; False when the token has no subscription."""
    return bool(await tx.run(CHANGE, token_id=token_id, alerts=alerts, said=said, policy=policy))


async def drop_of_token(tx: Writer, token_id: int) -> None:
    """End the subscription of a token."""
    await tx.run(DROP_OF_TOKEN, token_id=token_id)


async def drop(tx: Writer, subscription_id: int) -> bool:
    """End a subscription; False when there is none such."""
    return bool(await tx.run(DROP, id=subscription_id))


async def queue(
    tx: Writer, *, notification_id: int, account_id: int, kind: str, from_id: int, now: int
) -> None:
    """Put a notification on its way to all of the member's subscriptions that want it."""
    await tx.run(
        QUEUE, notification_id=notification_id, account_id=account_id, kind=kind, from_id=from_id, now=now
    )


async def any_due(db: Reader, now: int) -> bool:
    """Whether something may have to be pushed now."""
    return await db.value(ANY_DUE, now=now) is not None


async def claim(tx: Writer, *, boot: str, now: int, until: int, limit: int) -> list[Push]:
    """Take pushes that are due and that nobody sends."""
    due = await tx.all(DUE, Push, now=now, limit=limit)
    await tx.many(LEASE, [{"boot": boot, "until": until, **_key(one)} for one in due])
    return due


async def renew(tx: Writer, *, boot: str, now: int, until: int) -> None:
    """Keep what this process sends."""
    await tx.run(RENEW, boot=boot, now=now, until=until)


async def release_all(tx: Writer) -> None:
    """At the start of the only process: nobody else holds anything."""
    await tx.run(RELEASE_ALL)


async def done(tx: Writer, push: Push) -> None:
    """A push has arrived, or is given up."""
    await tx.run(DONE, **_key(push))


async def postpone(tx: Writer, push: Push, *, attempts: int, run_at: int, last_error: str) -> None:
    """Say when to try again."""
    await tx.run(POSTPONE, **_key(push), attempts=attempts, run_at=run_at, last_error=last_error)


def _key(push: Push) -> dict[str, int]:
    return {"subscription_id": push.subscription_id, "notification_id": push.notification_id}
