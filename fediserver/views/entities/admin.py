"""Admin::Account and Admin::Report: https://docs.joinmastodon.org/entities/Admin_Account/."""

from collections.abc import Sequence

import orjson

from fediserver.actions import rules
from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import accounts as rows
from fediserver.db.database import Reader
from fediserver.models.account import Account, User
from fediserver.models.report import Report
from fediserver.models.rule import Rule
from fediserver.views.entities import accounts as public
from fediserver.views.entities import statuses
from fediserver.views.entities.reports import facts
from fediserver.views.entities.shelf import Json

Entity = dict[str, object]


async def accounts(ctx: Context, ids: Sequence[int], viewer_id: int) -> dict[int, Entity]:
    """Admin::Account entities by id, also of accounts that were deleted; unknown ids are left out."""

    async def read(tx: Reader) -> tuple[dict[int, Account], dict[int, User]]:
        return await rows.by_ids(tx, ids), await rows.users_of(tx, ids)

    found, users = await ctx.db.read(read)
    shown = await public.accounts(ctx, list(found.values()), viewer_id)
    return {
        row.id: _account(row, users.get(row.id), entity)
        for row, entity in zip(found.values(), shown, strict=True)
    }


async def account(ctx: Context, account_id: int, viewer_id: int) -> Entity:
    """One Admin::Account entity, of an account that is there."""
    return (await accounts(ctx, [account_id], viewer_id))[account_id]


async def reports(ctx: Context, found: Sequence[Report], viewer_id: int) -> list[Entity]:
    """Admin::Report entities in the same order, with the posts as a moderator has to see them."""
    people = {
        one
        for row in found
        for one in (row.account_id, row.target_id, row.assigned_id, row.resolved_by_id)
        if one is not None
    }
    known = await accounts(ctx, sorted(people), viewer_id)
    ids = {int(one) for row in found for one in orjson.loads(row.status_ids)}
    # Rendered one by one they would cost a hop for each report.
    posts = {
        int(orjson.loads(bytes(entity))["id"]): entity
        for entity in await statuses.by_ids(ctx, sorted(ids), viewer_id)
    }
    written = {str(rule.id): rule for rule in await rules.listed(ctx)}
    return [
        facts(row)
        | {
            "updated_at": isoformat(row.updated_at),
            "account": known[row.account_id],
            "target_account": known[row.target_id],
            "assigned_account": known.get(row.assigned_id or 0),
            "action_taken_by_account": known.get(row.resolved_by_id or 0),
            "statuses": [posts[int(one)] for one in orjson.loads(row.status_ids) if int(one) in posts],
            "rules": [rule(written[one]) for one in orjson.loads(row.rule_ids) if one in written],
        }
        for row in found
    ]


def rule(row: Rule) -> Entity:
    """A Rule."""
    return {"id": str(row.id), "text": row.text, "hint": row.hint, "translations": {}}


def _account(row: Account, user: User | None, entity: Json) -> Entity:
    """Addresses people come from are not kept here, so that there are none to show."""
    is_local = row.domain == ""
    return {
        "id": str(row.id),
        "username": row.username,
        "domain": row.domain or None,
        "created_at": isoformat(row.created_at),
        "email": user.email if user else None,
        "ip": None,
        "ips": [] if is_local else None,
        "locale": user.locale if user else None,
        "invite_request": (user.reason or None) if user else None,
        "role": public.role(user) if user else None,
        "confirmed": user.confirmed_at is not None if user else None,
        "approved": user.approved_at is not None if user else None,
        "disabled": user.disabled_at is not None if user else None,
        "sensitized": row.sensitized_at is not None,
        "silenced": row.silenced_at is not None,
        "suspended": row.suspended_at is not None,
        "account": entity,
    }
