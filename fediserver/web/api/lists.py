"""Lists: https://docs.joinmastodon.org/methods/lists/."""

from typing import Annotated

import msgspec
from starlette.responses import Response

from fediserver.actions import lists
from fediserver.actions.lists import Change
from fediserver.activitypub.context import Context
from fediserver.db import lists as rows
from fediserver.models.lists import Policy
from fediserver.views.entities import accounts
from fediserver.views.entities.lists import account_list
from fediserver.web.api import targets
from fediserver.web.api.paging import Paging, Size
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

Members = Annotated[Paging, Size(40, 80, zero=lists.ACCOUNTS)]
"""Pages of a list's accounts; `limit=0` asks for all of them."""


class Wish(msgspec.Struct):
    """A list as it is to be; what is None stays, or is as usual."""

    title: str | None = None
    replies_policy: Policy | None = None
    exclusive: bool | None = None

    def change(self) -> Change:
        """The same for the action."""
        return Change(title=self.title, replies_policy=self.replies_policy, exclusive=self.exclusive)


class Accounts(msgspec.Struct):
    """Accounts that come or go."""

    account_ids: list[int]


async def all_mine(ctx: Context, me: Viewer) -> Response:
    """GET /api/v1/lists: the member's lists."""
    return json_response([account_list(row) for row in await rows.of_owner(ctx.db, me.id)])


async def show(ctx: Context, me: Viewer, list_id: int) -> Response:
    """GET /api/v1/lists/:list_id."""
    return json_response(account_list(await lists.find(ctx.db, me.account, list_id)))


async def create(ctx: Context, me: Viewer, wish: Wish) -> Response:
    """POST /api/v1/lists."""
    return json_response(account_list(await lists.create(ctx, me.account, wish.change())))


async def change(ctx: Context, me: Viewer, list_id: int, wish: Wish) -> Response:
    """PUT /api/v1/lists/:list_id."""
    return json_response(account_list(await lists.update(ctx, me.account, list_id, wish.change())))


async def delete(ctx: Context, me: Viewer, list_id: int) -> Response:
    """DELETE /api/v1/lists/:list_id."""
    await lists.delete(ctx, me.account, list_id)
    return empty()


async def accounts_in(ctx: Context, me: Viewer, list_id: int, page: Members) -> Response:
    """GET /api/v1/lists/:list_id/accounts: who is in a list."""
    await lists.find(ctx.db, me.account, list_id)
    entries = await rows.accounts(ctx.db, page.bounds, list_id=list_id)
    return page.related(await accounts.by_ids(ctx, [entry.id for entry in entries], me.id), entries)


async def add(ctx: Context, me: Viewer, list_id: int, wanted: Accounts) -> Response:
    """POST /api/v1/lists/:list_id/accounts."""
    await lists.add(ctx, me.account, list_id, wanted.account_ids)
    return empty()


async def remove(ctx: Context, me: Viewer, list_id: int, wanted: Accounts) -> Response:
    """DELETE /api/v1/lists/:list_id/accounts; the ids come in the query or, from some clients, in a body."""
    await lists.remove(ctx, me.account, list_id, wanted.account_ids)
    return empty()


async def holding(ctx: Context, me: Viewer, account_id: int) -> Response:
    """GET /api/v1/accounts/:account_id/lists: in which of the member's lists somebody is."""
    target = await targets.account(ctx, account_id)
    return json_response([account_list(row) for row in await rows.holding(ctx.db, target.id, owner_id=me.id)])
