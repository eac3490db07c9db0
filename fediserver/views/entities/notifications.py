"""Notification: https://docs.joinmastodon.org/entities/Notification/."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db.database import Reader
from fediserver.models.notification import ALONE, Notification
from fediserver.views.entities.fallbacks import fallbacks
from fediserver.views.entities.gathered import Gathered, Needs, gather, needs_of


class Told(msgspec.Struct, frozen=True):
    """Notifications, with the ids of the first and the last for the Link header."""

    entities: list[dict[str, object]]
    first_id: int | None
    last_id: int | None


async def listed(
    ctx: Context,
    viewer_id: int,
    find: Callable[[Reader], Awaitable[Sequence[Notification]]],
    *,
    supported: Sequence[str] | None = None,
) -> Told:
    """What `find` finds, in its order, without those whose sender is suspended, or sender or subject gone.

    `supported` are kinds that the app knows, if it wants fallbacks for the others.
    """
    found: list[Notification] = []

    async def load(tx: Reader) -> Needs:
        found.extend(await find(tx))
        return needs_of([one.from_id for one in found], found)

    gathered = await gather(ctx, viewer_id, load)
    shown = [one for one in found if gathered.speaks(one.from_id) and gathered.has(one)]
    instead = await fallbacks(ctx, viewer_id, [one.kind for one in shown], supported)
    entities = [_entity(one, gathered) | instead.of(one.kind, gathered.rows[one.from_id]) for one in shown]
    return Told(entities, found[0].id if found else None, found[-1].id if found else None)


def _entity(row: Notification, gathered: Gathered) -> dict[str, object]:
    entity: dict[str, object] = {
        "id": str(row.id),
        "type": row.kind,
        "created_at": isoformat(row.created_at),
        "group_key": row.group_key or f"{ALONE}{row.id}",
        "account": gathered.accounts[row.from_id],
    }
    if row.status_id is not None:
        entity["status"] = gathered.statuses[row.status_id]
    if row.filtered:
        entity["filtered"] = True
    return entity | gathered.subject(row)
