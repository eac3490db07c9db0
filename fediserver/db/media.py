"""Files of posts, files of other servers, and custom emoji."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.media import CustomEmoji, MediaAttachment, RemoteFile

_ATTACHMENT = columns(MediaAttachment)
_REMOTE = columns(RemoteFile)

INSERT = Query(insertion("media_attachments", MediaAttachment))
BY_ID = Query(f"select {_ATTACHMENT} from media_attachments where id = :id")
BY_IDS = Query(f"select {_ATTACHMENT} from media_attachments where id = any(:ids)")
OF_STATUSES = Query(f"""
    select {_ATTACHMENT} from media_attachments where status_id = any(:status_ids) order by status_id, position, id
""")
DESCRIBE = Query("update media_attachments set description = :description, meta = :meta where id = :id")
MAKE_READY = Query("""
    update media_attachments
       set kind = :kind, mime = :mime, path = :path, preview_path = :preview_path, blurhash = :blurhash,
           meta = :meta, bytes = :bytes
     where id = :id
""")
SET_PREVIEW = Query("""
    update media_attachments
       set preview_path = :preview_path, blurhash = :blurhash, meta = :meta, bytes = :bytes
     where id = :id
""")
NOTE_PROBLEM = Query("update media_attachments set problem = :problem where id = :id and path = ''")
ATTACH = Query("""
    update media_attachments set status_id = :status_id, position = :position
     where id = :id and (status_id is null or status_id = :status_id)
""")
DETACH = Query(
    "update media_attachments set status_id = null where status_id = :status_id and id <> all(:keep)"
)
DROP_OF_STATUS = Query("delete from media_attachments where status_id = :status_id and id <> all(:keep)")

FILE = Query(f"select {_REMOTE} from remote_files where id = :id")
FILES_BY_URL = Query(f"select {_REMOTE} from remote_files where url = any(:urls)")
PUT_FILE = Query("""
    insert into remote_files (id, url, purpose, blurhash) values (:id, :url, :purpose, :blurhash)
    on conflict (url) do nothing
""")

NOTE_VIEW = Query("update remote_files set viewed_at = :now where id = :id")
NOTE_FAILURE = Query("update remote_files set failed_at = :now, failures = failures + 1 where id = :id")
NOTE_FETCHED = Query("""
    update remote_files
       set path = :path, mime = :mime, bytes = :size, viewed_at = :now, failed_at = null, failures = 0,
           blurhash = case when blurhash = '' then :blurhash else blurhash end
     where id = :id
""")
CACHED_BYTES = Query("select coalesce(sum(bytes), 0) from remote_files where path <> ''")
LEAST_VIEWED = Query(f"""
    select {_REMOTE} from remote_files where path <> '' and id <> :keep order by viewed_at, id limit 200
""")
EVICT = Query("update remote_files set path = '', bytes = 0 where id = any(:ids)")

EMOJIS_NAMED = Query(f"""
    select {columns(CustomEmoji)} from custom_emojis where domain = :domain and shortcode = any(:shortcodes)
""")
EMOJIS = Query(f"""
    select {columns(CustomEmoji)} from custom_emojis where domain = '' and visible order by category, shortcode
""")
PUT_EMOJI = Query(
    insertion("custom_emojis", CustomEmoji)
    + """
    on conflict (domain, shortcode) do update
        set uri = excluded.uri, path = excluded.path, updated_at = excluded.updated_at
