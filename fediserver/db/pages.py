"""Pages of lists: bounds from above and below, in both directions."""

from typing import Any

import msgspec

from fediserver.db.database import Reader
from fediserver.db.query import Query

HIGHEST = 2**63 - 1


class Bounds(msgspec.Struct, frozen=True):
    """What part of a list is wanted: cursors below `before` and above `after`, both exclusive.

    `ascending` takes those next above `after` instead of the newest; answers are newest first in any case.
    """

    limit: int
    before: int = HIGHEST
    after: int = 0
    ascending: bool = False


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """A place in a list: the relation's own id, by which the list is paged, and whom or what it leads to."""

    cursor: int
    id: int


class Listing:
    """A query for `Entry` rows in both directions; `text` ends inside its where clause."""

    def __init__(self, text: str, cursor: str) -> None:
        bounded = f"{text} and {cursor} < :before and {cursor} > :after order by {cursor}"
        self._down = Query(f"{bounded} desc limit :limit")
        self._up = Query(f"{bounded} limit :limit")

    async def page(self, db: Reader, bounds: Bounds, **params: Any) -> list[Entry]:
        """The entries within the bounds, newest first."""
        query = self._up if bounds.ascending else self._down
        found = await db.all(
            query, Entry, before=bounds.before, after=bounds.after, limit=bounds.limit, **params
        )
        return found[::-1] if bounds.ascending else found
