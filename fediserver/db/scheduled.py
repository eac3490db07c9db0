"""Posts that wait for their time, and the files kept for them."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query, columns, insertion
from fediserver.models.media import MediaAttachment
from fediserver.models.scheduled import Scheduled

_SCHEDULED = columns(Scheduled)

INSERT = Query(insertion("scheduled_statuses", Scheduled))
KEEP_FILE = Query("""
    insert into scheduled_media (media_id, scheduled_id, position) values (:media_id, :scheduled_id, :position)
""")
ONE = Query(f"select {_SCHEDULED} from scheduled_statuses where id = :id")
SOME = Query(f"select {_SCHEDULED} from scheduled_statuses where id = any(:ids)")
OF_ACCOUNT = Listing(
    "select s.id as cursor, s.id as id from scheduled_statuses s where s.account_id = :account_id", "s.id"
)
COUNT = Query("select count(*) from scheduled_statuses where account_id = :account_id")
COUNT_BETWEEN = Query("""
    select count(*) from scheduled_statuses
     where account_id = :account_id and scheduled_at >= :start and scheduled_at < :stop and id <> :but
""")
MOVE = Query("update scheduled_statuses set scheduled_at = :scheduled_at where id = :id")
DROP = Query("delete from scheduled_statuses where id = :id")
FILES = Query(f"""
    select {columns(MediaAttachment, "m")}
      from scheduled_media k
      join media_attachments m on m.id = k.media_id
     where k.scheduled_id = any(:scheduled_ids)
     order by k.scheduled_id, k.position
""")
KEPT = Query("select media_id, scheduled_id from scheduled_media where media_id = any(:media_ids)")


async def insert(tx: Writer, row: Scheduled, media_ids: Sequence[int]) -> None:
    """Add a post to come and keep its files; Clash when one is kept for another."""
    await tx.run(INSERT, **msgspec.structs.asdict(row))
    await tx.many(
        KEEP_FILE,
        [
            {"media_id": media_id, "scheduled_id": row.id, "position": place}
            for place, media_id in enumerate(media_ids)
        ],
    )


async def one(db: Reader, scheduled_id: int) -> Scheduled | None:
    """The post to come with that id."""
    return await db.one(ONE, Scheduled, id=scheduled_id)


async def page(db: Reader, bounds: Bounds, *, account_id: int) -> list[Entry]:
    """A member's posts to come, the latest made first."""
    return await OF_ACCOUNT.page(db, bounds, account_id=account_id)


async def by_ids(db: Reader, ids: Sequence[int]) -> dict[int, Scheduled]:
    """Posts to come by id."""
    return {row.id: row for row in await db.all(SOME, Scheduled, ids=ids)} if ids else {}


async def count(db: Reader, account_id: int) -> int:
    """How many posts to come a member has."""
    return int(await db.value(COUNT, account_id=account_id))


async def count_between(db: Reader, account_id: int, *, start: int, stop: int, but: int) -> int:
    """How many come from `start` up to `stop` (ms), without the one with the id `but`."""
    return int(await db.value(COUNT_BETWEEN, account_id=account_id, start=start, stop=stop, but=but))


async def move(tx: Writer, scheduled_id: int, scheduled_at: int) -> None:
    """Set another time (ms)."""
    await tx.run(MOVE, id=scheduled_id, scheduled_at=scheduled_at)


async def drop(tx: Writer, scheduled_id: int) -> bool:
    """Remove a post to come, its files are free again; False when it was gone."""
    return bool(await tx.run(DROP, id=scheduled_id))


async def files(db: Reader, scheduled_ids: Sequence[int]) -> list[MediaAttachment]:
    """The files kept for posts to come, in the order of each."""
    return await db.all(FILES, MediaAttachment, scheduled_ids=scheduled_ids) if scheduled_ids else []


async def kept(db: Reader, media_ids: Sequence[int]) -> dict[int, int]:
    """For which posts to come files are kept; free ones are left out."""
    return dict(await db.rows(KEPT, media_ids=media_ids)) if media_ids else {}
