"""Keep an uploaded file until a post uses it."""

import msgspec
import orjson

from fediserver.actions.core import Core
from fediserver.actions.edit import with_focus
from fediserver.clock import HOUR
from fediserver.db import conversions, expiry, media, statuses
from fediserver.db.database import Writer
from fediserver.errors import NotFound, TooMany, Unavailable
from fediserver.media.messages import Picture
from fediserver.models.account import Account
from fediserver.models.media import Conversion, MediaAttachment

DESCRIPTION_CHARACTERS = 1500
CONVERSIONS = "conversions"
"""The topic on which work with video and sound is told."""
SOURCE = ".raw"
"""Ends the name of a file as it was sent; nothing is served under it."""
UNUSED_OF_ONE = 1 << 30
"""Bytes of one member's files that no post uses; those that are a day old are forgotten."""
WAITING_OF_ONE = 8
"""Files of one member that may be processed or wait for it."""


class StoredPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that is on the disk already; paths below /media/, sizes in pixels."""

    kind: str
    mime: str
    path: str
    width: int
    height: int
    preview_path: str
    preview_width: int
    preview_height: int
    blurhash: str
    bytes: int


class Unmade(msgspec.Struct, frozen=True, kw_only=True):
    """A video or sound as it was sent; it is on the disk already."""

    kind: str
    mime: str
    bytes: int
    description: str = ""
    focus: tuple[float, float] | None = None


class StoredFilm(msgspec.Struct, frozen=True, kw_only=True):
    """A video or sound that was made ready; `original` is what meta says of it, `preview` stands for it."""

    kind: str
    mime: str
    path: str
    original: dict[str, object]
    bytes: int
    preview: StoredPicture | None


async def demand_room(core: Core, owner: Account) -> None:
    """Raise TooMany when much of what a member has sent is in no post."""
    if await expiry.unused_bytes(core.db, owner.id) >= UNUSED_OF_ONE:
        raise TooMany(
            "Many files of yours are in no post yet; post or delete some, or try again tomorrow", 3600
        )


async def attach(
    core: Core,
    owner: Account,
    picture: StoredPicture,
    description: str = "",
    focus: tuple[float, float] | None = None,
) -> MediaAttachment:
    """Keep a file for a post of its owner."""
    row = msgspec.structs.replace(
        _row(core, owner, picture.kind, picture.mime, description, focus),
        path=picture.path,
        preview_path=picture.preview_path,
        blurhash=picture.blurhash,
        meta=with_focus(_meta(picture), focus),
        bytes=picture.bytes,
    )
    await core.db.write(lambda tx: media.insert(tx, row))
    return row


def _row(
    core: Core, owner: Account, kind: str, mime: str, description: str, focus: tuple[float, float] | None
) -> MediaAttachment:
    """An upload of which nothing can be shown yet."""
    return MediaAttachment(
        id=core.ids.next(),
        account_id=owner.id,
        status_id=None,
        position=0,
        kind=kind,
        mime=mime,
        path="",
        preview_path="",
        remote_url="",
        description=description.strip()[:DESCRIPTION_CHARACTERS],
        blurhash="",
        meta=with_focus("{}", focus),
        bytes=0,
        created_at=core.clock(),
    )


def _meta(picture: StoredPicture) -> str:
    return orjson.dumps(
        {
            "original": size(picture.width, picture.height),
            "small": size(picture.preview_width, picture.preview_height),
        }
    ).decode()


def stored_still(drawn: Picture, path: str) -> StoredPicture:
    """The still preview of a picture, which is on the disk."""
    return StoredPicture(
        kind="image",
        mime=drawn.preview_mime,
        path=path,
        width=drawn.preview_width,
        height=drawn.preview_height,
        preview_path=path,
        preview_width=drawn.preview_width,
        preview_height=drawn.preview_height,
        blurhash=drawn.blurhash,
        bytes=len(drawn.preview),
    )


def size(width: int, height: int) -> dict[str, object]:
    """A picture's size as clients lay it out by."""
    return {
        "width": width,
        "height": height,
        "size": f"{width}x{height}",
        "aspect": round(width / height, 6) if height else 0.0,
    }


async def reserve(core: Core, owner: Account, stem: str) -> Conversion:
    """Have the files of a stem removed in an hour, unless `begin` says by then what they are for.

    So that nothing of an upload is left when the node is killed while it takes it. Raises TooMany and Unavailable when
    too much waits already.
    """
    conversion = Conversion(
        media_id=core.ids.next(),
        account_id=owner.id,
        stem=stem,
        attempts=0,
        run_at=core.clock() + HOUR,
        lease_by=None,
        lease_until=0,
    )

    async def work(tx: Writer) -> None:
        waiting = await conversions.waiting(tx)
        if waiting[owner.id] >= WAITING_OF_ONE:
            raise TooMany(
                "Several of your files are still being processed; wait until one of them is ready", 30
            )
        if waiting.total() >= conversions.MOST:
            raise Unavailable("Too many files are being processed; try again in a few minutes", 120)
        await conversions.add(tx, conversion)

    await core.db.write(work)
    return conversion


