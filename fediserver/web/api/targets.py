"""What the ids in a request stand for, and lists of posts cut to what the viewer may see."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import msgspec
from starlette.responses import Response

from fediserver.actions import visibility
from fediserver.activitypub.context import Context
from fediserver.db import accounts as account_rows
from fediserver.db import outlines
from fediserver.db import statuses as status_rows
from fediserver.db.database import Reader
from fediserver.db.outlines import Outline
from fediserver.db.pages import Bounds, Entry
from fediserver.errors import NotFound
from fediserver.models.account import Account
from fediserver.models.status import Status
from fediserver.views.entities import statuses
from fediserver.web.api.paging import Paging
from fediserver.web.auth import Viewer

ROUNDS = 8
"""How often a list is read on to fill a page whose posts are not for the viewer."""

Fetch = Callable[[Reader, Bounds], Awaitable[list[Entry]]]


def id_of(viewer: Viewer | None) -> int | None:
    """The viewer's account, None for a stranger."""
    return None if viewer is None else viewer.id


async def account(ctx: Context, account_id: int) -> Account:
    """The account with that id; NotFound when there is none or it was deleted."""
    found = await account_rows.by_id(ctx.db, account_id)
    if found is None or found.deleted_at is not None:
        raise NotFound
    return found


async def status(ctx: Context, viewer: Viewer | None, status_id: int) -> Status:
    """The post with that id; NotFound when there is none or the viewer may not see it."""
    return await visibility.find(ctx, None if viewer is None else viewer.account, status_id)


async def own(ctx: Context, me: Viewer, status_id: int) -> Status:
    """A post of the member's own; NotFound for everybody else's."""
    found = await status(ctx, me, status_id)
    if found.account_id != me.id:
        raise NotFound
    return found


async def original(ctx: Context, viewer: Viewer | None, status_id: int) -> Status:
    """The same, and for a boost the post that it boosts: what people do with a boost, they do with that."""
    found = await status(ctx, viewer, status_id)
    return found if found.reblog_of_id is None else await status(ctx, viewer, found.reblog_of_id)


async def visible(db: Reader, viewer: Viewer | None, ids: Sequence[int]) -> list[int]:
    """Those of the posts that the viewer may see, in the same order."""
    rows = await status_rows.by_ids(db, ids)
    found = [rows[one] for one in ids if one in rows]
    allowed = await visibility.filter_visible(db, None if viewer is None else viewer.account, found)
    return [one.id for one in allowed]


async def posts(
    ctx: Context,
    viewer: Viewer | None,
    page: Paging,
    fetch: Fetch,
    *,
    newer: Literal["min_id", "since_id"] = "min_id",
) -> Response:
    """A page of posts that `fetch` lists, without those that the viewer may not see."""
    shown: list[Entry] = []

    async def find(tx: Reader) -> list[Outline]:
        shown.extend(await _filled(tx, viewer, page.bounds, fetch))
        return await outlines.by_ids(tx, [entry.id for entry in shown], viewer_id=id_of(viewer))

    found = await statuses.listed(ctx, id_of(viewer), find)
    first, last = (shown[0].cursor, shown[-1].cursor) if shown else (None, None)
    return page.answer(found.entities, first, last, newer=newer)


async def _filled(db: Reader, viewer: Viewer | None, bounds: Bounds, fetch: Fetch) -> list[Entry]:
    """Entries that the viewer may see, read on until there are enough or no more."""
    kept: list[Entry] = []
    wanted = bounds.limit
    for _ in range(ROUNDS):
        entries = await fetch(db, bounds)
        allowed = set(await visible(db, viewer, [entry.id for entry in entries]))
        fit = [entry for entry in entries if entry.id in allowed]
        kept = fit + kept if bounds.ascending else kept + fit
        if len(entries) < bounds.limit or len(kept) >= wanted:
            break
        if bounds.ascending:
            bounds = msgspec.structs.replace(bounds, after=entries[0].cursor)
        else:
            bounds = msgspec.structs.replace(bounds, before=entries[-1].cursor)
    return kept[-wanted:] if bounds.ascending else kept[:wanted]
