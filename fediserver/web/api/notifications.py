"""Notifications, one by one: https://docs.joinmastodon.org/methods/notifications/."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from starlette.responses import Response

from fediserver import ids
from fediserver.activitypub.context import Context
from fediserver.db import markers, notification_pages
from fediserver.db.database import Reader
from fediserver.db.notification_pages import Wanted
from fediserver.db.pages import Bounds
from fediserver.errors import NotFound
from fediserver.models.notification import Notification
from fediserver.views.entities import notifications
from fediserver.web.api.paging import Paging, Size
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

Pages = Annotated[Paging, Size(40, 80)]
_MOST_COUNTED = 1000


class Known(msgspec.Struct):
    """Which kinds the app knows, if it wants to have the others put into words."""

    supported_types: list[str] | None = None


class Kinds(Known):
    """Which kinds of notifications are wanted."""

    types: list[str] | None = None
    exclude_types: list[str] = []
    include_filtered: bool = False

    def wanted(self) -> Wanted:
        """The same for the database; an empty list of types is none given."""
        return Wanted(kinds=self.types or None, without=self.exclude_types, filtered=self.include_filtered)


class Filter(Kinds):
    """Which notifications are wanted."""

    account_id: int | None = None

    def wanted(self) -> Wanted:
        """The same for the database; whoever asks for one account wants to see what is held back of it."""
        return msgspec.structs.replace(
            super().wanted(),
            from_id=self.account_id,
            filtered=self.include_filtered or self.account_id is not None,
        )


class Count(Filter):
    """Which notifications are counted, and how far."""

    limit: int = 100


async def page(ctx: Context, me: Viewer, page: Pages, wish: Filter) -> Response:
    """GET /api/v1/notifications: what happened to the member."""
    found = await notifications.listed(
        ctx,
        me.id,
        lambda tx: notification_pages.page(
            tx, page.bounds, account_id=me.id, wanted=wish.wanted(), now=ctx.clock()
        ),
        supported=wish.supported_types,
    )
    return page.answer(found.entities, found.first_id, found.last_id)


async def show(ctx: Context, me: Viewer, notification_id: int, known: Known) -> Response:
    """GET /api/v1/notifications/:id."""

    async def find(tx: Reader) -> Sequence[Notification]:
        row = await notification_pages.one(tx, account_id=me.id, notification_id=notification_id)
        return [row] if row else []

    found = await notifications.listed(ctx, me.id, find, supported=known.supported_types)
    if not found.entities:
        raise NotFound
    return json_response(found.entities[0])


async def clear(ctx: Context, me: Viewer) -> Response:
    """POST /api/v1/notifications/clear: forget all."""
    await ctx.db.write(lambda tx: notification_pages.clear(tx, account_id=me.id))
    return empty()


async def dismiss(ctx: Context, me: Viewer, notification_id: int) -> Response:
    """POST /api/v1/notifications/:id/dismiss: forget one."""
    dropped = await ctx.db.write(
        lambda tx: notification_pages.dismiss(tx, account_id=me.id, notification_id=notification_id)
    )
    if not dropped:
        raise NotFound
    return empty()


async def unread_count(ctx: Context, me: Viewer, wish: Count) -> Response:
    """GET /api/v1/notifications/unread_count: how many came after the marker, up to a limit."""

    async def count(tx: Reader) -> int:
        bounds = await unread(tx, me, wish.limit)
        found = await notification_pages.page(
            tx, bounds, account_id=me.id, wanted=wish.wanted(), now=ctx.clock()
        )
        return len(found)

    return json_response({"count": await ctx.db.read(count)})


async def unread(tx: Reader, me: Viewer, limit: int) -> Bounds:
    """What came after the marker, at most so many."""
    found = await markers.of(tx, account_id=me.id, timelines=["notifications"])
    read = ids.parse(found[0].last_read_id) if found else None
    return Bounds(limit=max(1, min(limit, _MOST_COUNTED)), after=read or 0)
