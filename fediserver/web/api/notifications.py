"""Notifications: https://docs.joinmastodon.org/methods/notifications/."""

from typing import Annotated

import msgspec
from starlette.responses import Response

from fediserver import ids
from fediserver.activitypub.context import Context
from fediserver.db import markers, notification_pages
from fediserver.db.notification_pages import Wanted
from fediserver.db.pages import Bounds
from fediserver.errors import NotFound
from fediserver.views.entities import notifications
from fediserver.web.api.paging import Paging, Size
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

_MOST_COUNTED = 1000


class Filter(msgspec.Struct):
    """Which notifications are wanted."""

    types: list[str] | None = None
    exclude_types: list[str] = []
    account_id: int | None = None

    def wanted(self) -> Wanted:
        """The same for the database; an empty list of types is none given."""
        return Wanted(kinds=self.types or None, without=self.exclude_types, from_id=self.account_id)


class Count(Filter):
    """Which notifications are counted, and how far."""

    limit: int = 100


async def page(ctx: Context, me: Viewer, page: Annotated[Paging, Size(40, 80)], wish: Filter) -> Response:
    """GET /api/v1/notifications: what happened to the member."""
    found = await notification_pages.page(
        ctx.db, page.bounds, account_id=me.id, wanted=wish.wanted(), now=ctx.clock()
    )
    entities = await notifications.notifications(ctx, found, me.id)
    first, last = (found[0].id, found[-1].id) if found else (None, None)
    return page.answer(entities, first, last)


async def show(ctx: Context, me: Viewer, notification_id: int) -> Response:
    """GET /api/v1/notifications/:id."""
    row = await notification_pages.one(ctx.db, account_id=me.id, notification_id=notification_id)
    entities = await notifications.notifications(ctx, [row], me.id) if row else []
    if not entities:
        raise NotFound
    return json_response(entities[0])


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
    found = await markers.of(ctx.db, account_id=me.id, timelines=["notifications"])
    read = found[0].last_read_id if found else "0"
    bounds = Bounds(limit=max(1, min(wish.limit, _MOST_COUNTED)), after=ids.parse(read) or 0)
    unread = await notification_pages.page(
        ctx.db, bounds, account_id=me.id, wanted=wish.wanted(), now=ctx.clock()
    )
    return json_response({"count": len(unread)})


async def policy_1(me: Viewer) -> Response:
    """GET /api/v1/notifications/policy: everything is let through."""
    return json_response(
        {
            "filter_not_following": False,
            "filter_not_followers": False,
            "filter_new_accounts": False,
            "filter_private_mentions": False,
            "summary": _NOTHING_WAITS,
        }
    )


async def policy_2(me: Viewer) -> Response:
    """GET /api/v2/notifications/policy: everything is let through."""
    return json_response(
        {
            "for_not_following": "accept",
            "for_not_followers": "accept",
            "for_new_accounts": "accept",
            "for_private_mentions": "accept",
            "for_limited_accounts": "accept",
            "summary": _NOTHING_WAITS,
        }
    )


async def merged(me: Viewer) -> Response:
    """GET /api/v1/notifications/requests/merged: nothing is ever held back."""
    return json_response({"merged": True})


_NOTHING_WAITS = {"pending_requests_count": 0, "pending_notifications_count": 0}
