"""Keep an uploaded file until a post uses it."""

import msgspec
import orjson

from fediserver.actions.core import Core
from fediserver.actions.edit import with_focus
from fediserver.db import media, statuses
from fediserver.db.database import Writer
from fediserver.models.account import Account
from fediserver.models.media import MediaAttachment

DESCRIPTION_CHARACTERS = 1500


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


async def attach(
    core: Core,
    owner: Account,
    picture: StoredPicture,
    description: str = "",
    focus: tuple[float, float] | None = None,
) -> MediaAttachment:
    """Keep a file for a post of its owner."""
    row = MediaAttachment(
        id=core.ids.next(),
        account_id=owner.id,
        status_id=None,
        position=0,
        kind=picture.kind,
        mime=picture.mime,
        path=picture.path,
        preview_path=picture.preview_path,
        remote_url="",
        description=description.strip()[:DESCRIPTION_CHARACTERS],
        blurhash=picture.blurhash,
        meta=with_focus(_meta(picture), focus),
        bytes=picture.bytes,
        created_at=core.clock(),
    )
    await core.db.write(lambda tx: media.insert(tx, row))
    return row


def _meta(picture: StoredPicture) -> str:
    return orjson.dumps(
        {
            "original": size(picture.width, picture.height),
            "small": size(picture.preview_width, picture.preview_height),
        }
    ).decode()


def size(width: int, height: int) -> dict[str, object]:
    """A picture's size as clients lay it out by."""
    return {
        "width": width,
        "height": height,
        "size": f"{width}x{height}",
        "aspect": round(width / height, 6) if height else 0.0,
    }


async def describe(
    core: Core,
    attachment: MediaAttachment,
    description: str | None = None,
    focus: tuple[float, float] | None = None,
) -> MediaAttachment:
    """Change alt text and focal point; None leaves them."""
    text = attachment.description if description is None else description.strip()[:DESCRIPTION_CHARACTERS]
    fresh = msgspec.structs.replace(attachment, description=text, meta=with_focus(attachment.meta, focus))

    async def work(tx: Writer) -> None:
        await media.describe(tx, fresh.id, description=fresh.description, meta=fresh.meta)
        if fresh.status_id is not None:
            await statuses.touch(tx, fresh.status_id)

    await core.db.write(work)
    return fresh
