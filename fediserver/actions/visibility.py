"""Who may see what: the only gate between a viewer and a post."""

from collections.abc import Sequence

from fediserver.actions.core import Core
from fediserver.db import statuses
from fediserver.db import visibility as facts
from fediserver.db.database import Reader
from fediserver.errors import NotFound
from fediserver.models.account import Account
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility

STRANGER = 0
"""The id of somebody who is not signed in; no account has it."""


async def can_see(db: Reader, viewer: Account | None, status: Status) -> bool:
    """Whether somebody may see a post; a boost, only with the post that it boosts."""
    if status.reblog_of_id is not None:
        original = await statuses.by_id(db, status.reblog_of_id)
        if original is None or not await can_see(db, viewer, original):
            return False
    if viewer is None:
        return status.visibility.is_open
    if viewer.id == status.account_id:
        return True
    standing = await facts.standing(db, viewer_id=viewer.id, author_id=status.account_id, status_id=status.id)
    if standing.blocked:
        return False
    if status.visibility.is_open or standing.mentioned:
        return True
    return status.visibility is Visibility.PRIVATE and standing.follows


async def find(core: Core, viewer: Account | None, status_id: int) -> Status:
    """The post, for a viewer who may see it.

    Raises NotFound when there is none and when there is one that is not theirs to see: the answer
    does not tell which.
    """
    status = await statuses.by_id(core.db, status_id)
    if status is None or not await can_see(core.db, viewer, status):
        raise NotFound
    return status


async def filter_visible(db: Reader, viewer: Account | None, found: Sequence[Status]) -> list[Status]:
    """Those of the posts that a viewer may see, in the same order."""
    wanted = {status.id for status in found} | {
        status.reblog_of_id for status in found if status.reblog_of_id is not None
    }
    allowed = await facts.visible(db, viewer_id=viewer.id if viewer else STRANGER, ids=sorted(wanted))
    return [
        status
        for status in found
        if status.id in allowed and (status.reblog_of_id is None or status.reblog_of_id in allowed)
    ]


def can_boost(actor: Account, status: Status) -> bool:
    """Whether a post that the actor sees may be boosted: open ones, and one's own followers-only ones."""
    return status.visibility.is_open or (
        status.visibility is Visibility.PRIVATE and status.account_id == actor.id
    )
