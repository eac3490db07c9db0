"""Delivery: a lane for each host, so that a host that hangs holds up nobody but itself.

A lane is taken with a lease in the host's row: one process at a time works on it, at most two
requests at once, and what is said about one object arrives in the order it was said.
"""

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Coroutine
from functools import partial
from typing import Any, Literal

import msgspec
import orjson

from fediserver.activitypub import follower_sync, outbox
from fediserver.activitypub.context import Context
from fediserver.activitypub.keyring import SigningKey
from fediserver.activitypub.signing import Signatory
from fediserver.activitypub.vocabulary import CONTENT_TYPE
from fediserver.clock import DAY, MINUTE, SECOND
from fediserver.db import accounts, hosts, recipients, statuses
from fediserver.db import outgoing as queue
from fediserver.db.database import Reader, Writer
from fediserver.errors import NotFound, Refused, TooLarge, Unreachable
from fediserver.models.delivery import Delivery, Host, Outgoing
from fediserver.net import hosts as breaker
from fediserver.net.client import Receipt
from fediserver.running import RunningTasks
from fediserver.signatures import Message, Scheme

log = logging.getLogger(__name__)

LEASE = 20 * SECOND
LANES = 200
"""Hosts that one process delivers to at the same time."""
LANES_FAILING = 50
"""Of them, hosts that failed last time: those that hang must not take every lane."""
BLOCKED = SECOND
"""How soon a lane is looked at again in which all that is due waits for something earlier."""
AT_ONCE = 2
BATCH = 40
"""Deliveries that a lane reads at a time; read again when they are done."""
REMEMBERED = 1000
"""Posts that are remembered as open."""
OPEN_HOLDS = 10 * SECOND
"""How long: all hosts of a post are asked within that, and what was deleted meanwhile does not go out late."""
SCHEME_HOLDS = 7 * DAY
NOTED = MINUTE
"""How exactly it is known when a host last answered well."""
_FINAL = frozenset(range(400, 500)) - {401, 403, 408, 425, 429}
"""Answers that another try would not change; 401 and 403 may be a mistake that its people mend."""


