"""Indexes for search what has changed, a second later, and after an upgrade all that was there before."""

import logging

from fediserver.actions import index
from fediserver.activitypub.context import Context
from fediserver.db.database import Clash

log = logging.getLogger(__name__)

TOLD = 5_000
"""How many posts and accounts in a row are worth a line in the log."""


class Indexer:
    """Looks at what waits to be indexed."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._in_a_row = 0

    async def take_due(self) -> int:
        """Index some of it; answers how much."""
        try:
            done = await index.take_waiting(self._ctx)
        except Clash:
            # Another process was faster; what it left is there in a second.
            return 0
        before, self._in_a_row = self._in_a_row, self._in_a_row + done if done else 0
        if before // TOLD < self._in_a_row // TOLD or (not done and before >= TOLD):
            log.info(
                "search: %d posts and accounts indexed%s",
                max(before, self._in_a_row),
                "" if done else ", all",
            )
        return done