"""
)


async def insert(tx: Writer, attachment: MediaAttachment) -> None:
    """Add an attachment."""
    await tx.run(INSERT, **msgspec.structs.asdict(attachment))


async def by_id(db: Reader, attachment_id: int) -> MediaAttachment | None:
    """The attachment with that id."""
    return await db.one(BY_ID, MediaAttachment, id=attachment_id)


async def by_ids(db: Reader, ids: Sequence[int]) -> dict[int, MediaAttachment]:
    """Attachments by id; unknown ids are left out."""
    return {row.id: row for row in await db.all(BY_IDS, MediaAttachment, ids=ids)} if ids else {}


async def of_statuses(db: Reader, status_ids: Sequence[int]) -> list[MediaAttachment]:
    """The attachments of posts, in order."""
    return await db.all(OF_STATUSES, MediaAttachment, status_ids=status_ids) if status_ids else []


async def describe(tx: Writer, attachment_id: int, *, description: str, meta: str) -> None:
    """Write alt text and focus."""
    await tx.run(DESCRIBE, id=attachment_id, description=description, meta=meta)


async def make_ready(tx: Writer, attachment: MediaAttachment) -> None:
    """Write what was made of an upload."""
    names = ("id", "kind", "mime", "path", "preview_path", "blurhash", "meta", "bytes")
    await tx.run(MAKE_READY, **{name: getattr(attachment, name) for name in names})


async def set_preview(tx: Writer, attachment: MediaAttachment) -> None:
    """Write another picture that stands for a video or sound."""
    names = ("id", "preview_path", "blurhash", "meta", "bytes")
    await tx.run(SET_PREVIEW, **{name: getattr(attachment, name) for name in names})


async def note_problem(tx: Writer, attachment_id: int, problem: str) -> None:
    """Say why an upload will never be ready."""
    await tx.run(NOTE_PROBLEM, id=attachment_id, problem=problem)


async def attach(tx: Writer, ids: Sequence[int], status_id: int) -> bool:
    """Make these the attachments of a post, in this order; others of it are free again.

    False when one is gone, or is another post's.
    """
    await tx.run(DETACH, status_id=status_id, keep=ids)
    taken = [
        await tx.run(ATTACH, id=one, status_id=status_id, position=place) for place, one in enumerate(ids)
    ]
    return sum(taken) == len(ids)


async def drop_of_status(tx: Writer, status_id: int, keep: Sequence[int] = ()) -> None:
    """Remove a post's attachments."""
    await tx.run(DROP_OF_STATUS, status_id=status_id, keep=keep)


async def remote_file(db: Reader, file_id: int) -> RemoteFile | None:
    """The file of another server with that id."""
    return await db.one(FILE, RemoteFile, id=file_id)


async def remote_paths(tx: Writer, wanted: Sequence[tuple[int, str, str, str]]) -> dict[str, str]:
    """Paths below /media/ for urls of other servers: from (new id, url, purpose, blurhash)."""
    if not wanted:
        return {}
    await tx.many(
        PUT_FILE,
        [
            {"id": one, "url": url, "purpose": purpose, "blurhash": blurhash}
            for one, url, purpose, blurhash in wanted
        ],
    )
    found = await tx.all(FILES_BY_URL, RemoteFile, urls=[url for _, url, _, _ in wanted])
    return {file.url: f"remote/{file.id}" for file in found}


async def emojis_named(db: Reader, domain: str, shortcodes: Sequence[str]) -> list[CustomEmoji]:
    """Custom emoji of a server by shortcode."""
    return await db.all(EMOJIS_NAMED, CustomEmoji, domain=domain, shortcodes=shortcodes) if shortcodes else []


async def emojis(db: Reader) -> list[CustomEmoji]:
    """Our custom emoji, for the picker."""
    return await db.all(EMOJIS, CustomEmoji)


async def put_emoji(tx: Writer, emoji: CustomEmoji) -> None:
    """Add a custom emoji, or replace its picture."""
    await tx.run(PUT_EMOJI, **msgspec.structs.asdict(emoji))


async def note_view(tx: Writer, file_id: int, now: int) -> None:
    """Somebody has looked at a file."""
    await tx.run(NOTE_VIEW, id=file_id, now=now)


async def note_failure(tx: Writer, file_id: int, now: int) -> None:
    """A file could not be fetched."""
    await tx.run(NOTE_FAILURE, id=file_id, now=now)


async def note_fetched(
    tx: Writer, file_id: int, *, path: str, mime: str, size: int, blurhash: str, now: int
) -> None:
    """A file is here now; a blurhash that its server has told stays."""
    await tx.run(NOTE_FETCHED, id=file_id, path=path, mime=mime, size=size, blurhash=blurhash, now=now)


async def cached_bytes(db: Reader) -> int:
    """Bytes of all files of other servers."""
    return int(await db.value(CACHED_BYTES))


async def over_budget(tx: Writer, budget: int, *, keep: int) -> list[RemoteFile]:
    """Let go of the files looked at least recently until the rest fits; answers them, to be deleted."""
    excess = await cached_bytes(tx) - budget
    evicted: list[RemoteFile] = []
    if excess > 0:
        for row in await tx.all(LEAST_VIEWED, RemoteFile, keep=keep):
            if excess <= 0:
                break
            evicted.append(row)
            excess -= row.bytes
        await tx.run(EVICT, ids=[row.id for row in evicted])
    return evicted
