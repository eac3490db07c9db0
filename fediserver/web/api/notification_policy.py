"""Whose notifications are accepted, and who waits: https://docs.joinmastodon.org/methods/notifications/#get-policy."""

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from fediserver.actions import notification_policy as policies
from fediserver.activitypub.context import Context
from fediserver.db import notification_policy as rows
from fediserver.db.database import Reader
from fediserver.db.notification_policy import Summary
from fediserver.errors import Invalid, NotFound
from fediserver.models.notification import ACCEPT, FILTER, VERDICTS, NotificationPolicy, NotificationRequest
from fediserver.views.entities import notification_policy as entities
from fediserver.web.api.accounts import Ids
from fediserver.web.api.notifications import Pages
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response


class Verdicts(msgspec.Struct):
    """What is to happen to strangers: accept, filter or drop."""

    for_not_following: str | UnsetType = UNSET
    for_not_followers: str | UnsetType = UNSET
    for_new_accounts: str | UnsetType = UNSET
    for_private_mentions: str | UnsetType = UNSET
    for_limited_accounts: str | UnsetType = UNSET
    for_bots: str | UnsetType = UNSET


class Switches(msgspec.Struct):
    """Which strangers are to be held back."""

    filter_not_following: bool | UnsetType = UNSET
    filter_not_followers: bool | UnsetType = UNSET
    filter_new_accounts: bool | UnsetType = UNSET
    filter_private_mentions: bool | UnsetType = UNSET
    filter_bots: bool | UnsetType = UNSET


async def show_1(ctx: Context, me: Viewer) -> Response:
    """GET /api/v1/notifications/policy."""
    return json_response(entities.version_1(*await _policy(ctx, me)))


async def show_2(ctx: Context, me: Viewer) -> Response:
    """GET /api/v2/notifications/policy."""
    return json_response(entities.version_2(*await _policy(ctx, me)))


async def change_1(ctx: Context, me: Viewer, wanted: Switches) -> Response:
    """PATCH /api/v1/notifications/policy: hold strangers back or not; who is dropped is held back, too."""
    policy, _ = await _policy(ctx, me)
    asked = {name.removeprefix("filter_"): value for name, value in msgspec.structs.asdict(wanted).items()}
    changes = {
        name: FILTER if value else ACCEPT
        for name, value in asked.items()
        if value is not UNSET and value != (getattr(policy, name) != ACCEPT)
    }
    await policies.change(ctx, me.id, changes)
    return await show_1(ctx, me)


async def change_2(ctx: Context, me: Viewer, wanted: Verdicts) -> Response:
    """PATCH /api/v2/notifications/policy."""
    asked = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET}
    for name, value in asked.items():
        if value not in VERDICTS:
            raise Invalid(f"Validation failed: {name} must be one of {', '.join(VERDICTS)}")
    changes = {name.removeprefix("for_"): VERDICTS.index(value) for name, value in asked.items()}
    await policies.change(ctx, me.id, changes)
    return await show_2(ctx, me)


async def requests(ctx: Context, me: Viewer, page: Pages) -> Response:
    """GET /api/v1/notifications/requests: whose mentions are held back."""
    found, shown = await entities.requests(
        ctx, me.id, lambda tx: rows.page(tx, page.bounds, account_id=me.id)
    )
    first, last = (found[0].id, found[-1].id) if found else (None, None)
    return page.answer(shown, first, last)


async def request(ctx: Context, me: Viewer, request_id: int) -> Response:
    """GET /api/v1/notifications/requests/:id."""

    async def find(tx: Reader) -> list[NotificationRequest]:
        row = await rows.request(tx, account_id=me.id, request_id=request_id)
        return [row] if row else []

    _, shown = await entities.requests(ctx, me.id, find)
    if not shown:
        raise NotFound
    return json_response(shown[0])


async def accept(ctx: Context, me: Viewer, request_id: int) -> Response:
    """POST /api/v1/notifications/requests/:id/accept: let the sender through from now on."""
    await policies.accept_one(ctx, me.id, request_id)
    return empty()


async def dismiss(ctx: Context, me: Viewer, request_id: int) -> Response:
    """POST /api/v1/notifications/requests/:id/dismiss: forget what was held back."""
    await policies.dismiss_one(ctx, me.id, request_id)
    return empty()


async def accept_several(ctx: Context, me: Viewer, wanted: Ids) -> Response:
    """POST /api/v1/notifications/requests/accept."""
    await policies.accept(ctx, me.id, wanted.id)
    return empty()


async def dismiss_several(ctx: Context, me: Viewer, wanted: Ids) -> Response:
    """POST /api/v1/notifications/requests/dismiss."""
    await policies.dismiss(ctx, me.id, wanted.id)
    return empty()


async def merged(me: Viewer) -> Response:
    """GET /api/v1/notifications/requests/merged: what is accepted is merged before the answer to that."""
    return json_response({"merged": True})


async def _policy(ctx: Context, me: Viewer) -> tuple[NotificationPolicy, Summary]:
    async def load(tx: Reader) -> tuple[NotificationPolicy, Summary]:
        return await rows.of(tx, me.id), await rows.summary(tx, me.id)

    return await ctx.db.read(load)
