"""Work for later: kept in rows, taken with a lease, tried again until it is done or given up."""

from collections.abc import Collection

import msgspec
import orjson

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns
from fediserver.models.delivery import Job

ADD = Query("""
    insert into jobs (id, kind, args, once_key, run_at, give_up_at)
    values (:id, :kind, :args, :once_key, :run_at, :give_up_at)
    on conflict (once_key) do update
       set again_at = excluded.run_at, again_until = excluded.give_up_at where jobs.lease_until > :now
""")
DUE = Query(f"""
    select {columns(Job)} from jobs
     where run_at <= :now and lease_until <= :now and kind <> all(:kinds)
     order by run_at limit :limit /*skip locked*/
""")
LEASE = Query("update jobs set lease_by = :boot, lease_until = :until where id = any(:ids)")
RENEW = Query("update jobs set lease_until = :until where lease_by = :boot and lease_until > :now")
RELEASE_ALL = Query("update jobs set lease_by = null, lease_until = 0 where lease_until > 0")
DONE = Query("delete from jobs where id = :id")
AGAIN = Query("""
    update jobs
       set run_at = again_at, give_up_at = again_until, again_at = null, again_until = null, attempts = 0,
           last_error = '', lease_by = null, lease_until = 0
     where id = :id and again_at is not null
""")
FORGET = Query("delete from jobs where once_key = :once_key")
POSTPONE = Query("""
    update jobs
       set attempts = attempts + 1, run_at = :run_at, last_error = :last_error, lease_by = null, lease_until = 0,
           give_up_at = coalesce(again_until, give_up_at), again_at = null, again_until = null
     where id = :id
""")
NEXT_DUE = Query("select min(run_at) from jobs where lease_until <= :now")


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """Work to be queued: times in ms; `once` names the work, so that it waits once only."""

    id: int
    kind: str
    args: dict[str, object]
    once: str
    run_at: int
    give_up_at: int


async def add(tx: Writer, job: NewJob, *, now: int) -> None:
    """Queue work, unless the same work waits; what is being done at this moment is done once more."""
    await tx.run(
        ADD,
        id=job.id,
        kind=job.kind,
        args=orjson.dumps(job.args).decode(),
        once_key=job.once,
        run_at=job.run_at,
        give_up_at=job.give_up_at,
        now=now,
    )


async def due(tx: Writer, *, now: int, limit: int, kinds: Collection[str]) -> list[Job]:
    """Work that is due and that nobody does, but that of some kinds."""
    return await tx.all(DUE, Job, now=now, limit=limit, kinds=kinds)


async def lease(tx: Writer, ids: Collection[int], *, boot: str, until: int) -> None:
    """Take work until then (ms)."""
    if ids:
        await tx.run(LEASE, boot=boot, until=until, ids=list(ids))


async def renew(tx: Writer, *, boot: str, now: int, until: int) -> None:
    """Keep the work that this process does."""
    await tx.run(RENEW, boot=boot, now=now, until=until)


async def release_all(tx: Writer) -> None:
    """At the start of the only process: nobody else holds anything."""
    await tx.run(RELEASE_ALL)


async def done(tx: Writer, job_id: int) -> None:
    """The work is done or given up; it waits again if it was asked for meanwhile."""
    if not await tx.run(AGAIN, id=job_id):
        await tx.run(DONE, id=job_id)


async def forget(tx: Writer, once: str) -> None:
    """The work need not be done any more."""
    await tx.run(FORGET, once_key=once)


async def postpone(tx: Writer, job_id: int, *, run_at: int, last_error: str) -> None:
    """Count an attempt that failed, and say when to try again."""
    await tx.run(POSTPONE, id=job_id, run_at=run_at, last_error=last_error)


async def next_due(db: Reader, now: int) -> int | None:
    """When the next work is due (ms), or None."""
    found = await db.value(NEXT_DUE, now=now)
    return None if found is None else int(found)
