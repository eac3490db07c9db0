"""Who may see what: the only gate between a viewer and a post."""

from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from fediserver.actions.core import Core
from fediserver.db import collections, outlines, statuses
from fediserver.db import visibility as facts
from fediserver.db.database import Reader
from fediserver.db.outlines import Outline
from fediserver.errors import NotFound
from fediserver.models.account import Account
from fediserver.models.collection import Collection, CollectionItem
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


async def addressed(db: Reader, viewer: Account, ids: Sequence[int]) -> list[int]:
    """Those of the posts that are for somebody, also by who blocks them by now, in the same order."""
    found = await facts.addressed(db, viewer_id=viewer.id, ids=ids)
    return [one for one in ids if one in found]


async def who_sees(db: Reader, viewer_ids: Several[int], post: Post) -> set[int]:
    """Those of the viewers who may see a post; a boost, only with the post that it boosts."""
    seers = await facts.visible_to(db, status_id=post.id, viewer_ids=sorted(viewer_ids))
    if post.reblog_of_id is None:
        return seers
    return await facts.visible_to(db, status_id=post.reblog_of_id, viewer_ids=sorted(seers))


async def find_collection(db: Reader, viewer_id: int | None, collection_id: int) -> Collection:
    """A collection, for a viewer who may open it: whom its owner does not block. Else NotFound."""
    found = await open_collections(db, viewer_id, [collection_id])
    if not found:
        raise NotFound
    return found[collection_id]


async def open_collections(db: Reader, viewer_id: int | None, ids: Sequence[int]) -> Mapping[int, Collection]:
    """Those of the collections that a viewer may open, by id."""
    return await collections.open_to(db, ids, viewer_id=viewer_id or STRANGER)


async def collections_of(
    db: Reader, viewer_id: int | None, owner: Account, *, limit: int, offset: int
) -> list[Collection]:
    """Those of an account's collections that a viewer is told of: not those that are passed on by address only."""
    return await collections.of_account(
        db, owner.id, viewer_id=viewer_id or STRANGER, limit=limit, offset=offset
    )


async def collection_items(db: Reader, viewer_id: int | None, ids: Sequence[int]) -> list[CollectionItem]:
    """Who is in the collections, without who is suspended, and whom the viewer blocks or is blocked by."""
    return await collections.items(db, ids, viewer_id=viewer_id or STRANGER)


def can_boost(actor: Account, status: Status) -> bool:
    """Whether a post that the actor sees may be boosted: open ones, and one's own followers-only ones."""
    return status.visibility.is_open or (
        status.visibility is Visibility.PRIVATE and status.account_id == actor.id
    )
