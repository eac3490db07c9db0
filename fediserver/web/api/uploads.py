"""From a file that a client sent to a picture on the disk."""

import asyncio

from fediserver.actions.upload import StoredPicture
from fediserver.activitypub.context import Context
from fediserver.errors import TooLarge
from fediserver.media.kinds import KINDS
from fediserver.media.messages import Picture, Purpose
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


def _size(picture: Picture, *, one_file: bool) -> int:
    return len(picture.original) if one_file else len(picture.original) + len(picture.preview)
