"""NotificationPolicy, in both versions, and NotificationRequest.

See https://docs.joinmastodon.org/entities/NotificationPolicy/.
"""

from collections.abc import Awaitable, Callable, Sequence

from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db.database import Reader
from fediserver.db.notification_policy import Summary
from fediserver.models.notification import ACCEPT, VERDICTS, NotificationPolicy, NotificationRequest
from fediserver.views.entities.gathered import Gathered, Needs, gather

STRANGERS = tuple(name for name in NotificationPolicy.__struct_fields__ if name != "account_id")
"""Whom a policy speaks of."""
_IN_VERSION_1 = tuple(name for name in STRANGERS if name != "limited_accounts")


def version_1(row: NotificationPolicy, summary: Summary) -> dict[str, object]:
    """The form that only knows whether something is held back."""
    told: dict[str, object] = {f"filter_{name}": getattr(row, name) != ACCEPT for name in _IN_VERSION_1}
    return told | {"summary": _summary(summary)}


def version_2(row: NotificationPolicy, summary: Summary) -> dict[str, object]:
    """The form that says what happens."""
    told: dict[str, object] = {f"for_{name}": VERDICTS[getattr(row, name)] for name in STRANGERS}
    return told | {"summary": _summary(summary)}


def _summary(summary: Summary) -> dict[str, int]:
    return {
        "pending_requests_count": summary.requests,
        "pending_notifications_count": summary.notifications,
    }


async def requests(
    ctx: Context, viewer_id: int, find: Callable[[Reader], Awaitable[Sequence[NotificationRequest]]]
) -> tuple[list[NotificationRequest], list[dict[str, object]]]:
    """The requests that `find` finds, and their entities, without those whose sender is gone or suspended."""
    found: list[NotificationRequest] = []

    async def load(tx: Reader) -> Needs:
        found.extend(await find(tx))
        return Needs(
            [one.from_id for one in found],
            [one.last_status_id for one in found if one.last_status_id is not None],
        )

    gathered = await gather(ctx, viewer_id, load)
    return found, [_request(one, gathered) for one in found if gathered.speaks(one.from_id)]


def _request(row: NotificationRequest, gathered: Gathered) -> dict[str, object]:
    return {
        "id": str(row.id),
        "created_at": isoformat(row.created_at),
        "updated_at": isoformat(row.updated_at),
        "account": gathered.accounts[row.from_id],
        "notifications_count": str(row.notifications_count),
        "last_status": gathered.statuses.get(row.last_status_id or 0),
    }
