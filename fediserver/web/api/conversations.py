"""Conversations: https://docs.joinmastodon.org/methods/conversations/."""

from starlette.responses import Response

from fediserver.actions import converse
from fediserver.activitypub.context import Context
from fediserver.db import conversations as rows
from fediserver.db.database import Reader
from fediserver.db.pages import Entry
from fediserver.errors import NotFound
from fediserver.models.conversation import Conversation
from fediserver.views.entities.conversations import conversations
from fediserver.web.api.paging import Paging
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response


async def page(ctx: Context, me: Viewer, page: Paging) -> Response:
    """GET /api/v1/conversations: whom the member writes with directly, by the latest post."""
    found, entities = await conversations(
        ctx, me.account, lambda tx: rows.page(tx, page.bounds, account_id=me.id)
    )
    entries = [Entry(one.last_status_id, one.id) for one in found]
    return page.related(entities, entries, newer="min_id")


async def read(ctx: Context, me: Viewer, conversation_id: int) -> Response:
    """POST /api/v1/conversations/:id/read."""
    await converse.mark(ctx, me.id, conversation_id, unread=False)
    return await _one(ctx, me, conversation_id)


async def unread(ctx: Context, me: Viewer, conversation_id: int) -> Response:
    """POST /api/v1/conversations/:id/unread."""
    await converse.mark(ctx, me.id, conversation_id, unread=True)
    return await _one(ctx, me, conversation_id)


async def remove(ctx: Context, me: Viewer, conversation_id: int) -> Response:
    """DELETE /api/v1/conversations/:id: forget it; its posts stay."""
    await converse.forget(ctx, me.id, conversation_id)
    return empty()


async def _one(ctx: Context, me: Viewer, conversation_id: int) -> Response:
    async def find(tx: Reader) -> list[Conversation]:
        row = await rows.one(tx, me.id, conversation_id)
        return [row] if row else []

    _, entities = await conversations(ctx, me.account, find)
    if not entities:
        raise NotFound
    return json_response(entities[0])
