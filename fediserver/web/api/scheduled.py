"""Posts for later: https://docs.joinmastodon.org/methods/scheduled_statuses/."""

import msgspec
from starlette.responses import Response

from fediserver import clock
from fediserver.actions import schedule
from fediserver.activitypub.context import Context
from fediserver.db import scheduled
from fediserver.db.database import Reader
from fediserver.db.pages import Entry
from fediserver.errors import Invalid
from fediserver.models.scheduled import Scheduled
from fediserver.views.entities.scheduled import scheduled_status, scheduled_statuses
from fediserver.web.api.paging import Paging
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response


class Wish(msgspec.Struct):
    """When a post is to come."""

    scheduled_at: str = ""


async def page(ctx: Context, me: Viewer, page: Paging) -> Response:
    """GET /api/v1/scheduled_statuses: the member's posts to come."""

    async def read(tx: Reader) -> tuple[list[Entry], dict[int, Scheduled]]:
        entries = await scheduled.page(tx, page.bounds, account_id=me.id)
        return entries, await scheduled.by_ids(tx, [entry.id for entry in entries])

    entries, rows = await ctx.db.read(read)
    entities = await scheduled_statuses(ctx, [rows[entry.id] for entry in entries], me.id)
    return page.related(entities, entries, newer="min_id")


async def show(ctx: Context, me: Viewer, scheduled_id: int) -> Response:
    """GET /api/v1/scheduled_statuses/:id."""
    row = await schedule.find(ctx.db, me.account, scheduled_id)
    return json_response(await scheduled_status(ctx, row, me.id))


async def change(ctx: Context, me: Viewer, scheduled_id: int, wish: Wish) -> Response:
    """PUT /api/v1/scheduled_statuses/:id: set another time; without one nothing changes."""
    if not wish.scheduled_at:
        return await show(ctx, me, scheduled_id)
    row = await schedule.reschedule(ctx, me.account, scheduled_id, moment_of(wish.scheduled_at))
    return json_response(await scheduled_status(ctx, row, me.id))


async def cancel(ctx: Context, me: Viewer, scheduled_id: int) -> Response:
    """DELETE /api/v1/scheduled_statuses/:id."""
    await schedule.cancel(ctx, me.account, scheduled_id)
    return empty()


def moment_of(text: str) -> int:
    """A time as a client writes it, in ms; Invalid for what is none."""
    moment = clock.parse(text)
    if moment is None:
        problem = "must be a time like 2026-05-01T18:00:00.000Z"
        raise Invalid(
            f"Validation failed: Scheduled at {problem}", {"scheduled_at": [("ERR_INVALID", problem)]}
        )
    return moment