async def begin(
    core: Core, owner: Account, conversion: Conversion, upload: Unmade, *, preview: StoredPicture | None
) -> MediaAttachment:
    """Have a video or sound, for which there is a reservation, made ready; `preview` stands for it."""
    row = msgspec.structs.replace(
        _row(core, owner, upload.kind, upload.mime, upload.description, upload.focus),
        id=conversion.media_id,
        bytes=upload.bytes,
    )
    if preview is not None:
        row = _with_preview(row, preview)

    async def work(tx: Writer) -> None:
        if not await conversions.set_due(tx, row.id, run_at=row.created_at):
            raise Unavailable("The file took too long to arrive; send it again", 1)
        await media.insert(tx, row)

    await core.db.write(work)
    core.bus.publish(CONVERSIONS)
    return row


async def abandon(core: Core, conversion: Conversion) -> None:
    """Have the files of a reservation removed at once."""
    await core.db.write(lambda tx: conversions.set_due(tx, conversion.media_id, run_at=0))
    core.bus.publish(CONVERSIONS)


async def finish(core: Core, conversion: Conversion, boot: str, made: StoredFilm) -> MediaAttachment | None:
    """Make an upload what was made of it; answers it as it is now.

    None when that is no longer wanted: the upload was taken back, or another process has it in hand.
    """

    async def work(tx: Writer) -> MediaAttachment | None:
        row = await _in_hand(core, tx, conversion, boot)
        if row is None:
            return None
        fields = orjson.loads(row.meta) | {"original": made.original}
        fresh = msgspec.structs.replace(
            row,
            kind=made.kind,
            mime=made.mime,
            path=made.path,
            meta=orjson.dumps(fields).decode(),
            bytes=made.bytes,
        )
        # A preview that was sent stays.
        if not row.preview_path and made.preview is not None:
            fresh = _with_preview(fresh, made.preview)
        await media.make_ready(tx, fresh)
        return fresh

    return await core.db.write(work)


async def fail(core: Core, conversion: Conversion, boot: str, problem: str) -> bool:
    """Say why an upload will never be ready; False when that is no longer this process's to say."""

    async def work(tx: Writer) -> bool:
        if await _in_hand(core, tx, conversion, boot) is None:
            return False
        await media.note_problem(tx, conversion.media_id, problem)
        return True

    return await core.db.write(work)


async def _in_hand(core: Core, tx: Writer, conversion: Conversion, boot: str) -> MediaAttachment | None:
    if not await conversions.is_held(tx, conversion.media_id, boot=boot, now=core.clock()):
        return None
    return await media.by_id(tx, conversion.media_id)


async def describe(
    core: Core,
    attachment: MediaAttachment,
    description: str | None = None,
    focus: tuple[float, float] | None = None,
) -> MediaAttachment:
    """Change alt text and focal point; None leaves them."""

    async def work(tx: Writer) -> MediaAttachment:
        # Read again: it may have become ready meanwhile.
        row = await media.by_id(tx, attachment.id)
        if row is None:
            raise NotFound
        text = row.description if description is None else description.strip()[:DESCRIPTION_CHARACTERS]
        fresh = msgspec.structs.replace(row, description=text, meta=with_focus(row.meta, focus))
        await media.describe(tx, fresh.id, description=fresh.description, meta=fresh.meta)
        if fresh.status_id is not None:
            await statuses.touch(tx, fresh.status_id)
        return fresh

    return await core.db.write(work)


async def set_preview(core: Core, attachment_id: int, preview: StoredPicture) -> str:
    """Let another picture stand for a video or sound; answers the path of the former one, '' for none."""

    async def work(tx: Writer) -> str:
        row = await media.by_id(tx, attachment_id)
        if row is None:
            raise NotFound
        await media.set_preview(tx, _with_preview(row, preview))
        return row.preview_path

    return await core.db.write(work)


async def take_back(core: Core, attachment_id: int) -> MediaAttachment | None:
    """Forget an upload, and answer it as it was; None when it is in a post, or kept for one.

    The files of one that is not ready yet go by themselves.
    """

    async def work(tx: Writer) -> MediaAttachment | None:
        row = await media.by_id(tx, attachment_id)
        if row is None or not await expiry.drop_upload(tx, attachment_id):
            return None
        # Next in turn, for there is nothing to be made.
        await conversions.set_due(tx, attachment_id, run_at=0)
        return row

    dropped = await core.db.write(work)
    core.bus.publish(CONVERSIONS)
    return dropped


def _with_preview(row: MediaAttachment, preview: StoredPicture) -> MediaAttachment:
    fields = orjson.loads(row.meta) | {"small": size(preview.width, preview.height)}
    return msgspec.structs.replace(
        row,
        preview_path=preview.path,
        blurhash=preview.blurhash,
        meta=orjson.dumps(fields).decode(),
        bytes=row.bytes + preview.bytes,
    )
