"""Mail on its way: taken with a lease, tried again until it is sent or given up."""

from typing import NamedTuple

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.mail import Mail

INSERT = Query(insertion("mails", Mail))
# One more of the day, if there is room for it.
COUNT = Query("""
    insert into mail_counts (address_hash, day, count) values (:address_hash, :day, 1)
    on conflict (address_hash, day) do update set count = mail_counts.count + 1
     where mail_counts.count < :most
    returning count
""")
FORGET_COUNTS = Query("delete from mail_counts where day < :day")
DUE = Query(f"""
    select {columns(Mail)} from mails
     where run_at <= :now and lease_until <= :now order by run_at limit :limit /*skip locked*/
""")
ANY_DUE = Query("select 1 from mails where run_at <= :now limit 1")
LEASE = Query("update mails set lease_by = :boot, lease_until = :until where id = any(:ids)")
RENEW = Query("update mails set lease_until = :until where lease_by = :boot and lease_until > :now")
RELEASE_ALL = Query("update mails set lease_by = null, lease_until = 0 where lease_until > 0")
SET_LINK = Query("update mails set link_hash = :link_hash where id = :id")
DONE = Query("delete from mails where id = :id")
POSTPONE = Query("""
    update mails
       set attempts = attempts + 1, run_at = :run_at, last_error = :last_error, lease_by = null, lease_until = 0
     where id = :id
""")
FORGET = Query("delete from mails where give_up_at < :now")
STANDING = Query("""
    select count(*), min(run_at), coalesce(max(last_error), '') from mails
""")


class Standing(NamedTuple):
    """How much mail waits, when the next is due (ms), and an error that one of them met."""

    waiting: int
    next_at: int | None
    last_error: str


async def insert(tx: Writer, mail: Mail) -> None:
    """Put mail on its way."""
    await tx.run(INSERT, **msgspec.structs.asdict(mail))


async def count(tx: Writer, *, address_hash: str, day: int, most: int) -> bool:
    """Count one more of a day (since 1970) for an address; False when there were `most` already."""
    return await tx.value(COUNT, address_hash=address_hash, day=day, most=most) is not None


async def forget(tx: Writer, *, now: int, day: int) -> None:
    """Drop mail that is too old, also on a node that no longer sends any, and what was counted before a day."""
    await tx.run(FORGET, now=now)
    await tx.run(FORGET_COUNTS, day=day)


async def any_due(db: Reader, now: int) -> bool:
    """Whether something may have to be sent now."""
    return await db.value(ANY_DUE, now=now) is not None


async def claim(tx: Writer, *, boot: str, now: int, until: int, limit: int) -> list[Mail]:
    """Take mail that is due and that nobody sends."""
    due = await tx.all(DUE, Mail, now=now, limit=limit)
    if due:
        await tx.run(LEASE, boot=boot, until=until, ids=[mail.id for mail in due])
    return due


async def renew(tx: Writer, *, boot: str, now: int, until: int) -> None:
    """Keep what this process sends."""
    await tx.run(RENEW, boot=boot, now=now, until=until)


async def release_all(tx: Writer) -> None:
    """At the start of the only process: nobody else holds anything."""
    await tx.run(RELEASE_ALL)


async def set_link(tx: Writer, mail_id: int, link_hash: str) -> None:
    """Note that the link in it was made."""
    await tx.run(SET_LINK, id=mail_id, link_hash=link_hash)


async def done(tx: Writer, mail_id: int) -> None:
    """It is sent, given up, or wanted by nobody."""
    await tx.run(DONE, id=mail_id)


async def postpone(tx: Writer, mail_id: int, *, run_at: int, last_error: str) -> None:
    """Count an attempt that failed, and say when to try again."""
    await tx.run(POSTPONE, id=mail_id, run_at=run_at, last_error=last_error)


async def standing(db: Reader) -> Standing:
    """What waits."""
    (row,) = await db.rows(STANDING)
    return Standing(int(row[0]), row[1], row[2])
