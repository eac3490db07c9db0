"""Moderators and reports: https://docs.joinmastodon.org/methods/admin/reports/."""

from typing import Literal

import msgspec
from starlette.responses import Response

from fediserver.actions import moderate_reports
from fediserver.activitypub.context import Context
from fediserver.db import reports
from fediserver.errors import NotFound
from fediserver.models.report import Report
from fediserver.views.entities import admin
from fediserver.web.api import staff
from fediserver.web.api.paging import Many
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response


class Search(msgspec.Struct):
    """Which reports are looked for: open ones, unless it says otherwise."""

    resolved: bool = False
    account_id: int | None = None
    target_account_id: int | None = None


class Change(msgspec.Struct):
    """What a report is about, as a moderator sees it."""

    category: Literal["spam", "legal", "violation", "other"] | None = None
    rule_ids: list[int] | None = None


async def page(ctx: Context, me: Viewer, wanted: Search, page: Many) -> Response:
    """GET /api/v1/admin/reports."""
    staff.moderator(me)
    entries = await reports.page(
        ctx.db,
        page.bounds,
        resolved=wanted.resolved,
        account_id=wanted.account_id,
        target_id=wanted.target_account_id,
    )
    found = await reports.by_ids(ctx.db, [entry.id for entry in entries])
    return page.related(await admin.reports(ctx, found, me.id), entries, newer="min_id")


async def show(ctx: Context, me: Viewer, report_id: int) -> Response:
    """GET /api/v1/admin/reports/:id."""
    staff.moderator(me)
    found = await reports.by_id(ctx.db, report_id)
    if found is None:
        raise NotFound
    return await _shown(ctx, me, found)


async def change(ctx: Context, me: Viewer, report_id: int, wanted: Change) -> Response:
    """PUT /api/v1/admin/reports/:id."""
    by = staff.moderator(me)
    revised = await moderate_reports.revise(
        ctx, report_id, by, category=wanted.category, rule_ids=wanted.rule_ids
    )
    return await _shown(ctx, me, revised)


async def assign_to_self(ctx: Context, me: Viewer, report_id: int) -> Response:
    """POST /api/v1/admin/reports/:id/assign_to_self."""
    return await _shown(ctx, me, await moderate_reports.step(ctx, report_id, "assign", staff.moderator(me)))


async def unassign(ctx: Context, me: Viewer, report_id: int) -> Response:
    """POST /api/v1/admin/reports/:id/unassign."""
    return await _shown(ctx, me, await moderate_reports.step(ctx, report_id, "unassign", staff.moderator(me)))


async def resolve(ctx: Context, me: Viewer, report_id: int) -> Response:
    """POST /api/v1/admin/reports/:id/resolve."""
    return await _shown(ctx, me, await moderate_reports.step(ctx, report_id, "resolve", staff.moderator(me)))


async def reopen(ctx: Context, me: Viewer, report_id: int) -> Response:
    """POST /api/v1/admin/reports/:id/reopen."""
    return await _shown(ctx, me, await moderate_reports.step(ctx, report_id, "reopen", staff.moderator(me)))


async def _shown(ctx: Context, me: Viewer, row: Report) -> Response:
    return json_response((await admin.reports(ctx, [row], me.id))[0])