class Result(msgspec.Struct, frozen=True):
    """What became of one attempt."""

    error: str = ""
    is_final: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the host has it."""
        return not self.error


_Left = Literal["more", "nothing", "blocked", "released"]
"""What a lane still has to do: more now, nothing, only what has to wait; or it has been given back."""


class _Batch(msgspec.Struct, frozen=True):
    """What waits for a host, and the activities that it is about."""

    waiting: list[Delivery]
    said: dict[int, Outgoing]


class Deliverer:
    """Takes lanes as they become due and works on them until nothing is waiting."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.running = RunningTasks()
        self._lanes: dict[int, asyncio.Task[None]] = {}
        self._failing: set[int] = set()
        self._signatory = Signatory()
        self._bodies: dict[int, asyncio.Task[bytes | None]] = {}
        self._open: OrderedDict[str, int] = OrderedDict()

    async def take_due(self) -> int:
        """Start a lane for every host that is due, as many as there is room for; answers how many."""
        ctx, room = self._ctx, LANES - len(self._lanes)
        if room <= 0:
            return 0
        now = ctx.clock()
        if not await hosts.any_due(ctx.db, now):
            return 0
        failing = sum(1 for host_id in self._lanes if host_id in self._failing)

        async def claim(tx: Writer) -> list[Host]:
            return await hosts.claim(
                tx,
                boot=ctx.boot,
                now=now,
                until=now + LEASE,
                limit=room,
                limit_failing=LANES_FAILING - failing,
            )

        due = await ctx.db.write(claim)
        self._failing |= {host.id for host in due if host.failures}
        for host in due:
            ended = partial(self._ended, host.id)
            self._lanes[host.id] = self.running.start(self._lane(host), ended, name=f"lane {host.name}")
        return len(due)

    async def renew(self) -> None:
        """Keep the leases of the lanes that are running."""
        if self._lanes:
            ctx, now = self._ctx, self._ctx.clock()
            await ctx.db.write(lambda tx: hosts.renew(tx, boot=ctx.boot, now=now, until=now + LEASE))

    @property
    def is_idle(self) -> bool:
        """Whether no lane is running."""
        return not self._lanes

    def _ended(self, host_id: int, task: asyncio.Task[None]) -> None:
        # It may have been taken again between its release and its end.
        if self._lanes.get(host_id) is task:
            del self._lanes[host_id]
            self._failing.discard(host_id)
        self._ctx.bus.publish("deliveries")

    async def _lane(self, host: Host) -> None:
        """Send what waits, oldest first, until nothing is due or the host fails."""
        ctx = self._ctx
        look = partial(_look, host_id=host.id)
        left: _Left = "more"
        try:
            await ctx.domains.refresh(ctx.db, ctx.clock())
            while left == "more":
                left = await self._batch(host, await ctx.db.read(look))
                if left == "more":
                    host = await hosts.by_id(ctx.db, host.id) or host
        except Exception:  # a fault of ours must not end the deliveries to a host
            log.exception("the lane to %s stopped", host.name)
            await self._note_failure(host, "a fault of this node; see its log")
            left = "blocked"
        finally:
            if left != "released":
                # What was said while the last batch was on its way is due at once.
                now = ctx.clock()
                soon = now + BLOCKED if left == "blocked" else now
                await asyncio.shield(ctx.db.write(lambda tx: self._release(tx, host, now=now, soon=soon)))

    async def _batch(self, host: Host, batch: _Batch) -> _Left:
        """Work on the next deliveries of a lane; answers what is left to do."""
        ctx, waiting, said = self._ctx, batch.waiting, batch.said
        if not waiting:
            return "nothing"
        if not ctx.domains.permits(ctx.config, host.name):
            await ctx.db.write(lambda tx: queue.drop_host(tx, host.id, ctx.clock()))
            return "nothing"
        ready = _ready(waiting, said, ctx.clock())
        is_all = len(ready) == len(waiting) < BATCH
        # Two objects at a time; about the same object, one after the other.
        for start in range(0, len(ready), AT_ONCE):
            some = ready[start : start + AT_ONCE]
            outcomes = await _side_by_side([self._send(host, one, said[one.outgoing_id]) for one in some])
            blocked = not all(result.is_success or result.is_final for result in outcomes)
            is_end = is_all and not blocked and start + AT_ONCE >= len(ready)
            await self._note(host, list(zip(some, outcomes, strict=True)), is_end=is_end)
            if blocked or is_end:
                return "blocked" if blocked else "released"
        return "more" if ready else "blocked"

    async def _send(self, host: Host, delivery: Delivery, said: Outgoing) -> Result:
        ctx = self._ctx
        if said.verb in ("create", "update") and not await self._may_have(host, said):
            return Result("nobody there may see it any more", is_final=True)
        body = await self._body(said)
        if body is None:
            return Result("what it is about has been deleted", is_final=True)
        try:
            headers = await self._headers(host, delivery.inbox, said)
            return await self._post(host, delivery.inbox, body, headers, await _signer(ctx, said))
        except (Refused, TooLarge, NotFound) as problem:
            return Result(str(problem), is_final=True)
        except Unreachable as problem:
            return Result(str(problem))

    async def _may_have(self, host: Host, said: Outgoing) -> bool:
        """What is not open is checked again: its readers there may have gone since it was said."""
        now = self._ctx.clock()
        if self._open.get(said.object_uri, 0) > now:
            return True
        status = await statuses.by_uri(self._ctx.db, said.object_uri)
        if status is None:
            # A profile is there as long as its owner; a post that was deleted meanwhile stays unsaid.
            return bool(orjson.loads(said.facts).get("actor"))
        if status.visibility.is_open:
            # For the other hosts: an open post never closes, but it may be deleted.
            self._open[said.object_uri] = now + OPEN_HOLDS
            self._open.move_to_end(said.object_uri)
            if len(self._open) > REMEMBERED:
                self._open.popitem(last=False)
            return True
        return await recipients.may_have(self._ctx.db, object_uri=said.object_uri, host_id=host.id)

    async def _headers(self, host: Host, inbox: str, said: Outgoing) -> dict[str, str]:
        """Those that are signed with a delivery; with a post for followers goes who they are there, in a digest."""
        headers = {"content-type": CONTENT_TYPE}
        if said.verb != "create" or said.object_uri in self._open:
            return headers
        status = await statuses.by_uri(self._ctx.db, said.object_uri)
        if status is None:
            return headers
        return headers | await follower_sync.announced(self._ctx, status, host_id=host.id, inbox=inbox)

    async def _body(self, said: Outgoing) -> bytes | None:
        """Rendered once for all hosts, and kept for retries."""
        if said.body is not None:
            return said.body
        task = self._bodies.get(said.id)
        if task is None:
            task = self._bodies[said.id] = asyncio.create_task(self._render(said))
            task.add_done_callback(lambda _: self._bodies.pop(said.id, None))
        return await task

    async def _render(self, said: Outgoing) -> bytes | None:
        ctx = self._ctx
        body = await outbox.body_of(ctx, said)
        if body is not None:
            await ctx.db.write(lambda tx: queue.set_body(tx, said.id, body))
        return body

    async def _post(
        self, host: Host, inbox: str, body: bytes, headers: dict[str, str], signing: SigningKey
    ) -> Result:
        """Send with the signature that the host is known to take; where that is not known, try both."""
        ctx = self._ctx
        is_known = host.scheme_known_until > ctx.clock()
        first: Scheme = "rfc9421" if is_known and host.signature_scheme == "rfc9421" else "cavage"
        reply = await self._knock(inbox, body, headers, signing, first)
        if reply.status in (400, 401) and not is_known:
            second: Scheme = "cavage" if first == "rfc9421" else "rfc9421"
            again = await self._knock(inbox, body, headers, signing, second)
            if 200 <= again.status < 300:
                reply = again
                await ctx.db.write(
                    lambda tx: hosts.remember_scheme(
                        tx, host.id, scheme=second, until=ctx.clock() + SCHEME_HOLDS
                    )
                )
        return _verdict(reply)

    async def _knock(
        self, inbox: str, body: bytes, headers: dict[str, str], signing: SigningKey, scheme: Scheme
    ) -> Receipt:
        ctx = self._ctx
        url = ctx.net.target(inbox).url
        message = Message(method="POST", url=url, headers=headers, body=body)
        signed = await self._signatory.sign(message, scheme=scheme, signing=signing, now=ctx.clock())
        return await ctx.net.post(url, body, {**headers, **signed})

    async def _note(self, host: Host, results: list[tuple[Delivery, Result]], *, is_end: bool) -> None:
        """Write down what became of attempts and what they say of the host; at the end, give the lane back."""
        ctx, now = self._ctx, self._ctx.clock()
        for delivery, result in results:
            if not result.is_success:
                log.info("delivery to %s failed: %s", delivery.inbox, result.error)

        async def work(tx: Writer) -> None:
            if _is_news(host, now) and any(result.is_success for _, result in results):
                await hosts.note(tx, _with_state(host, breaker.HEALTHY, now, ""))
            for delivery, result in results:
                await _write_down(tx, host, delivery, result, now)
            if is_end:
                await self._release(tx, host, now=now, soon=now)

        await ctx.db.write(work)

    async def _note_failure(self, host: Host, error: str) -> None:
        now = self._ctx.clock()
        await self._ctx.db.write(lambda tx: _count_failure(tx, host, error, now))

    async def _release(self, tx: Writer, host: Host, *, now: int, soon: int) -> None:
        await hosts.release(tx, host.id, boot=self._ctx.boot, now=now, soon=soon)


