"""The worker: one loop for each kind of work, woken by the bus, and a slow look at the clock besides."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from fediserver.actions import refresh, trends
from fediserver.actions.upload import CONVERSIONS
from fediserver.activitypub import previews
from fediserver.activitypub.context import Context
from fediserver.activitypub.delivery import Deliverer
from fediserver.activitypub.inbox import RECEIVED, UNVERIFIED
from fediserver.clock import HOUR, SECOND
from fediserver.db import conversions, hosts, intake, jobs, mails, push, refreshes
from fediserver.db.database import Away, Writer
from fediserver.jobs.conversions import Conversions
from fediserver.jobs.errands import Errands
from fediserver.jobs.housekeeping import tidy
from fediserver.jobs.indexing import Indexer
from fediserver.jobs.mail import Postman
from fediserver.jobs.process_inbox import Intake, Verification
from fediserver.jobs.push import Pusher
from fediserver.jobs.refreshing import Refresher
from fediserver.running import RunningTasks

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between looks at what has become due by time alone."""
RENEW = 6.0
"""A third of a lease: what a process that died had taken is free again within 20 s."""
TIDY = HOUR / SECOND


class Crew(Protocol):
    """Takes work of one kind as it becomes due, under a lease, and does some of it side by side."""

    running: RunningTasks

    async def take_due(self) -> int:
        """Begin what is due, as much as there is room for; answers how much."""

    async def renew(self) -> None:
        """Keep the leases of what is under way."""


class Worker:
    """Everything that goes on behind the requests; `stop` ends it within a few seconds."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._crews: dict[str, Crew] = {
            UNVERIFIED: Verification(ctx),
            RECEIVED: Intake(ctx),
            "jobs": Errands(ctx),
            "deliveries": Deliverer(ctx),
            "pushes": Pusher(ctx),
            "mails": Postman(ctx),
            refresh.TOPIC: Refresher(ctx),
            CONVERSIONS: Conversions(ctx),
        }
        self._works: dict[str, Callable[[], Awaitable[int]]] = {
            **{topic: crew.take_due for topic, crew in self._crews.items()},
            "search": Indexer(ctx).take_due,
            previews.TOPIC: lambda: previews.take_wanted(ctx),
        }
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take back what a former process held, and begin."""
        if self._ctx.db.url.startswith("sqlite:"):
            # Only one process works on an SQLite file: whatever is leased, its holder is dead.
            await self._ctx.db.write(_release_all)
        loops = (
            *(self._loop(topic, take_due) for topic, take_due in self._works.items()),
            self._every(RENEW, self._renew),
            self._every(TIDY, lambda: tidy(self._ctx)),
            self._every(trends.EVERY / SECOND, lambda: trends.refresh(self._ctx)),
            self._watch(),
        )
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """End the loops; unfinished work stays in its rows, for whoever takes it next."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for crew in self._crews.values():
            await crew.running.stop()

    async def settle(self) -> None:
        """Do everything that is due now, and what comes of it; for tests and the command line."""
        done = 1
        while done:
            done = 0
            for take_due in self._works.values():
                done += await take_due()
            for crew in self._crews.values():
                await crew.running.settle()

    async def _loop(self, topic: str, take_due: Callable[[], Awaitable[int]]) -> None:
        """Work while there is some; then wait for news, or for the clock."""
        woken = self._ctx.bus.waker(topic)
        while True:
            woken.clear()
            try:
                if await take_due():
                    continue
            except Exception as problem:  # noqa: BLE001 - the database may be away for a moment: the loop goes on
                _note(f"the loop for {topic}", problem)
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
            except Exception as problem:  # noqa: BLE001 - as above
                _note("a regular task", problem)

    async def _renew(self) -> None:
        for crew in self._crews.values():
            await crew.renew()

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
            except Exception as problem:  # noqa: BLE001 - as above
                _note("looking for changes", problem)
            await asyncio.sleep(LOOK)


def _note(what: str, problem: Exception) -> None:
    if isinstance(problem, Away):
        log.warning("%s waits for the database: %s", what, problem)
    else:
        log.error("%s had a problem; it goes on", what, exc_info=problem)


async def _release_all(tx: Writer) -> None:
    for rows in (hosts, intake, jobs, push, mails, refreshes, conversions):
        await rows.release_all(tx)
