"""Pushes notifications to the services of those who have subscribed (RFC 8030), politely: few at once to a host."""

import asyncio
import logging
import random
from collections import OrderedDict
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from fediserver.activitypub.context import Context
from fediserver.clock import DAY, HOUR, SECOND
from fediserver.db import push as queue
from fediserver.errors import FediserverError, Refused, TooLarge, Unreachable
from fediserver.ids import time_of
from fediserver.models.push import Push, PushSubscription
from fediserver.net import hosts as breaker
from fediserver.net.client import Reach, Receipt
from fediserver.net.hosts import HEALTHY, HostState
from fediserver.running import RunningTasks
from fediserver.signatures import webpush
from fediserver.views import push as words

log = logging.getLogger(__name__)

LEASE = 20 * SECOND
AT_ONCE = 64
PER_HOST = 4
LIVES = 2 * DAY
"""How long a push is tried, and how long the push service is asked to keep it."""
ANSWER_SECONDS = 10.0
TOKEN_LIVES = 12 * HOUR
"""Of the proof of who sends; RFC 8292 allows a day."""
HOSTS = 1000
"""Push services that are remembered."""
_TRY_AGAIN = frozenset({408, 429})


class Pusher:
    """Takes pushes as they become due and sends them."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.running = RunningTasks()
        self._room: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._hosts: OrderedDict[str, HostState] = OrderedDict()

    async def take_due(self) -> int:
        """Begin to send what is due, as much as there is room for; answers how many."""
        ctx, room = self._ctx, AT_ONCE - len(self.running)
        now = ctx.clock()
        if room <= 0 or not await queue.any_due(ctx.db, now):
            return 0
        due = await ctx.db.write(
            lambda tx: queue.claim(tx, boot=ctx.boot, now=now, until=now + LEASE, limit=room)
        )
        for push in due:
            self.running.start(self._run(push), self._ended)
        return len(due)

    async def renew(self) -> None:
        """Keep the leases of what is being sent."""
        if self.running:
            ctx, now = self._ctx, self._ctx.clock()
            await ctx.db.write(lambda tx: queue.renew(tx, boot=ctx.boot, now=now, until=now + LEASE))

    def _ended(self, _: asyncio.Task[None]) -> None:
        self._ctx.bus.publish("pushes")

    async def _run(self, push: Push) -> None:
        try:
            await self._push(push)
        except Exception as problem:  # no push may stop the others
            if not isinstance(problem, FediserverError):
                log.exception("a push failed")
            await self._later(push, f"{type(problem).__name__}: {problem}")

    async def _push(self, push: Push) -> None:
        """Send one; Unreachable when it is worth another try."""
        ctx = self._ctx
        subscription = await queue.by_id(ctx.db, push.subscription_id)
        if subscription is None:
            return
        host = urlsplit(subscription.endpoint).netloc
        room = self._room.setdefault(host, asyncio.Semaphore(PER_HOST))
        async with room:
            state = self._hosts.get(host, HEALTHY)
            if not breaker.may_try(state, ctx.clock()):
                await self._wait_for_host(push, state)
                return
            text = await words.payload(ctx, subscription, push.notification_id)
            if text is None:
                await ctx.db.write(lambda tx: queue.done(tx, push))
                return
            try:
                reply = await self._post(subscription, text)
            except (Refused, TooLarge) as problem:
                log.info("a push to %s is not sent: %s", host, problem)
                await ctx.db.write(lambda tx: queue.done(tx, push))
                return
            except Unreachable:
                self._remember(host, breaker.after_failure(state, ctx.clock(), random.random()))  # noqa: S311
                raise
        await self._note(push, host, reply)

    async def _post(self, subscription: PushSubscription, text: bytes) -> Receipt:
        ctx = self._ctx
        url = ctx.net.target(subscription.endpoint).url
        to = webpush.recipient(subscription.public_key, subscription.auth)
        proof = ctx.vapid.token(
            audience="{0.scheme}://{0.netloc}".format(urlsplit(url)),
            subject=ctx.config.base_url,
            expires_at=(ctx.clock() + TOKEN_LIVES) // SECOND,
        )
        headers = {
            "content-type": "application/octet-stream",
            "ttl": str(LIVES // SECOND),
            "urgency": "normal",
            "unsubscribe-url": words.unsubscribe_url(ctx, subscription.id),
        }
        if subscription.standard:
            body = webpush.aes128gcm(to, text)
            headers["content-encoding"] = "aes128gcm"
            headers["authorization"] = f"vapid t={proof}, k={ctx.vapid.public}"
        else:
            legacy = webpush.aesgcm(to, text)
            body = legacy.body
            headers["content-encoding"] = "aesgcm"
            headers["authorization"] = f"WebPush {proof}"
            headers["encryption"] = f"salt={legacy.salt}"
            headers["crypto-key"] = f"dh={legacy.public};p256ecdsa={ctx.vapid.public}"
        return await ctx.net.post(url, body, headers, seconds=ANSWER_SECONDS, reach=Reach.WEB)

    async def _note(self, push: Push, host: str, reply: Receipt) -> None:
        """Act on the answer of a push service."""
        ctx = self._ctx
        if 200 <= reply.status < 300:
            self._hosts.pop(host, None)
            await ctx.db.write(lambda tx: queue.done(tx, push))
        elif 400 <= reply.status < 500 and reply.status not in _TRY_AGAIN:
            log.info("%s answers %d: the subscription is ended", host, reply.status)
            await ctx.db.write(lambda tx: queue.drop(tx, push.subscription_id))
        else:
            await self._later(push, f"{host} answers {reply.status}")

    async def _later(self, push: Push, error: str) -> None:
        """Try again in a while; a push that has become too old is given up."""
        ctx, attempts = self._ctx, push.attempts + 1
        now = ctx.clock()
        run_at = breaker.retry_at(attempts, now, random.random())  # noqa: S311 - jitter
        if run_at is None or run_at > time_of(push.notification_id) + LIVES:
            await ctx.db.write(lambda tx: queue.done(tx, push))
            return
        await ctx.db.write(
            lambda tx: queue.postpone(tx, push, attempts=attempts, run_at=run_at, last_error=error[:300])
        )

    async def _wait_for_host(self, push: Push, state: HostState) -> None:
        """A host that does not answer is asked by few; the others wait, and no attempt of theirs is counted."""
        run_at = state.retry_at or self._ctx.clock()
        await self._ctx.db.write(
            lambda tx: queue.postpone(
                tx, push, attempts=push.attempts, run_at=run_at, last_error="the push service does not answer"
            )
        )

    def _remember(self, host: str, state: HostState) -> None:
        self._hosts[host] = state
        self._hosts.move_to_end(host)
        if len(self._hosts) > HOSTS:
            self._hosts.popitem(last=False)
