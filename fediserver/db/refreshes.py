"""Searches for replies that were never sent here: a row for each post where one begins."""

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns
from fediserver.models.refresh import Refresh

_REFRESH = columns(Refresh)
_RUNNING = "finished_at is null and started_at > :after"

BY_ID = Query(f"select {_REFRESH} from async_refreshes where id = :id")
OF_STATUS = Query(f"select {_REFRESH} from async_refreshes where status_id = :status_id")
RUNNING = Query(
    f"select {_REFRESH} from async_refreshes where conversation_id = :conversation_id and {_RUNNING} limit 1"
)
COUNT_RUNNING = Query(f"select count(*) from async_refreshes where {_RUNNING}")
BEGIN = Query("""
    insert into async_refreshes (id, status_id, conversation_id, started_at)
    values (:id, :status_id, :conversation_id, :now)
    on conflict (status_id) do update
       set id = excluded.id, conversation_id = excluded.conversation_id, started_at = excluded.started_at,
           finished_at = null, result_count = 0, lease_by = null, lease_until = 0
     where async_refreshes.started_at <= :before
""")
ANY_DUE = Query(f"select 1 from async_refreshes where {_RUNNING} and lease_until <= :now limit 1")
DUE = Query(f"""
    select {_REFRESH} from async_refreshes
     where {_RUNNING} and lease_until <= :now order by started_at limit :limit /*skip locked*/
""")
LEASE = Query("update async_refreshes set lease_by = :boot, lease_until = :until where id = any(:ids)")
RENEW = Query("""
    update async_refreshes set lease_until = :until
     where finished_at is null and lease_by = :boot and lease_until > :now
""")
RELEASE_ALL = Query("""
    update async_refreshes set lease_by = null, lease_until = 0 where finished_at is null and lease_until > 0
""")
ARRIVED = Query("update async_refreshes set result_count = result_count + 1 where id = :id")
FINISH = Query("update async_refreshes set finished_at = :now where id = :id")
FORGET = Query("delete from async_refreshes where started_at < :before")


async def by_id(db: Reader, refresh_id: int) -> Refresh | None:
    """The refresh with that id."""
    return await db.one(BY_ID, Refresh, id=refresh_id)


async def of_status(db: Reader, status_id: int) -> Refresh | None:
    """The latest refresh that began at a post."""
    return await db.one(OF_STATUS, Refresh, status_id=status_id)


async def running(db: Reader, conversation_id: int, *, after: int) -> Refresh | None:
    """The refresh of a thread that has begun since then (ms) and goes on."""
    return await db.one(RUNNING, Refresh, conversation_id=conversation_id, after=after)


async def count_running(db: Reader, *, after: int) -> int:
    """How many have begun since then (ms) and go on."""
    return int(await db.value(COUNT_RUNNING, after=after))


async def begin(tx: Writer, refresh: Refresh, *, before: int) -> Refresh | None:
    """Ask for a refresh, in place of one of the same post that began before then (ms); answers what there is."""
    await tx.run(
        BEGIN,
        id=refresh.id,
        status_id=refresh.status_id,
        conversation_id=refresh.conversation_id,
        now=refresh.started_at,
        before=before,
    )
    return await of_status(tx, refresh.status_id)


async def any_due(db: Reader, *, now: int, after: int) -> bool:
    """Whether one has begun since then (ms) that nobody works on."""
    return bool(await db.rows(ANY_DUE, now=now, after=after))


async def claim(tx: Writer, *, boot: str, now: int, until: int, after: int, limit: int) -> list[Refresh]:
    """Take those that nobody works on, oldest first."""
    due = await tx.all(DUE, Refresh, now=now, after=after, limit=limit)
    if due:
        await tx.run(LEASE, boot=boot, until=until, ids=[one.id for one in due])
    return due


async def renew(tx: Writer, *, boot: str, now: int, until: int) -> None:
    """Keep those that this process does."""
    await tx.run(RENEW, boot=boot, now=now, until=until)


async def release_all(tx: Writer) -> None:
    """At the start of the only process: nobody else works on anything."""
    await tx.run(RELEASE_ALL)


async def arrived(tx: Writer, refresh_id: int) -> None:
    """One more reply has come."""
    await tx.run(ARRIVED, id=refresh_id)


async def finish(tx: Writer, refresh_id: int, now: int) -> None:
    """Nothing more will come."""
    await tx.run(FINISH, id=refresh_id, now=now)


async def forget(tx: Writer, before: int) -> None:
    """Drop what began before then (ms)."""
    await tx.run(FORGET, before=before)
