"""The worker: one loop for each kind of work, woken by the bus, and a slow look at the clock besides."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from fediserver.actions import refresh, trends
from fediserver.activitypub import previews
from fediserver.activitypub.context import Context
from fediserver.activitypub.delivery import Deliverer
from fediserver.activitypub.inbox import RECEIVED, UNVERIFIED
from fediserver.clock import HOUR, SECOND
from fediserver.db import hosts, intake, jobs, push, refreshes
from fediserver.db.database import Writer
from fediserver.jobs.errands import Errands
from fediserver.jobs.housekeeping import tidy
from fediserver.jobs.indexing import Indexer
from fediserver.jobs.process_inbox import Intake, Verification
from fediserver.jobs.push import Pusher
from fediserver.jobs.refreshing import Refresher

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between looks at what has become due by time alone."""
RENEW = 6.0
"""A third of a lease: what a process that died had taken is free again within 20 s."""
TIDY = HOUR / SECOND


class Worker:
    """Everything that goes on behind the requests; `stop` ends it within a few seconds."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.deliverer = Deliverer(ctx)
        self.intake = Intake(ctx)
        self.verification = Verification(ctx)
        self.errands = Errands(ctx)
        self.indexer = Indexer(ctx)
        self.pusher = Pusher(ctx)
        self.refresher = Refresher(ctx)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take back what a former process held, and begin."""
        if self._ctx.db.url.startswith("sqlite:"):
            # Only one process works on an SQLite file: whatever is leased, its holder is dead.
            await self._ctx.db.write(_release_all)
        loops = (
            self._loop("deliveries", self.deliverer.take_due),
            self._loop(RECEIVED, self.intake.take_due),
            self._loop(UNVERIFIED, self.verification.take_due),
            self._loop("jobs", self.errands.take_due),
            self._loop("search", self.indexer.take_due),
            self._loop(previews.TOPIC, self._previews),
            self._loop("pushes", self.pusher.take_due),
            self._loop(refresh.TOPIC, self.refresher.take_due),
            self._every(RENEW, self._renew),
            self._every(TIDY, lambda: tidy(self._ctx)),
            self._every(trends.EVERY / SECOND, lambda: trends.refresh(self._ctx)),
            self._watch(),
        )
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """End the loops; unfinished work stays in its rows."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.intake.stop()
        await self.deliverer.stop()
        await self.pusher.stop()
        await self.refresher.stop()

    async def settle(self) -> None:
        """Do everything that is due now, and what comes of it; for tests and the command line."""
        while True:
            done = 0
            for take in (
                self.verification.take_due,
                self.intake.take_due,
                self.errands.take_due,
                self.indexer.take_due,
                self._previews,
                self.deliverer.take_due,
                self.pusher.take_due,
                self.refresher.take_due,
            ):
                done += await take()
            await self.intake.settle()
            await self.deliverer.settle()
            await self.pusher.settle()
            await self.refresher.settle()
            if not done:
                return

    async def _previews(self) -> int:
        return await previews.take_wanted(self._ctx)

    async def _loop(self, topic: str, take_due: Callable[[], Awaitable[int]]) -> None:
        """Work while there is some; then wait for news, or for the clock."""
        woken = self._ctx.bus.waker(topic)
        while True:
            woken.clear()
            try:
                if await take_due():
                    continue
            except Exception:  # the database may be away for a moment: the loop goes on
                log.exception("the loop for %s had a problem; it goes on", topic)
                await asyncio.sleep(LOOK)
            try:
                async with asyncio.timeout(LOOK):
                    await woken.wait()
            except TimeoutError:
                continue

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception:  # as above
                log.exception("a regular task had a problem; it goes on")

    async def _renew(self) -> None:
        await self.deliverer.renew()
        await self.intake.renew()
        await self.errands.renew()
        await self.pusher.renew()

    async def _watch(self) -> None:
        """Other processes change the same database (the command line does): notice within a second."""
        ctx, before = self._ctx, -1
        while True:
            try:
                counter = await ctx.db.change_counter()
                if counter != before:
                    before = counter
                    ctx.domains.forget()
                    for topic in ("signals", "deliveries", RECEIVED, "jobs"):
                        ctx.bus.publish(topic)
            except Exception:  # as above
                log.exception("looking for changes had a problem; it goes on")
            await asyncio.sleep(LOOK)


async def _release_all(tx: Writer) -> None:
    await hosts.release_all(tx)
    await intake.release_all(tx)
    await jobs.release_all(tx)
    await push.release_all(tx)
    await refreshes.release_all(tx)
