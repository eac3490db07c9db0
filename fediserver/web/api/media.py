"""Files of posts: https://docs.joinmastodon.org/methods/media/."""

import asyncio
import math
from typing import Annotated

import msgspec
from starlette.responses import Response

from fediserver.actions import upload as uploading
from fediserver.actions.upload import Unmade
from fediserver.activitypub.context import Context
from fediserver.db import media as rows
from fediserver.errors import FediserverError, Invalid, NotFound
from fediserver.media.kinds import KINDS
from fediserver.models.media import MediaAttachment
from fediserver.views.entities.instance import PICTURE_BYTES
from fediserver.views.entities.media import attachment
from fediserver.views.entities.shelf import shelf
from fediserver.web.api.endpoint import Uploads
from fediserver.web.api.uploads import bytes_of, is_film, kept, still, stored, type_of
from fediserver.web.auth import Viewer
from fediserver.web.params import Upload
from fediserver.web.responses import empty, json_response

WAIT_SECONDS = 50.0
"""How long the first version waits for a file to be ready: less than proxies wait for an answer."""
_LOOK_SECONDS = 0.25
_NO_SUCH_TYPE = (
    "The file is of no accepted type; send a picture (JPEG, PNG, GIF, WebP, AVIF), a video (MP4, MOV, WebM) "
    "or a sound (MP3, M4A, Ogg, FLAC, WAV)"
)


class NewFile(msgspec.Struct):
    """A file with its alt text; `focus` is "x,y", each from -1 to 1, y upwards. `thumbnail` is for video and sound."""

    file: Upload
    description: str = ""
    focus: str | None = None
    thumbnail: Upload | None = None


class FileChange(msgspec.Struct):
    """Alt text, focus and the picture that stands for a video or sound; what is None stays."""

    description: str | None = None
    focus: str | None = None
    thumbnail: Upload | None = None


_Sent = Annotated[NewFile, Uploads(2 * PICTURE_BYTES, videos=1)]


async def upload(ctx: Context, me: Viewer, wanted: _Sent) -> Response:
    """POST /api/v2/media: keep a file for a post; a video or sound is 202, and ready later."""
    return _answer(ctx, me, await _taken(ctx, me, wanted), 202)


async def upload_and_wait(ctx: Context, me: Viewer, wanted: _Sent) -> Response:
    """POST /api/v1/media: keep a file for a post, a video or sound once it is ready, or after 50 s."""
    row = await _taken(ctx, me, wanted)
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while not row.is_ready and not row.problem and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(_LOOK_SECONDS)
        row = await _own(ctx, me, row.id)
    return _answer(ctx, me, row, 202)


async def show(ctx: Context, me: Viewer, media_id: int) -> Response:
    """GET /api/v1/media/:id: a file that waits for its post; 206 while it is not ready."""
    return _answer(ctx, me, await _free(ctx, me, media_id), 206)


async def change(
    ctx: Context, me: Viewer, media_id: int, wanted: Annotated[FileChange, Uploads(PICTURE_BYTES)]
) -> Response:
    """PUT /api/v1/media/:id: alt text, focus and preview of a video or sound, until the file is posted."""
    row = await _free(ctx, me, media_id)
    focus = focal_point(wanted.focus)
    if wanted.thumbnail is not None and row.kind != "image":
        preview = await still(ctx, wanted.thumbnail, ctx.storage.reserve())
        former = await uploading.set_preview(ctx, row.id, preview)
        if former:
            await ctx.storage.delete(former)
    return _answer(ctx, me, await uploading.describe(ctx, row, wanted.description, focus), 206)


async def delete(ctx: Context, me: Viewer, media_id: int) -> Response:
    """DELETE /api/v1/media/:id: forget a file that is in no post."""
    row = await _own(ctx, me, media_id)
    if not await forget(ctx, row):
        raise Invalid("The file is in a post; edit or delete the post instead")
    return empty()


async def forget(ctx: Context, row: MediaAttachment) -> bool:
    """Forget a file and take it off the disk; False when a post has it or waits for it."""
    dropped = await uploading.take_back(ctx, row.id)
    if dropped is None:
        return False
    for path in {dropped.path, dropped.preview_path} - {""}:
        await ctx.storage.delete(path)
    return True


async def _taken(ctx: Context, me: Viewer, wanted: NewFile) -> MediaAttachment:
    """The upload's row, its file on the disk."""
    focus = focal_point(wanted.focus)
    await uploading.demand_room(ctx, me.account)
    mime = await type_of(wanted.file)
    if mime is None:
        raise Invalid(_NO_SUCH_TYPE)
    if not await is_film(ctx, wanted.file, mime):
        picture = await stored(ctx, await bytes_of(wanted.file), "attachment")
        return await uploading.attach(ctx, me.account, picture, wanted.description, focus)
    conversion = await kept(ctx, me.account, wanted.file)
    try:
        preview = await still(ctx, wanted.thumbnail, conversion.stem) if wanted.thumbnail else None
    except FediserverError:
        await uploading.abandon(ctx, conversion)
        raise
    unmade = Unmade(
        kind="gifv" if mime == "image/gif" else KINDS[mime].attachment,
        mime=mime,
        bytes=wanted.file.size,
        description=wanted.description,
        focus=focus,
    )
    return await uploading.begin(ctx, me.account, conversion, unmade, preview=preview)


def _answer(ctx: Context, me: Viewer, row: MediaAttachment, not_ready: int) -> Response:
    """The file, with that status as long as it is not ready; Invalid with the reason when it never will be."""
    if row.problem:
        raise Invalid(row.problem)
    return json_response(attachment(shelf(ctx, me.id), row), 200 if row.is_ready else not_ready)


def focal_point(text: str | None) -> tuple[float, float] | None:
    """x and y of "0.5,-0.2", each cut to -1..1; Invalid for what is no such pair."""
    if not text:
        return None
    x, comma, y = text.partition(",")
    try:
        pair = float(x), float(y)
    except ValueError:
        pair = math.nan, math.nan
    if not comma or not all(math.isfinite(value) for value in pair):
        raise Invalid('Validation failed: focus must look like "0.5,-0.2"')
    return max(-1.0, min(1.0, pair[0])), max(-1.0, min(1.0, pair[1]))


async def _own(ctx: Context, me: Viewer, media_id: int) -> MediaAttachment:
    row = await rows.by_id(ctx.db, media_id)
    if row is None or row.account_id != me.id:
        raise NotFound
    return row


async def _free(ctx: Context, me: Viewer, media_id: int) -> MediaAttachment:
    """An upload of one's own that is in no post."""
    row = await _own(ctx, me, media_id)
    if row.status_id is not None:
        raise NotFound
    return row
