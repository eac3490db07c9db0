"""Collections: https://docs.joinmastodon.org/methods/collections/."""

from typing import Annotated

import msgspec
from starlette.responses import Response

from fediserver.actions import collections, visibility
from fediserver.actions.collections import Change
from fediserver.activitypub.context import Context
from fediserver.db import collections as rows
from fediserver.errors import Forbidden
from fediserver.views.entities import collections as entities
from fediserver.web.api import targets
from fediserver.web.api.paging import Paging, Size
from fediserver.web.api.targets import id_of
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

Pages = Annotated[Paging, Size(40, 100)]
Featured = Annotated[Paging, Size(40, 80)]


class New(Change, frozen=True, kw_only=True):
    """A collection as it is to be, with who is in it from the beginning."""

    account_ids: list[int] = msgspec.field(default_factory=list)


class Added(msgspec.Struct):
    """Who is to be in a collection."""

    account_id: int


async def of_account(ctx: Context, viewer: Viewer | None, account_id: int, page: Pages) -> Response:
    """GET /api/v1/accounts/:account_id/collections: what somebody recommends."""
    owner = await targets.account(ctx, account_id)
    found = await visibility.collections_of(
        ctx.db, id_of(viewer), owner, limit=page.page.limit, offset=page.offset
    )
    return page.numbered_as("collections", await entities.collections(ctx, found, id_of(viewer)))


async def with_account(ctx: Context, me: Viewer, account_id: int, page: Featured) -> Response:
    """GET /api/v1/accounts/:account_id/in_collections: who recommends the member; of others, nobody is told."""
    if (await targets.account(ctx, account_id)).id != me.id:
        raise Forbidden
    found = await rows.with_account(ctx.db, me.id, limit=page.page.limit, offset=page.offset)
    return page.numbered_as("collections", await entities.collections(ctx, found, me.id))


async def show(ctx: Context, viewer: Viewer | None, collection_id: int) -> Response:
    """GET /api/v1/collections/:id: a collection with the accounts in it."""
    found = await visibility.find_collection(ctx.db, id_of(viewer), collection_id)
    return json_response(await entities.with_accounts(ctx, found, id_of(viewer)))


async def create(ctx: Context, me: Viewer, wish: New) -> Response:
    """POST /api/v1/collections."""
    row = await collections.create(ctx, me.account, wish, wish.account_ids)
    return json_response({"collection": await entities.collection(ctx, row, me.id)})


async def change(ctx: Context, me: Viewer, collection_id: int, wish: Change) -> Response:
    """PATCH /api/v1/collections/:id."""
    row = await collections.update(ctx, me.account, collection_id, wish)
    return json_response({"collection": await entities.collection(ctx, row, me.id)})


async def delete(ctx: Context, me: Viewer, collection_id: int) -> Response:
    """DELETE /api/v1/collections/:id."""
    await collections.delete(ctx, me.account, collection_id)
    return empty()


async def add(ctx: Context, me: Viewer, collection_id: int, wanted: Added) -> Response:
    """POST /api/v1/collections/:collection_id/items: put somebody in who agrees to it."""
    row = await collections.add(ctx, me.account, collection_id, wanted.account_id)
    return json_response({"collection_item": entities.item(row)})


async def remove(ctx: Context, me: Viewer, collection_id: int, item_id: int) -> Response:
    """DELETE /api/v1/collections/:collection_id/items/:id: take somebody out."""
    await collections.remove(ctx, me.account, collection_id, item_id)
    return empty()


async def revoke(ctx: Context, me: Viewer, collection_id: int, item_id: int) -> Response:
    """POST /api/v1/collections/:collection_id/items/:id/revoke: leave somebody's collection for good."""
    await collections.revoke(ctx, me.account, collection_id, item_id)
    return empty()
