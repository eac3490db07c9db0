"""Handles what came in: each actor's activities in the order they came, different actors side by side."""

import asyncio
import logging
import random
from functools import partial

from fediserver.activitypub import inbox
from fediserver.activitypub.context import Context
from fediserver.clock import SECOND
from fediserver.db import intake
from fediserver.db.database import Writer
from fediserver.errors import BadRequest, FediserverError, Ignored, Refused, Unreachable
from fediserver.jobs.shares import Shares
from fediserver.models.delivery import Received, Unverified
from fediserver.net import hosts as breaker
from fediserver.running import RunningTasks

log = logging.getLogger(__name__)

LEASE = 20 * SECOND
AT_ONCE = 128
OF_ACTOR = 16
OF_SERVER = 32
"""Activities of one actor and of one server among those: any of them may need a server that hangs."""
HANDLE_SECONDS = 60.0
KEYS_AT_ONCE = 128
KEYS_OF_NETWORK = 32
KEYS_OF_HOST = 4
KEY_SECONDS = 30.0
KEY_LEASE = 60 * SECOND
MOST_ATTEMPTS = 10
"""Activities that need a server that does not answer are tried this often, over a day or so."""


class Intake:
    """Takes kept activities and hands them to their handlers, of no actor and no server too many at once."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.running = RunningTasks()
        self._shares = Shares(OF_ACTOR, OF_SERVER)
        self._last_of_actor: dict[str, asyncio.Task[None]] = {}

    async def take_due(self) -> int:
        """Start handling what is due, as much as there is room for; answers how many."""
        ctx, room = self._ctx, AT_ONCE - len(self.running)
        if room <= 0:
            return 0
        now = ctx.clock()
        actors, servers = self._shares.full()
        shares = self._shares.copy()

        async def take(tx: Writer) -> list[tuple[Received, str]]:
            # Not many more than one server may have: what is read and not taken was read in vain.
            limit = min(room, 2 * OF_SERVER)
            due = await intake.due(tx, now=now, limit=limit, actors=actors, servers=servers)
            at = await intake.servers(tx, {row.actor_uri for row in due}) if due else {}
            named = [(row, at.get(row.actor_uri, "")) for row in due]
            some = [(row, server) for row, server in named if shares.take(row.actor_uri, server)]
            await intake.lease(tx, [row.id for row, _ in some], boot=ctx.boot, until=now + LEASE)
            return some

        taken = await ctx.db.write(take)
        for row, server in taken:
            self._shares.take(row.actor_uri, server)
            before = self._last_of_actor.get(row.actor_uri)
            ended = partial(self._ended, row.actor_uri, server)
            self._last_of_actor[row.actor_uri] = self.running.start(self._handle(row, before), ended)
        return len(taken)

    async def renew(self) -> None:
        """Keep the leases of what is being handled."""
        if self.running:
            ctx, now = self._ctx, self._ctx.clock()
            await ctx.db.write(lambda tx: intake.renew(tx, boot=ctx.boot, now=now, until=now + LEASE))

    def _ended(self, actor: str, server: str, task: asyncio.Task[None]) -> None:
        if self._last_of_actor.get(actor) is task:
            del self._last_of_actor[actor]
        has_room = self._shares.give_back(actor, server)
        if not self.running or has_room or len(self.running) == AT_ONCE - 1:
            self._ctx.bus.publish(inbox.RECEIVED)

    async def _handle(self, row: Received, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        ctx = self._ctx
        try:
            async with asyncio.timeout(HANDLE_SECONDS):
                await inbox.handle(ctx, row)
        except Ignored as reason:
            log.debug("ignored from %s: %s", row.actor_uri, reason)
        except Refused as problem:
            log.info("refused from %s by the rule %s: %s", row.actor_uri, problem.rule, problem)
        except BadRequest as problem:
            log.info("unreadable from %s: %s", row.actor_uri, problem)
        except (Unreachable, TimeoutError) as problem:
            if await self._postponed(row, problem):
                return
        except FediserverError as problem:
            log.info("without effect from %s: %s", row.actor_uri, problem)
        except Exception as problem:  # a fault of ours: keep the activity, another version may handle it
            log.exception("handling an activity from %s failed", row.actor_uri)
            if await self._postponed(row, problem):
                return
        await ctx.db.write(lambda tx: intake.done(tx, row.id))

    async def _postponed(self, row: Received, problem: Exception) -> bool:
        """Put it off to another time; False when that was done often enough."""
        ctx = self._ctx
        next_at = breaker.retry_at(row.attempts + 1, ctx.clock(), random.random())  # noqa: S311 - jitter
        if row.attempts >= MOST_ATTEMPTS or next_at is None:
            log.info("given up an activity from %s: %s", row.actor_uri, problem)
            return False
        text = f"{type(problem).__name__}: {problem}"[:300]
        await ctx.db.write(lambda tx: intake.postpone(tx, row.id, next_at=next_at, last_error=text))
        return True


class Verification:
    """Fetches the keys of parked requests: few at once for one network or host, so that none keeps the others waiting.

    Anybody can name keys that never come.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.running = RunningTasks()
        self._shares = Shares(KEYS_OF_NETWORK, KEYS_OF_HOST)

    async def take_due(self) -> int:
        """Start with what is due, as much as there is room for; answers how many."""
        ctx, room = self._ctx, KEYS_AT_ONCE - len(self.running)
        if room <= 0:
            return 0
        now = ctx.clock()
        networks, hosts = self._shares.full()
        shares = self._shares.copy()

        async def take(tx: Writer) -> list[Unverified]:
            # Not many more than one network may have: what is read and not taken was read in vain.
            limit = min(room, KEYS_OF_NETWORK)
            due = await intake.parked_due(tx, now=now, limit=limit, networks=networks, hosts=hosts)
            some = [row for row in due if shares.take(row.network, row.host)]
            return await intake.take_parked(tx, some, until=now + KEY_LEASE)

        taken = await ctx.db.write(take)
        for row in taken:
            self._shares.take(row.network, row.host)
            self.running.start(self._verify(row.id, row), partial(self._ended, row))
        return len(taken)

    async def renew(self) -> None:
        """Nothing has to be kept: a request is left alone for longer than it may be worked on."""

    def _ended(self, row: Unverified, _: asyncio.Task[None]) -> None:
        has_room = self._shares.give_back(row.network, row.host)
        if not self.running or has_room or len(self.running) == KEYS_AT_ONCE - 1:
            self._ctx.bus.publish(inbox.UNVERIFIED)

    async def _verify(self, parked_id: int, row: Unverified) -> None:
        ctx = self._ctx
        try:
            async with asyncio.timeout(KEY_SECONDS):
                await inbox.verify_parked(ctx, row)
        except Exception as problem:  # noqa: BLE001 - whatever it is, it must not stop the others
            now = ctx.clock()
            next_at = breaker.retry_at(row.attempts, now, random.random())  # noqa: S311 - jitter
            if next_at is None or now - row.received_at > inbox.KEY_RETRIES:
                await ctx.db.write(lambda tx: intake.unpark(tx, parked_id))
                return
            log.info("the key %s cannot be had yet: %s", row.key_id, problem)
            await ctx.db.write(lambda tx: intake.parked_later(tx, parked_id, next_at=next_at))
