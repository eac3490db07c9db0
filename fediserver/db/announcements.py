"""Announcements, who has dismissed them, and reactions."""

from collections.abc import Sequence

import msgspec

from fediserver.clock import DAY
from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.announcement import Announcement, Reaction

_ALL = columns(Announcement)
# In the order of what they tell of.
_IN_ORDER = "order by coalesce(starts_at, scheduled_at, published_at, created_at), id"

INSERT = Query(insertion("announcements", Announcement))
EVERYTHING = Query(f"select {_ALL} from announcements {_IN_ORDER}")
# What is over is not shown, whether or not a worker has noticed: Announcement.over_at.
SHOWN = Query(f"""
    select {_ALL} from announcements
     where published_at is not null
       and (ends_at is null or :now < case when all_day then (ends_at / {DAY} + 1) * {DAY} else ends_at end)
     {_IN_ORDER}
""")
ONE = Query(f"select {_ALL} from announcements where id = :id")
LOCKED = Query(f"select {_ALL} from announcements where id = :id /*for update*/")
COUNT = Query("select count(*) from announcements")
SET_TIMES = Query("""
    update announcements
       set scheduled_at = cast(:scheduled_at as bigint), published_at = cast(:published_at as bigint),
           updated_at = :updated_at
     where id = :id
""")
DROP = Query("delete from announcements where id = :id")

DISMISS = Query("""
    insert into announcement_dismissals (account_id, announcement_id) values (:account_id, :id)
    on conflict (account_id, announcement_id) do nothing
""")
DISMISSED = Query("""
    select announcement_id from announcement_dismissals
     where account_id = :account_id and announcement_id = any(:ids)
""")

KINDS = Query("select distinct name from announcement_reactions where announcement_id = :id")
REACT = Query("""
    insert into announcement_reactions (announcement_id, name, account_id, created_at)
    values (:id, :name, :account_id, :now)
    on conflict (announcement_id, name, account_id) do nothing
""")
UNREACT = Query("""
    delete from announcement_reactions where announcement_id = :id and name = :name and account_id = :account_id
""")
# Those of people who are not here any more do not count, nor emoji of ours that are gone.
REACTIONS = Query("""
    select r.announcement_id, r.name, count(*) as count,
           max(case when r.account_id = cast(:viewer_id as bigint) then 1 else 0 end) = 1 as is_mine, e.path
      from announcement_reactions r
      left join custom_emojis e on e.domain = '' and e.shortcode = r.name
     where r.announcement_id = any(:ids)
       and (select a.deleted_at is null and a.suspended_at is null from accounts a where a.id = r.account_id)
     group by r.announcement_id, r.name, e.path
     order by min(r.created_at), r.name
""")


async def insert(tx: Writer, row: Announcement) -> None:
    """Add an announcement."""
    await tx.run(INSERT, **msgspec.structs.asdict(row))


async def everything(db: Reader) -> list[Announcement]:
    """All that there are, also those to come and those that are over."""
    return await db.all(EVERYTHING, Announcement)


async def shown(db: Reader, now: int) -> list[Announcement]:
    """Those that are published and not over."""
    return await db.all(SHOWN, Announcement, now=now)


async def one(db: Reader, announcement_id: int) -> Announcement | None:
    """The announcement with that id."""
    return await db.one(ONE, Announcement, id=announcement_id)


async def locked(tx: Writer, announcement_id: int) -> Announcement | None:
    """The same; others who want to change it wait for this transaction."""
    return await tx.one(LOCKED, Announcement, id=announcement_id)


async def count(db: Reader) -> int:
    """How many there are."""
    return int(await db.value(COUNT))


async def set_times(tx: Writer, row: Announcement) -> None:
    """Write when it is to be published, or was."""
    await tx.run(
        SET_TIMES,
        id=row.id,
        scheduled_at=row.scheduled_at,
        published_at=row.published_at,
        updated_at=row.updated_at,
    )


async def drop(tx: Writer, announcement_id: int) -> bool:
    """Delete an announcement; False when there is none."""
    return bool(await tx.run(DROP, id=announcement_id))


async def dismiss(tx: Writer, announcement_id: int, account_id: int) -> None:
    """A member has read an announcement; a second time changes nothing."""
    await tx.run(DISMISS, id=announcement_id, account_id=account_id)


async def dismissed(db: Reader, ids: Sequence[int], account_id: int) -> set[int]:
    """Those of the announcements that a member has read."""
    return set(await db.values(DISMISSED, ids=ids, account_id=account_id)) if ids else set()


async def kinds(tx: Reader, announcement_id: int) -> set[str]:
    """With what people react."""
    return set(await tx.values(KINDS, id=announcement_id))


async def react(tx: Writer, announcement_id: int, name: str, account_id: int, now: int) -> bool:
    """React; False when the member has reacted so before."""
    return bool(await tx.run(REACT, id=announcement_id, name=name, account_id=account_id, now=now))


async def unreact(tx: Writer, announcement_id: int, name: str, account_id: int) -> bool:
    """Take a reaction back; False when there is none."""
    return bool(await tx.run(UNREACT, id=announcement_id, name=name, account_id=account_id))


async def reactions(db: Reader, ids: Sequence[int], viewer_id: int | None) -> list[Reaction]:
    """What people react with, by announcement, in the order in which it began."""
    return await db.all(REACTIONS, Reaction, ids=ids, viewer_id=viewer_id or 0) if ids else []
