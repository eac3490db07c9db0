"""From a file that a client sent to a picture, or a video that is yet to be made ready, on the disk."""

import asyncio
import io
from typing import IO

from fediserver.actions import upload as uploading
from fediserver.actions.upload import SOURCE, StoredPicture
from fediserver.activitypub.context import Context
from fediserver.errors import TooLarge
from fediserver.media import gif
from fediserver.media.kinds import KINDS, sniff
from fediserver.media.messages import Picture, Purpose
from fediserver.models.account import Account
from fediserver.models.media import Conversion
from fediserver.views.entities.instance import PICTURE_BYTES
from fediserver.web.params import Upload


async def bytes_of(upload: Upload) -> bytes:
    """What was sent; TooLarge beyond 16 MiB."""
    if upload.size > PICTURE_BYTES:
        raise TooLarge(f"The file is too large: at most {PICTURE_BYTES >> 20} MiB are taken")
    return await asyncio.to_thread(upload.file.read)


async def stored(ctx: Context, data: bytes, purpose: Purpose) -> StoredPicture:
    """Check a picture, make it safe and keep it with its preview. Raises Invalid for what is none."""
    picture = await ctx.images.process(data, purpose=purpose)
    path = await ctx.storage.store(picture.original, KINDS[picture.mime].suffix)
    preview_path = path
    if picture.preview != picture.original:
        preview_path = await ctx.storage.store(picture.preview, KINDS[picture.preview_mime].suffix)
    return StoredPicture(
        kind=KINDS[picture.mime].attachment,
        mime=picture.mime,
        path=path,
        width=picture.width,
        height=picture.height,
        preview_path=preview_path,
        preview_width=picture.preview_width,
        preview_height=picture.preview_height,
        blurhash=picture.blurhash,
        bytes=_size(picture, one_file=preview_path == path),
    )


async def type_of(upload: Upload) -> str | None:
    """The media type that its first bytes claim; a moving GIF is one that a video can be made of."""
    return sniff(await asyncio.to_thread(_head, upload.file))


async def is_film(ctx: Context, upload: Upload, mime: str | None) -> bool:
    """Whether it is a matter for ffmpeg; a moving GIF only where there is one."""
    if mime == "image/gif":
        return ctx.converter.is_there and await asyncio.to_thread(_moves, upload.file)
    return mime is not None and KINDS[mime].attachment in ("video", "audio")


async def kept(ctx: Context, owner: Account, upload: Upload) -> Conversion:
    """Keep a video or sound as it was sent, to be made ready later; answers the reservation for its files."""
    ctx.converter.demand()
    if upload.size > ctx.converter.largest:
        raise TooLarge(f"The file is too large: at most {_readable(ctx.converter.largest)} are taken")
    conversion = await uploading.reserve(ctx, owner, ctx.storage.reserve())
    await ctx.storage.keep(conversion.stem + SOURCE, upload.file)
    return conversion


async def still(ctx: Context, upload: Upload, stem: str) -> StoredPicture:
    """A picture that is to stand for a video or sound, small and without movement, kept under a stem."""
    drawn = await ctx.images.process(await bytes_of(upload), purpose="preview")
    path = stem + KINDS[drawn.preview_mime].suffix
    await ctx.storage.keep(path, io.BytesIO(drawn.preview))
    return uploading.stored_still(drawn, path)


def _head(file: IO[bytes]) -> bytes:
    head = file.read(16)
    file.seek(0)
    return head


def _moves(file: IO[bytes]) -> bool:
    found = gif.moves(file)
    file.seek(0)
    return found


def _readable(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size} bytes"


def _size(picture: Picture, *, one_file: bool) -> int:
    return len(picture.original) if one_file else len(picture.original) + len(picture.preview)
