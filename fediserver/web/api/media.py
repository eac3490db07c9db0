"""Files of posts: https://docs.joinmastodon.org/methods/media/."""

import math
from typing import Annotated

import msgspec
from starlette.responses import Response

from fediserver.actions import upload as uploading
from fediserver.activitypub.context import Context
from fediserver.db import expiry
from fediserver.db import media as rows
from fediserver.errors import Invalid, NotFound
from fediserver.models.media import MediaAttachment
from fediserver.views.entities.instance import PICTURE_BYTES
from fediserver.views.entities.media import attachment
from fediserver.views.entities.shelf import shelf
from fediserver.web.api.endpoint import Uploads
from fediserver.web.api.uploads import bytes_of, stored
from fediserver.web.auth import Viewer
from fediserver.web.params import Upload
from fediserver.web.responses import empty, json_response


class NewFile(msgspec.Struct):
    """A file with its alt text; `focus` is "x,y", each from -1 to 1, y upwards."""

    file: Upload
    description: str = ""
    focus: str | None = None


class FileChange(msgspec.Struct):
    """Alt text and focus; what is None stays."""

    description: str | None = None
    focus: str | None = None


async def upload(ctx: Context, me: Viewer, wanted: Annotated[NewFile, Uploads(PICTURE_BYTES)]) -> Response:
    """POST /api/v2/media and /api/v1/media: keep a picture for a post; it is ready at once."""
    focus = focal_point(wanted.focus)
    picture = await stored(ctx, await bytes_of(wanted.file), "attachment")
    row = await uploading.attach(ctx, me.account, picture, wanted.description, focus)
    return json_response(attachment(shelf(ctx, me.id), row))


async def show(ctx: Context, me: Viewer, media_id: int) -> Response:
    """GET /api/v1/media/:id: a file that waits for its post."""
    row = await _own(ctx, me, media_id)
    if row.status_id is not None:
        raise NotFound
    return json_response(attachment(shelf(ctx, me.id), row))


async def change(ctx: Context, me: Viewer, media_id: int, wanted: FileChange) -> Response:
    """PUT /api/v1/media/:id: alt text and focus, until the file is posted."""
    row = await _own(ctx, me, media_id)
    if row.status_id is not None:
        raise NotFound
    fresh = await uploading.describe(ctx, row, wanted.description, focal_point(wanted.focus))
    return json_response(attachment(shelf(ctx, me.id), fresh))


async def delete(ctx: Context, me: Viewer, media_id: int) -> Response:
    """DELETE /api/v1/media/:id: forget a file that is in no post."""
    row = await _own(ctx, me, media_id)
    if not await forget(ctx, row):
        raise Invalid("The file is in a post; edit or delete the post instead")
    return empty()


async def forget(ctx: Context, row: MediaAttachment) -> bool:
    """Forget a file and take it off the disk; False when a post has it or waits for it."""
    if not await ctx.db.write(lambda tx: expiry.drop_upload(tx, row.id)):
        return False
    for path in {row.path, row.preview_path} - {""}:
        await ctx.storage.delete(path)
    return True


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
