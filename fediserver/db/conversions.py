"""Video and sound that is still to be made ready: taken with a lease, one at a time on the whole node."""

from collections import Counter

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.media import Conversion

MOST = 64
"""How many may wait."""

INSERT = Query(insertion("conversions", Conversion))
WAITING = Query(f"select account_id from conversions limit {MOST}")
# However many processes there are: encoding would take the machine from those who read.
DUE = Query(f"""
    select {columns(Conversion)} from conversions
     where run_at <= :now and not exists (select 1 from conversions where lease_until > :now)
     order by run_at, media_id limit 1 /*skip locked*/
""")
ANY_DUE = Query("select 1 from conversions where run_at <= :now limit 1")
LEASE = Query("""
    update conversions set lease_by = :boot, lease_until = :until, attempts = attempts + 1
     where media_id = :media_id
""")
RENEW = Query("update conversions set lease_until = :until where lease_by = :boot and lease_until > :now")
RELEASE_ALL = Query("update conversions set lease_by = null, lease_until = 0 where lease_until > 0")
HELD = Query(
    "select 1 from conversions where media_id = :media_id and lease_by = :boot and lease_until > :now"
)
POSTPONE = Query("""
    update conversions set run_at = :run_at, lease_by = null, lease_until = 0
     where media_id = :media_id and lease_by = :boot
""")
SET_DUE = Query("update conversions set run_at = :run_at where media_id = :media_id")
DONE = Query("delete from conversions where media_id = :media_id")


async def waiting(db: Reader) -> Counter[int]:
    """How many files wait, by account."""
    return Counter(await db.values(WAITING))


async def add(tx: Writer, conversion: Conversion) -> None:
    """Have a file made ready."""
    await tx.run(INSERT, **msgspec.structs.asdict(conversion))


async def any_due(db: Reader, now: int) -> bool:
    """Whether something may have to be done now."""
    return await db.value(ANY_DUE, now=now) is not None


async def claim(tx: Writer, *, boot: str, now: int, until: int) -> Conversion | None:
    """Take the one that waits longest, unless another is being made anywhere; an attempt is counted."""
    due = await tx.one(DUE, Conversion, now=now)
    if due is not None:
        await tx.run(LEASE, media_id=due.media_id, boot=boot, until=until)
    return due


async def renew(tx: Writer, *, boot: str, now: int, until: int) -> None:
    """Keep what this process makes."""
    await tx.run(RENEW, boot=boot, now=now, until=until)


async def release_all(tx: Writer) -> None:
    """At the start of the only process: nobody else holds anything."""
    await tx.run(RELEASE_ALL)


async def is_held(tx: Writer, media_id: int, *, boot: str, now: int) -> bool:
    """Whether this process still holds it."""
    return await tx.value(HELD, media_id=media_id, boot=boot, now=now) is not None


async def postpone(tx: Writer, media_id: int, *, boot: str, run_at: int) -> None:
    """Let go of what this process holds, and say when to try again."""
    await tx.run(POSTPONE, media_id=media_id, boot=boot, run_at=run_at)


async def set_due(tx: Writer, media_id: int, *, run_at: int) -> bool:
    """Say when to look at it, whoever holds it; False when nothing is left to do."""
    return bool(await tx.run(SET_DUE, media_id=media_id, run_at=run_at))


async def done(tx: Writer, media_id: int) -> None:
    """Nothing is left to do."""
    await tx.run(DONE, media_id=media_id)
