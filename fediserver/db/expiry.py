"""Rows that have had their time."""

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query

CODES = Query("delete from authorization_codes where expires_at < :now")
LINKS = Query("delete from one_time_links where expires_at < :now")
SESSIONS = Query("delete from sessions where expires_at < :now")
KEYS = Query("delete from idempotency_keys where created_at < :before")
FULL_HOMES = Query("select account_id from home_entries group by account_id having count(*) > :most")
FULL_LISTS = Query("select list_id from list_entries group by list_id having count(*) > :most")
UNUSED_UPLOADS = Query("""
    select id, path, preview_path from media_attachments
     where status_id is null and created_at < :before
       and not exists (select 1 from scheduled_media k where k.media_id = media_attachments.id)
     order by created_at limit 500
""")
UNUSED_BYTES = Query("""
    select coalesce(sum(bytes), 0) from media_attachments
     where status_id is null and created_at > 0 and account_id = :account_id
       and not exists (select 1 from scheduled_media k where k.media_id = media_attachments.id)
""")
DROP_UPLOAD = Query("""
    delete from media_attachments
     where id = :id and status_id is null
       and not exists (select 1 from scheduled_media k where k.media_id = media_attachments.id)
""")


class UnusedUpload(msgspec.Struct, array_like=True, frozen=True):
    """A file that no post uses; paths below the media folder."""

    id: int
    path: str
    preview_path: str


async def drop_access(tx: Writer, now: int) -> None:
    """Codes, links and log-ins that no longer open anything; idempotency keys of yesterday."""
    await tx.run(CODES, now=now)
    await tx.run(LINKS, now=now)
    await tx.run(SESSIONS, now=now)
    await tx.run(KEYS, before=now - 24 * 3_600_000)


async def full_homes(db: Reader, most: int) -> list[int]:
    """Members whose home holds more than it should."""
    return await db.values(FULL_HOMES, most=most)


async def full_lists(db: Reader, most: int) -> list[int]:
    """Lists that hold more than they should."""
    return await db.values(FULL_LISTS, most=most)


async def unused_uploads(db: Reader, before: int) -> list[UnusedUpload]:
    """Uploads made before then that no post uses, oldest first."""
    return await db.all(UNUSED_UPLOADS, UnusedUpload, before=before)


async def unused_bytes(db: Reader, account_id: int) -> int:
    """How much a member has sent that no post uses or waits for."""
    return int(await db.value(UNUSED_BYTES, account_id=account_id))


async def drop_upload(tx: Writer, upload_id: int) -> bool:
    """Forget an upload that no post uses or waits for; False when one does."""
    return bool(await tx.run(DROP_UPLOAD, id=upload_id))
