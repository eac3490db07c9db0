"""Who may see what: the only gate between a viewer and a post."""

from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar

from fediserver.actions.core import Core
from fediserver.db import outlines, statuses
from fediserver.db import visibility as facts
from fediserver.db.database import Reader
from fediserver.db.outlines import Outline
from fediserver.errors import NotFound
from fediserver.models.account import Account
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility

STRANGER = 0
"""The id of somebody who is not signed in; no account has it."""


class Post(Protocol):
    """As much of a post as is needed here: a row, or its outline."""

    @property
    def id(self) -> int:
        """The post's own."""

    @property
    def reblog_of_id(self) -> int | None:
        """What it boosts."""


Some = TypeVar("Some", bound=Post)


async def can_see(db: Reader, viewer: Account | None, post: Post) -> bool:
    """Whether somebody may see a post; a boost, only with the post that it boosts."""
    return bool(await filter_visible(db, viewer, [post]))


async def find(core: Core, viewer: Account | None, status_id: int) -> Status:
    """The post, for a viewer who may see it.

    Raises NotFound when there is none and when there is one that is not theirs to see: the answer
    does not tell which.
    """
    status = await statuses.by_id(core.db, status_id)
    if status is None or not await can_see(core.db, viewer, status):
        raise NotFound
    return status


async def outline(db: Reader, viewer: Account | None, status_id: int) -> list[Outline]:
    """The outline of a post, with the marks of a viewer who may see it; empty when there is none for them."""
    return await outlines.seen(db, status_id, viewer_id=viewer.id if viewer else None)


async def filter_visible(db: Reader, viewer: Account | None, found: Sequence[Some]) -> list[Some]:
    """Those of the posts that a viewer may see, in the same order."""
    wanted = {post.id for post in found} | {
        post.reblog_of_id for post in found if post.reblog_of_id is not None
    }
    allowed = await facts.visible(db, viewer_id=viewer.id if viewer else STRANGER, ids=sorted(wanted))
    return [
        post
        for post in found
        if post.id in allowed and (post.reblog_of_id is None or post.reblog_of_id in allowed)
    ]


async def who_sees(db: Reader, viewer_ids: Collection[int], post: Post) -> set[int]:
    """Those of the viewers who may see a post; a boost, only with the post that it boosts."""
    seers = await facts.visible_to(db, status_id=post.id, viewer_ids=sorted(viewer_ids))
    if post.reblog_of_id is None:
        return seers
    return await facts.visible_to(db, status_id=post.reblog_of_id, viewer_ids=sorted(seers))


def can_boost(actor: Account, status: Status) -> bool:
    """Whether a post that the actor sees may be boosted: open ones, and one's own followers-only ones."""
    return status.visibility.is_open or (
        status.visibility is Visibility.PRIVATE and status.account_id == actor.id
    )
