"""Relationship and FamiliarFollowers: https://docs.joinmastodon.org/entities/Relationship/."""

from collections.abc import Sequence

import orjson

from fediserver.activitypub.context import Context
from fediserver.clock import isoformat
from fediserver.db import account_lists
from fediserver.db.account_lists import Standing
from fediserver.errors import NotFound


async def relationships(
    ctx: Context, viewer_id: int, ids: Sequence[int], *, with_suspended: bool = True
) -> list[dict[str, object]]:
    """How the viewer stands to accounts, in the order of the ids; unknown ones are left out."""
    found = await account_lists.standings(
        ctx.db, viewer_id=viewer_id, target_ids=ids, with_suspended=with_suspended, now=ctx.clock()
    )
    return [_entity(found[one]) for one in dict.fromkeys(ids) if one in found]


async def relationship(ctx: Context, viewer_id: int, account_id: int) -> dict[str, object]:
    """How the viewer stands to one account; NotFound when there is none."""
    found = await relationships(ctx, viewer_id, [account_id])
    if not found:
        raise NotFound
    return found[0]


def _entity(row: Standing) -> dict[str, object]:
    following = row.show_reblogs is not None
    requested = row.requested_reblogs is not None
    return {
        "id": str(row.id),
        "following": following,
        "showing_reblogs": bool(row.show_reblogs if following else row.requested_reblogs),
        "notifying": bool(row.notify if following else row.requested_notify),
        "languages": None if row.languages is None else orjson.loads(row.languages),
        "followed_by": row.followed_by,
        "blocking": row.blocking,
        "blocked_by": row.blocked_by,
        "muting": row.muting_notifications is not None,
        "muting_notifications": bool(row.muting_notifications),
        "muting_expires_at": None if row.muting_until is None else isoformat(row.muting_until),
        "requested": requested,
        "requested_by": row.requested_by,
        "domain_blocking": row.domain_blocking,
        "endorsed": row.endorsed,
        "note": row.note,
    }
