"""A member's year: https://docs.joinmastodon.org/methods/annual_reports/."""

from collections.abc import Sequence

import orjson
from starlette.responses import Response

from fediserver.actions import annual_report
from fediserver.activitypub.context import Context
from fediserver.db import annual_reports
from fediserver.errors import NotFound
from fediserver.models.annual_report import AnnualReport
from fediserver.views.entities import accounts, statuses
from fediserver.web.auth import Viewer
from fediserver.web.responses import empty, json_response

_SCHEMA = 2
_LAST_YEAR = 9999


async def unread(ctx: Context, me: Viewer) -> Response:
    """GET /api/v1/annual_reports: those that the member has not read."""
    return await _wrapped(ctx, me, await annual_reports.unread(ctx.db, me.id))


async def show(ctx: Context, me: Viewer, year: int) -> Response:
    """GET /api/v1/annual_reports/:year."""
    return await _wrapped(ctx, me, [await _found(ctx, me, year)])


async def state(ctx: Context, me: Viewer, year: int) -> Response:
    """GET /api/v1/annual_reports/:year/state: whether there is one, or can be."""
    return json_response({"state": await annual_report.state(ctx, me.account, min(year, _LAST_YEAR))})


async def generate(ctx: Context, me: Viewer, year: int) -> Response:
    """POST /api/v1/annual_reports/:year/generate: it is there when this has answered."""
    await annual_report.generate(ctx, me.account, min(year, _LAST_YEAR))
    return empty()


async def read(ctx: Context, me: Viewer, year: int) -> Response:
    """POST /api/v1/annual_reports/:year/read: the member has read it."""
    report = await _found(ctx, me, year)
    await ctx.db.write(lambda tx: annual_reports.note_read(tx, me.id, report.year, ctx.clock()))
    return empty()


async def _found(ctx: Context, me: Viewer, year: int) -> AnnualReport:
    report = await annual_reports.by_year(ctx.db, me.id, year) if year <= _LAST_YEAR else None
    if report is None:
        raise NotFound
    return report


async def _wrapped(ctx: Context, me: Viewer, found: Sequence[AnnualReport]) -> Response:
    """WrappedAnnualReports: the reports, whose they are, and the posts that they name."""
    entities = [
        {
            "year": report.year,
            "data": orjson.loads(report.data),
            "schema_version": _SCHEMA,
            "share_url": None,
            "account_id": str(report.account_id),
        }
        for report in found
    ]
    named = [entity["data"]["top_statuses"]["by_reblogs"] for entity in entities]
    ids = [int(one) for one in named if one is not None]
    return json_response(
        {
            "annual_reports": entities,
            "accounts": await accounts.by_ids(ctx, [me.id], me.id) if entities else [],
            "statuses": await statuses.by_ids(ctx, ids, me.id),
        }
    )
