"""Moderation of accounts: https://docs.joinmastodon.org/methods/admin/accounts/."""

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
from starlette.responses import Response

from fediserver.actions import moderate
from fediserver.actions.core import Core
from fediserver.actions.moderate import Decision, Measure
from fediserver.activitypub.context import Context
from fediserver.db import moderation
from fediserver.db.moderation import Wanted
from fediserver.views.entities import admin
from fediserver.web.api import staff
from fediserver.web.api.paging import Many, Paging
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

Standing = Literal["active", "pending", "disabled", "silenced", "suspended", "sensitized"]

# As entities.accounts.role numbers them.
_ROLE_IDS = {"1": "moderator", "2": "admin", "3": "owner"}
_STAFF = tuple(_ROLE_IDS.values())
_STANDINGS: tuple[Standing, ...] = ("active", "pending", "disabled", "silenced", "suspended", "sensitized")


class Named(msgspec.Struct):
    """What both versions of the list look for."""

    username: str = ""
    display_name: str = ""
    by_domain: str = ""
    email: str = ""
    ip: str = ""


class Search(Named):
    """What version 2 of the list looks for."""

    origin: Literal["local", "remote", ""] = ""
    status: Standing | Literal[""] = ""
    permissions: Literal["staff", ""] = ""
    role_ids: list[str] = []
    invited_by: str = ""


class OldSearch(Named):
    """What version 1 of the list looks for; of several standings the first counts."""

    local: bool = False
    remote: bool = False
    active: bool = False
    pending: bool = False
    disabled: bool = False
    silenced: bool = False
    suspended: bool = False
    sensitized: bool = False
    staff: bool = False


class Wish(msgspec.Struct):
    """What is to be done about somebody. A notification tells them of it, or nothing; never mail."""

    type: Measure
    report_id: int | None = None
    text: str = ""
    send_email_notification: bool = True


async def page_1(ctx: Context, me: Viewer, wanted: OldSearch, page: Many) -> Response:
    """GET /api/v1/admin/accounts."""
    origin: Literal["local", "remote", ""] = "local" if wanted.local else "remote" if wanted.remote else ""
    standing = next((one for one in _STANDINGS if getattr(wanted, one)), "")
    return await _page(ctx, me, page, wanted, origin, standing, _STAFF if wanted.staff else ())


async def page_2(ctx: Context, me: Viewer, wanted: Search, page: Many) -> Response:
    """GET /api/v2/admin/accounts."""
    roles = [_ROLE_IDS[one] for one in wanted.role_ids if one in _ROLE_IDS]
    if wanted.permissions:
        roles = [one for one in _STAFF if one in roles or not wanted.role_ids]
    # A role that does not exist is nobody's, and nobody is invited.
    nobody = ("",) if (wanted.role_ids and not roles) or wanted.invited_by else ()
    return await _page(ctx, me, page, wanted, wanted.origin, wanted.status, nobody or tuple(roles))


async def _page(
    ctx: Context, me: Viewer, page: Paging, named: Named, origin: str, standing: str, roles: tuple[str, ...]
) -> Response:
    staff.moderator(me)
    looked_for = Wanted(
        origin=origin,
        status=standing,
        # Addresses people come from are not kept: nobody is found by one.
        roles=("",) if named.ip else roles,
        username=named.username.removeprefix("@"),
        display_name=named.display_name,
        domain=named.by_domain,
        email=named.email,
    )
    entries = await moderation.accounts(ctx.db.slow, page.bounds, looked_for)
    found = await admin.accounts(ctx, [entry.id for entry in entries], me.id)
    return page.related([found[entry.id] for entry in entries if entry.id in found], entries, newer="min_id")


async def show(ctx: Context, me: Viewer, account_id: int) -> Response:
    """GET /api/v1/admin/accounts/:id."""
    staff.moderator(me)
    return await _shown(ctx, me, account_id)


async def act(ctx: Context, me: Viewer, account_id: int, wish: Wish) -> Response:
    """POST /api/v1/admin/accounts/:id/action."""
    decision = Decision(
        by=staff.moderator(me),
        reason=wish.text,
        report_id=wish.report_id,
        quiet=not wish.send_email_notification,
    )
    await moderate.take(ctx, account_id, wish.type, decision)
    return empty()


async def approve(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/admin/accounts/:id/approve."""
    return await _done(ctx, me, account_id, moderate.approve)


async def reject(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/admin/accounts/:id/reject."""
    await moderate.reject(ctx, account_id, Decision(by=staff.moderator(me)))
    return empty()


async def enable(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/admin/accounts/:id/enable."""
    return await _done(ctx, me, account_id, moderate.enable)


async def unsensitive(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/admin/accounts/:id/unsensitive."""
    return await _done(ctx, me, account_id, moderate.unsensitive)


async def unsilence(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/admin/accounts/:id/unsilence."""
    return await _done(ctx, me, account_id, moderate.unsilence)


async def unsuspend(ctx: Context, me: Viewer, account_id: int) -> Response:
    """POST /api/v1/admin/accounts/:id/unsuspend."""
    return await _done(ctx, me, account_id, moderate.unsuspend)


async def delete(ctx: Context, me: Viewer, account_id: int) -> Response:
    """DELETE /api/v1/admin/accounts/:id: what is deleted does not come back, so an admin has to do it."""
    await moderate.delete(ctx, account_id, Decision(by=staff.admin(me)))
    return empty()


async def _done(
    ctx: Context, me: Viewer, account_id: int, deed: Callable[[Core, int, Decision], Awaitable[None]]
) -> Response:
    await deed(ctx, account_id, Decision(by=staff.moderator(me)))
    return await _shown(ctx, me, account_id)


async def _shown(ctx: Context, me: Viewer, account_id: int) -> Response:
    found = await moderate.find(ctx.db, account_id)
    return json_response(await admin.account(ctx, found.id, me.id))