async def _look(tx: Reader, host_id: int) -> _Batch:
    waiting = await queue.waiting(tx, host_id, BATCH)
    return _Batch(waiting, said=await queue.by_ids(tx, [one.outgoing_id for one in waiting]))


async def _side_by_side(attempts: list[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Most often there is one, which needs no task of its own."""
    return [await attempts[0]] if len(attempts) == 1 else await asyncio.gather(*attempts)


def _is_news(host: Host, now: int) -> bool:
    """Whether a success tells of a host what was not known: that it works again, or works still."""
    return host.failures > 0 or now - (host.last_success_at or 0) >= NOTED


def _ready(waiting: list[Delivery], said: dict[int, Outgoing], now: int) -> list[Delivery]:
    """What may be sent now: due, and nothing earlier about the same object waits; each object once."""
    ready: list[Delivery] = []
    held: set[str] = set()
    for delivery in waiting:
        about = said[delivery.outgoing_id]
        # Undo and Accept name the activity that they answer; what it was about is in the target.
        topics = {about.object_uri, about.target_uri} - {""}
        if delivery.next_at <= now and not topics & held:
            ready.append(delivery)
        held |= topics
    return ready


def _verdict(reply: Receipt) -> Result:
    if 200 <= reply.status < 300:
        return Result()
    said = " ".join(reply.body[:200].decode("utf-8", "replace").split())
    return Result(f"answered {reply.status}: {said}"[:300], is_final=reply.status in _FINAL)


async def _write_down(tx: Writer, host: Host, delivery: Delivery, result: Result, now: int) -> None:
    """What became of one attempt: delivered, given up, or to be tried again."""
    if result.is_success:
        await queue.finish(tx, delivery, state=1, now=now)
        return
    retry_at = breaker.retry_at(delivery.attempts + 1, now, random.random())  # noqa: S311 - jitter
    if result.is_final or retry_at is None:
        await queue.finish(tx, delivery, state=2, now=now, last_error=result.error)
        return
    await queue.postpone(tx, delivery, next_at=retry_at, last_error=result.error)
    await _count_failure(tx, host, result.error, now)


async def _count_failure(tx: Writer, host: Host, error: str, now: int) -> None:
    current = await hosts.by_id(tx, host.id) or host
    state = breaker.after_failure(_state(current), now, random.random())  # noqa: S311 - jitter
    await hosts.note(tx, _with_state(current, state, now, error))


def _state(host: Host) -> breaker.HostState:
    return breaker.HostState(
        failures=host.failures, opened_at=host.opened_at, wait=host.wait, retry_at=host.retry_at or None
    )


def _with_state(host: Host, state: breaker.HostState, now: int, error: str) -> Host:
    return msgspec.structs.replace(
        host,
        failures=state.failures,
        opened_at=state.opened_at,
        wait=state.wait,
        retry_at=state.retry_at or 0,
        last_success_at=host.last_success_at if error else now,
        last_failure_at=now if error else host.last_failure_at,
        last_error=error,
    )


async def _signer(ctx: Context, said: Outgoing) -> SigningKey:
    """Reports are signed by the node itself, all else by who did it."""

    async def whose(tx: Reader) -> int:
        instance = await accounts.by_uri(tx, ctx.uris.instance_actor)
        return instance.id if instance else said.actor_id

    account_id = await ctx.db.read(whose) if said.verb == "flag" else said.actor_id
    return await ctx.keyring.ours(ctx, account_id)
