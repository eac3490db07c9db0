"""Conversation: https://docs.joinmastodon.org/entities/Conversation/."""

from collections.abc import Awaitable, Callable, Sequence

from fediserver.actions import visibility
from fediserver.activitypub.context import Context
from fediserver.db import statuses
from fediserver.db.database import Reader
from fediserver.models.account import Account
from fediserver.models.conversation import Conversation
from fediserver.views.entities.gathered import Gathered, Needs, gather


async def conversations(
    ctx: Context, viewer: Account, find: Callable[[Reader], Awaitable[Sequence[Conversation]]]
) -> tuple[list[Conversation], list[dict[str, object]]]:
    """The conversations that `find` finds, and their entities."""
    found: list[Conversation] = []

    async def load(tx: Reader) -> Needs:
        found.extend(await find(tx))
        last = await statuses.by_ids(tx, [one.last_status_id for one in found])
        shown = await visibility.filter_visible(tx, viewer, list(last.values()))
        return Needs([account_id for one in found for account_id in one.others], [one.id for one in shown])

    gathered = await gather(ctx, viewer.id, load)
    return found, [_entity(one, gathered) for one in found]


def _entity(row: Conversation, gathered: Gathered) -> dict[str, object]:
    return {
        "id": str(row.id),
        "unread": row.unread,
        "accounts": [gathered.accounts[one] for one in row.others if one in gathered.accounts],
        "last_status": gathered.statuses.get(row.last_status_id),
    }
