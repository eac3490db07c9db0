"""Servers that a member blocks for themselves: https://docs.joinmastodon.org/methods/domain_blocks/."""

from typing import Annotated

import msgspec
from starlette.responses import Response

from fediserver.actions import domain_block
from fediserver.activitypub.context import Context
from fediserver.db import domain_blocks as rows
from fediserver.db.database import Reader
from fediserver.db.pages import Entry
from fediserver.web.api.paging import Paging, Size
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

Domains = Annotated[Paging, Size(100, 200)]
"""Pages of servers."""


class Named(msgspec.Struct):
    """A server."""

    domain: str


async def page(ctx: Context, me: Viewer, page: Domains) -> Response:
    """GET /api/v1/domain_blocks: the names of the servers."""

    async def read(tx: Reader) -> tuple[list[Entry], dict[int, str]]:
        entries = await rows.page(tx, page.bounds, account_id=me.id)
        return entries, await rows.names(tx, [entry.id for entry in entries])

    entries, names = await ctx.db.read(read)
    return page.related([names[entry.id] for entry in entries], entries)


async def preview(ctx: Context, me: Viewer, wanted: Named) -> Response:
    """GET /api/v1/domain_blocks/preview: what a block would cut."""
    found = await domain_block.preview(ctx, me.account, wanted.domain)
    return json_response({"following_count": found.following, "followers_count": found.followers})


async def block(ctx: Context, me: Viewer, wanted: Named) -> Response:
    """POST /api/v1/domain_blocks."""
    await domain_block.block(ctx, me.account, wanted.domain)
    return empty()


async def unblock(ctx: Context, me: Viewer, wanted: Named) -> Response:
    """DELETE /api/v1/domain_blocks."""
    await domain_block.unblock(ctx, me.account, wanted.domain)
    return empty()
