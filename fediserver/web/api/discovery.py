"""Suggestions and the directory: https://docs.joinmastodon.org/methods/suggestions/ and /methods/directory/."""

import msgspec
from starlette.responses import Response

from fediserver.activitypub.context import Context
from fediserver.db import accounts as account_rows
from fediserver.db import discovery
from fediserver.db.discovery import Order
from fediserver.views.entities import accounts
from fediserver.views.entities.shelf import Json
from fediserver.web.api import targets
from fediserver.web.api.paging import People
from fediserver.web.api.targets import id_of
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

# When version 2 came out (RFC 9745).
_DEPRECATED = {"Deprecation": "@1621123200"}
# What a source was called before there could be several.
_SOURCE = {"featured": "staff", "friends_of_friends": "past_interactions", "most_followed": "global"}


class Listed(msgspec.Struct):
    """Whom the directory is to show first."""

    order: Order = "active"
    local: bool = False


async def suggestions_1(ctx: Context, me: Viewer, page: People) -> Response:
    """GET /api/v1/suggestions: accounts alone."""
    found = await _suggested(ctx, me, page)
    return json_response([account for _, account in found], headers=_DEPRECATED)


async def suggestions_2(ctx: Context, me: Viewer, page: People) -> Response:
    """GET /api/v2/suggestions: accounts and why they are suggested."""
    return json_response(
        [
            {"source": _SOURCE[sources[0]], "sources": sources, "account": account}
            for sources, account in await _suggested(ctx, me, page)
        ]
    )


async def dismiss(ctx: Context, me: Viewer, account_id: int) -> Response:
    """DELETE /api/v1/suggestions/:account_id: never suggest somebody again."""
    target = await targets.account(ctx, account_id)
    await ctx.db.write(lambda tx: discovery.dismiss(tx, account_id=me.id, target_id=target.id))
    return empty()


async def directory(ctx: Context, viewer: Viewer | None, page: People, wanted: Listed) -> Response:
    """GET /api/v1/directory: who wants to be found."""
    ids = await discovery.directory(
        ctx.db.slow,
        viewer_id=id_of(viewer) or 0,
        local=wanted.local,
        order=wanted.order,
        now=ctx.clock(),
        limit=page.page.limit,
        offset=page.offset,
    )
    return json_response(await accounts.by_ids(ctx, ids, id_of(viewer)))


async def _suggested(ctx: Context, me: Viewer, page: People) -> list[tuple[tuple[str, ...], Json]]:
    found = await discovery.suggestions(ctx.db.slow, viewer_id=me.id, now=ctx.clock())
    sources = {one.account_id: one.sources for one in found[page.offset : page.offset + page.page.limit]}
    rows = list((await account_rows.by_ids(ctx.db, list(sources))).values())
    rendered = dict(zip((row.id for row in rows), await accounts.accounts(ctx, rows, me.id), strict=True))
    return [(why, rendered[one]) for one, why in sources.items() if one in rendered]
