"""Notification: https://docs.joinmastodon.org/entities/Notification/."""

from collections.abc import Sequence

from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import accounts as account_rows
from fediserver.db import statuses as status_rows
from fediserver.models.notification import Notification
from fediserver.views.entities import accounts, statuses
from fediserver.views.entities.shelf import Json


async def notifications(
    ctx: Context, found: Sequence[Notification], viewer_id: int
) -> list[dict[str, object]]:
    """Notification entities in the same order, without those whose account or post is gone."""
    senders = await account_rows.by_ids(ctx.db, sorted({one.from_id for one in found}))
    rendered = await accounts.accounts(ctx, list(senders.values()), viewer_id)
    by_sender = dict(zip(senders, rendered, strict=True))
    by_status = await _statuses(ctx, [one.status_id for one in found if one.status_id is not None], viewer_id)
    return [
        _entity(one, by_sender[one.from_id], by_status.get(one.status_id or 0))
        for one in found
        if one.from_id in by_sender and (one.status_id is None or one.status_id in by_status)
    ]


async def _statuses(ctx: Context, ids: Sequence[int], viewer_id: int) -> dict[int, Json]:
    there = await status_rows.by_ids(ctx.db, sorted(set(ids)))
    rendered = await statuses.statuses(ctx, list(there.values()), viewer_id)
    return dict(zip(there, rendered, strict=True))


def _entity(row: Notification, sender: Json, status: Json | None) -> dict[str, object]:
    entity: dict[str, object] = {
        "id": str(row.id),
        "type": row.kind,
        "created_at": isoformat(row.created_at),
        "group_key": f"ungrouped-{row.id}",
        "account": sender,
    }
    return entity if status is None else entity | {"status": status}
