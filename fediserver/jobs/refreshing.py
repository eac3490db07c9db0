"""Fetches replies for members who wait for them: rows that members' requests left, taken with a lease."""

import asyncio
import logging

from fediserver.actions.refresh import GIVEN_UP, TOPIC
from fediserver.activitypub import replies
from fediserver.activitypub.context import Context
from fediserver.clock import SECOND
from fediserver.db import refreshes, statuses
from fediserver.models.refresh import Refresh
from fediserver.running import RunningTasks

AT_ONCE = 4
SECONDS = 60.0
"""For one refresh; what has come by then stays."""
LEASE = 20 * SECOND

log = logging.getLogger(__name__)


class Refresher:
    """Takes refreshes that members asked for and does them."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.running = RunningTasks()

    async def take_due(self) -> int:
        """Begin what waits, as much as there is room for; answers how much."""
        ctx, room = self._ctx, AT_ONCE - len(self.running)
        now = ctx.clock()
        after = now - GIVEN_UP
        if room <= 0 or not await refreshes.any_due(ctx.db, now=now, after=after):
            return 0
        due = await ctx.db.write(
            lambda tx: refreshes.claim(tx, boot=ctx.boot, now=now, until=now + LEASE, after=after, limit=room)
        )
        for one in due:
            self.running.start(self._run(one), self._ended)
        return len(due)

    async def renew(self) -> None:
        """Keep the leases of what is under way."""
        if self.running:
            ctx, now = self._ctx, self._ctx.clock()
            await ctx.db.write(lambda tx: refreshes.renew(tx, boot=ctx.boot, now=now, until=now + LEASE))

    async def _run(self, one: Refresh) -> None:
        ctx = self._ctx
        start = await statuses.by_id(ctx.db, one.status_id)

        async def arrived() -> None:
            await ctx.db.write(lambda tx: refreshes.arrived(tx, one.id))

        if start is not None:
            try:
                async with asyncio.timeout(SECONDS):
                    await replies.gather(ctx, start, arrived)
            except TimeoutError:
                log.info("the replies to %s took too long; what has come is kept", start.uri)
            except Exception:  # no refresh may stop the others
                log.exception("the replies to %s could not be fetched", start.uri)
        await ctx.db.write(lambda tx: refreshes.finish(tx, one.id, ctx.clock()))

    def _ended(self, _: asyncio.Task[None]) -> None:
        self._ctx.bus.publish(TOPIC)
