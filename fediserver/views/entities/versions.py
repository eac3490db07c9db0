"""StatusEdit and StatusSource: https://docs.joinmastodon.org/entities/StatusEdit/."""

from collections.abc import Mapping, Sequence

import orjson

from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import accounts as account_rows
from fediserver.db import media, polls
from fediserver.db import statuses as rows
from fediserver.errors import NotFound
from fediserver.models.media import MediaAttachment
from fediserver.models.status import Status, StatusEdit
from fediserver.views.entities import accounts, statuses
from fediserver.views.entities.media import attachment
from fediserver.views.entities.shelf import Json, Shelf, shelf


async def history(ctx: Context, status: Status, viewer_id: int | None) -> list[dict[str, object]]:
    """Every version of a post, oldest first, the present one last."""
    shelved = shelf(ctx, viewer_id)
    row = await account_rows.by_id(ctx.db, status.account_id)
    if row is None:
        raise NotFound
    author = await accounts.account(ctx, row, viewer_id)
    versions = await rows.edits(ctx.db, status.id) or [await _only(ctx, status)]
    ids = [int(one) for version in versions for one in orjson.loads(version.media)]
    files = await media.by_ids(ctx.db, list(dict.fromkeys(ids)))
    quote = await _quote(ctx, status, viewer_id)
    return [_version(shelved, version, author, files) | quote for version in versions]


async def _quote(ctx: Context, status: Status, viewer_id: int | None) -> dict[str, object]:
    """What a post quotes: the same in every version, for an edit does not change it."""
    if status.quote_id is None:
        return {}
    quote = orjson.loads(bytes(await statuses.status(ctx, status, viewer_id)))["quote"]
    return {} if quote is None else {"quote": quote}


def source(status: Status) -> dict[str, object]:
    """What an editor begins with."""
    return {"id": str(status.id), "text": status.text or "", "spoiler_text": status.spoiler_text}


async def _only(ctx: Context, status: Status) -> StatusEdit:
    """A post that was never edited, as its own version."""
    files = await media.of_statuses(ctx.db, [status.id])
    options = await polls.options(ctx.db, [status.poll_id] if status.poll_id is not None else [])
    return StatusEdit(
        id=0,
        status_id=status.id,
        content=status.content,
        spoiler_text=status.spoiler_text,
        sensitive=status.sensitive,
        media=orjson.dumps([file.id for file in files]).decode(),
        poll=orjson.dumps([option.title for option in options]).decode() if options else None,
        emojis=status.emojis,
        created_at=status.created_at,
    )


def _version(
    shelved: Shelf, row: StatusEdit, author: Json, files: Mapping[int, MediaAttachment]
) -> dict[str, object]:
    shown: Sequence[int] = [int(one) for one in orjson.loads(row.media)]
    entity: dict[str, object] = {
        "content": row.content,
        "spoiler_text": row.spoiler_text,
        "sensitive": row.sensitive,
        "created_at": isoformat(row.created_at),
        "account": author,
        "media_attachments": [attachment(shelved, files[one]) for one in shown if one in files],
        "emojis": shelved.emojis(orjson.loads(row.emojis)),
    }
    if row.poll is not None:
        entity["poll"] = {"options": [{"title": title} for title in orjson.loads(row.poll)]}
    return entity
