"""Reports: https://docs.joinmastodon.org/methods/reports/."""

import msgspec
from starlette.responses import Response

from fediserver.actions import report as reporting
from fediserver.activitypub.context import Context
from fediserver.views.entities import accounts, reports
from fediserver.web.api import targets
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response


class Complaint(msgspec.Struct):
    """What is wrong with whom."""

    account_id: int
    status_ids: list[int] = []
    comment: str = ""
    category: str = "other"
    forward: bool = False
    forward_to_domains: list[str] | None = None
    rule_ids: list[int] = []
    collection_ids: list[int] = []


async def create(ctx: Context, me: Viewer, wanted: Complaint) -> Response:
    """POST /api/v1/reports: tell the moderators."""
    target = await targets.account(ctx, wanted.account_id)
    row = await reporting.report(
        ctx,
        me.account,
        target,
        wanted.status_ids,
        wanted.comment,
        wanted.category,
        wanted.forward,
        rule_ids=wanted.rule_ids,
        collection_ids=wanted.collection_ids,
        servers=wanted.forward_to_domains,
    )
    return json_response(reports.report(row, await accounts.account(ctx, target, me.id)))
