"""Notifications in groups: https://docs.joinmastodon.org/methods/grouped_notifications/."""

from collections.abc import Container

from starlette.responses import Response

from fediserver.activitypub.context import Context
from fediserver.db import notification_groups as rows
from fediserver.db import notification_pages
from fediserver.db.database import Reader
from fediserver.errors import BadRequest, NotFound
from fediserver.models.notification import GROUPED
from fediserver.views.entities import accounts
from fediserver.views.entities import notification_groups as entities
from fediserver.web.api.notifications import Kinds, Known, Pages, unread
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

_EXPANSIONS = ("full", "partial_avatars")


class Filter(Kinds):
    """Which notifications are wanted, and which kinds of them in groups: all that can be, unless said."""

    grouped_types: list[str] | None = None
    expand_accounts: str = "full"

    def grouped(self) -> Container[str]:
        """The kinds that are grouped."""
        return GROUPED if self.grouped_types is None else frozenset(self.grouped_types)


class Count(Filter):
    """Which groups are counted, and how far."""

    limit: int = 100


async def page(ctx: Context, me: Viewer, page: Pages, wish: Filter) -> Response:
    """GET /api/v2/notifications: what happened to the member, alike things together."""
    if wish.expand_accounts not in _EXPANSIONS:
        raise BadRequest(f"expand_accounts must be one of {', '.join(_EXPANSIONS)}")
    found = await entities.listed(
        ctx,
        me.id,
        lambda tx: rows.listed(
            tx,
            page.bounds,
            account_id=me.id,
            wanted=wish.wanted(),
            grouped=wish.grouped(),
            now=ctx.clock(),
        ),
        partial=wish.expand_accounts == "partial_avatars",
        supported=wish.supported_types,
    )
    return page.answer(found.results, found.first_id, found.last_id)


async def show(ctx: Context, me: Viewer, group_key: str, known: Known) -> Response:
    """GET /api/v2/notifications/:group_key."""
    found = await ctx.db.read(lambda tx: rows.by_key(tx, account_id=me.id, key=group_key, now=ctx.clock()))
    if found is None:
        raise NotFound
    return json_response(await entities.single(ctx, me.id, found, supported=known.supported_types))


async def senders(ctx: Context, me: Viewer, group_key: str, page: Pages) -> Response:
    """GET /api/v2/notifications/:group_key/accounts: everybody in a group."""
    entries = await ctx.db.read(
        lambda tx: rows.senders(tx, page.bounds, account_id=me.id, key=group_key, now=ctx.clock())
    )
    if entries is None:
        raise NotFound
    found = await accounts.by_ids(ctx, [entry.id for entry in entries], me.id)
    return page.related(found, entries, newer="min_id")


async def dismiss(ctx: Context, me: Viewer, group_key: str) -> Response:
    """POST /api/v2/notifications/:group_key/dismiss: forget a group."""
    single = rows.alone(group_key)
    if single is not None:
        dropped = await ctx.db.write(
            lambda tx: notification_pages.dismiss(tx, account_id=me.id, notification_id=single)
        )
    else:
        dropped = await ctx.db.write(lambda tx: rows.dismiss(tx, account_id=me.id, key=group_key))
    if not dropped:
        raise NotFound
    return empty()


async def unread_count(ctx: Context, me: Viewer, wish: Count) -> Response:
    """GET /api/v2/notifications/unread_count: how many groups came after the marker, up to a limit."""

    async def count(tx: Reader) -> int:
        bounds = await unread(tx, me, wish.limit)
        return await rows.count(
            tx, bounds, account_id=me.id, wanted=wish.wanted(), grouped=wish.grouped(), now=ctx.clock()
        )

    return json_response({"count": await ctx.db.read(count)})
