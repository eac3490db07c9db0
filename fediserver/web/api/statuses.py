"""Posts, read: https://docs.joinmastodon.org/methods/statuses/."""

from collections.abc import Sequence

from starlette.responses import Response

from fediserver.actions import refresh, visibility
from fediserver.activitypub.context import Context
from fediserver.db import account_lists, status_lists
from fediserver.db.database import Reader
from fediserver.db.outlines import Outline
from fediserver.db.pages import Entry
from fediserver.errors import Forbidden, Invalid, NotFound
from fediserver.models.status import Status
from fediserver.views.entities import accounts, statuses, threads, versions
from fediserver.web.api import refreshes, targets
from fediserver.web.api.accounts import Ids
from fediserver.web.api.paging import Paging, People
from fediserver.web.api.targets import id_of
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response

# Mastodon's bounds: a thread of any size for members, its beginning for strangers.
_MOST, _MOST_DEEP = 4096, 4096
_STRANGERS_UP, _STRANGERS_DOWN, _STRANGERS_DEEP = 40, 60, 20
_THREAD = 10_000
_MOST_IDS = 20


async def show(ctx: Context, viewer: Viewer | None, status_id: int) -> Response:
    """GET /api/v1/statuses/:id: a post, in one hop."""

    async def find(tx: Reader) -> list[Outline]:
        found = await visibility.outline(tx, None if viewer is None else viewer.account, status_id)
        if not found:
            raise NotFound
        return found

    return json_response((await statuses.listed(ctx, id_of(viewer), find)).entities[0])


async def several(ctx: Context, viewer: Viewer | None, wanted: Ids) -> Response:
    """GET /api/v1/statuses: posts by id, those that the viewer may see."""
    if len(wanted.id) > _MOST_IDS:
        raise Invalid(f"At most {_MOST_IDS} posts can be asked for at once")
    ids = await targets.visible(ctx.db, viewer, wanted.id)
    return json_response(await statuses.by_ids(ctx, ids, id_of(viewer)))


async def context(ctx: Context, viewer: Viewer | None, status_id: int) -> Response:
    """GET /api/v1/statuses/:id/context: what a post answers, and what answers it."""
    status = await targets.original(ctx, viewer, status_id)
    knots = await status_lists.thread(ctx.db, conversation_id=status.conversation_id, limit=_THREAD)
    if viewer is None:
        above = threads.ancestors(knots, status.id, _STRANGERS_UP)
        below = threads.descendants(knots, status.id, _STRANGERS_DOWN, _STRANGERS_DEEP)
    else:
        above = threads.ancestors(knots, status.id, _MOST)
        below = threads.descendants(knots, status.id, _MOST, _MOST_DEEP)
    shown = set(await targets.visible(ctx.db, viewer, above + below))
    waiting = None
    if viewer is not None:
        waiting = await refresh.of_thread(ctx, next((one for one in above[:1] if one in shown), None), status)
    hidden = await _hidden(ctx, viewer, [knot.account_id for knot in knots if knot.id in shown])
    shown -= {knot.id for knot in knots if knot.account_id in hidden}
    above, below = [one for one in above if one in shown], [one for one in below if one in shown]
    entities = await statuses.by_ids(ctx, above + below, id_of(viewer))
    return json_response(
        {"ancestors": entities[: len(above)], "descendants": entities[len(above) :]},
        headers=refreshes.headers(waiting),
    )


async def source(ctx: Context, me: Viewer, status_id: int) -> Response:
    """GET /api/v1/statuses/:id/source: the member's own post as they typed it."""
    return json_response(versions.source(await targets.own(ctx, me, status_id)))


async def history(ctx: Context, viewer: Viewer | None, status_id: int) -> Response:
    """GET /api/v1/statuses/:id/history: every version of a post."""
    status = await targets.status(ctx, viewer, status_id)
    return json_response(await versions.history(ctx, status, id_of(viewer)))


async def favourited_by(ctx: Context, viewer: Viewer | None, status_id: int, page: People) -> Response:
    """GET /api/v1/statuses/:id/favourited_by."""
    status = await targets.original(ctx, viewer, status_id)
    entries = await account_lists.favourited_by(ctx.db, page.bounds, status_id=status.id)
    return await _people(ctx, viewer, page, entries)


async def reblogged_by(ctx: Context, viewer: Viewer | None, status_id: int, page: People) -> Response:
    """GET /api/v1/statuses/:id/reblogged_by."""
    status = await targets.original(ctx, viewer, status_id)
    entries = await account_lists.reblogged_by(ctx.db, page.bounds, status_id=status.id)
    return await _people(ctx, viewer, page, entries)


async def favourites(ctx: Context, me: Viewer, page: Paging) -> Response:
    """GET /api/v1/favourites: what the member favourited."""
    return await targets.posts(
        ctx, me, page, lambda tx, bounds: status_lists.favourites(tx, bounds, account_id=me.id)
    )


async def bookmarks(ctx: Context, me: Viewer, page: Paging) -> Response:
    """GET /api/v1/bookmarks: what the member bookmarked."""
    return await targets.posts(
        ctx, me, page, lambda tx, bounds: status_lists.bookmarks(tx, bounds, account_id=me.id)
    )


async def answer(ctx: Context, viewer: Viewer, status: Status) -> Response:
    """A post as it is now, after something was done to it."""
    found = await statuses.by_ids(ctx, [status.id], viewer.id)
    if not found:
        raise NotFound
    return json_response(found[0])


async def _people(ctx: Context, viewer: Viewer | None, page: Paging, entries: list[Entry]) -> Response:
    hidden = await _hidden(ctx, viewer, [entry.id for entry in entries])
    shown = [entry.id for entry in entries if entry.id not in hidden]
    return page.related(await accounts.by_ids(ctx, shown, id_of(viewer)), entries)


async def _hidden(ctx: Context, viewer: Viewer | None, among: Sequence[int]) -> set[int]:
    """Whom of those the viewer blocks or mutes."""
    if viewer is None:
        return set()
    return await account_lists.hidden(ctx.db, viewer_id=viewer.id, among=among, now=ctx.clock())


async def translate(ctx: Context, me: Viewer, status_id: int) -> Response:
    """POST /api/v1/statuses/:id/translate: 403 for what may not leave the node, 404 for nothing here translates."""
    found = await targets.original(ctx, me, status_id)
    if not found.visibility.is_open:
        raise Forbidden
    raise NotFound("This server has no translation service")
