"""What members are told."""

from fediserver.db import push
from fediserver.db.database import Writer
from fediserver.db.domain_blocks import blocked
from fediserver.db.query import Query
from fediserver.models.event import Notified
from fediserver.models.notification import group_keys

# One statement decides and writes: only to our own, never about oneself, not across a block by either side, a
# mute or a muted thread. It joins the group that is open, or begins one.
TELL = Query(f"""
    insert into notifications
        (id, account_id, kind, from_id, status_id, collection_id, report_id, act_id, severance_id,
         created_at, filtered, group_key)
    select cast(:id as bigint), a.id, cast(:kind as text), cast(:from_id as bigint),
           cast(:status_id as bigint), cast(:collection_id as bigint), cast(:report_id as bigint),
           cast(:act_id as bigint), cast(:severance_id as bigint), cast(:now as bigint), cast(:filtered as boolean),
           coalesce((select g.group_key from notifications g
                      where g.account_id = a.id and g.group_key = any(:group_keys) order by g.id desc limit 1),
                    cast(:group_key as text))
      from accounts a
     where a.id = :account_id and a.domain = '' and a.deleted_at is null
       and (a.id <> :from_id or cast(:own as boolean))
       and not exists (select 1 from blocks b where b.account_id = a.id and b.target_id = :from_id)
       and not exists (select 1 from blocks b where b.account_id = :from_id and b.target_id = a.id)
       and not {blocked("a.id", "cast(:from_id as bigint)")}
       and not exists (select 1 from mutes m where m.account_id = a.id and m.target_id = :from_id
                          and m.hide_notifications and (m.expires_at is null or m.expires_at > :now))
       and not exists (select 1 from conversation_mutes c join statuses s on s.conversation_id = c.conversation_id
                        where c.account_id = a.id and s.id = cast(:status_id as bigint))
    on conflict do nothing
""")
FORGET = Query("""
    delete from notifications
     where account_id = :account_id and kind = :kind and from_id = :from_id
       and coalesce(status_id, 0) = coalesce(cast(:status_id as bigint), 0)
       and coalesce(collection_id, 0) = coalesce(cast(:collection_id as bigint), 0)
""")
FORGET_FROM = Query("delete from notifications where account_id = :account_id and from_id = :from_id")
FORGET_REQUEST = Query(
    "delete from notification_requests where account_id = :account_id and from_id = :from_id"
)


async def tell(
    tx: Writer,
    *,
    id: int,  # noqa: A002 - the column's name
    account_id: int,
    kind: str,
    from_id: int,
    status_id: int | None = None,
    collection_id: int | None = None,
    report_id: int | None = None,
    act_id: int | None = None,
    severance_id: int | None = None,
    own: bool = False,
    filtered: bool = False,
    now: int,
) -> bool:
    """Tell one of ours; False when it was told before, or does not want to hear of it."""
    keys = group_keys(kind, status_id, now)
    told = await tx.run(
        TELL,
        id=id,
        account_id=account_id,
        kind=kind,
        from_id=from_id,
        status_id=status_id,
        collection_id=collection_id,
        report_id=report_id,
        act_id=act_id,
        severance_id=severance_id,
        own=own,
        now=now,
        filtered=filtered,
        group_keys=keys,
        group_key=keys[0] if keys else None,
    )
    if told and not filtered:
        await tx.tell(Notified(account_id, id))
        await push.queue(tx, notification_id=id, account_id=account_id, kind=kind, from_id=from_id, now=now)
    return bool(told)


async def forget(
    tx: Writer,
    *,
    account_id: int,
    kind: str,
    from_id: int,
    status_id: int | None = None,
    collection_id: int | None = None,
) -> None:
    """Take a notification back."""
    await tx.run(
        FORGET,
        account_id=account_id,
        kind=kind,
        from_id=from_id,
        status_id=status_id,
        collection_id=collection_id,
    )


async def forget_from(tx: Writer, account_id: int, from_id: int) -> None:
    """Take back everything that one member was told about somebody."""
    await tx.run(FORGET_FROM, account_id=account_id, from_id=from_id)
    await tx.run(FORGET_REQUEST, account_id=account_id, from_id=from_id)
