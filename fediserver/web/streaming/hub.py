"""Everybody who streams from this process: who listens to what, and the loop that brings them the news.

The loops run only while somebody is connected.
"""

import asyncio
import logging
from collections import Counter, deque

from fediserver.actions import keep_out
from fediserver.activitypub.context import Context
from fediserver.db import ip_blocks, lists
from fediserver.db.bus import MISSED
from fediserver.db.database import Away
from fediserver.errors import Invalid, NotFound, TooMany, Unavailable
from fediserver.models.event import Event
from fediserver.models.sign_up_block import Networks
from fediserver.web import auth
from fediserver.web.limits import address_key
from fediserver.web.streaming import news
from fediserver.web.streaming.channels import Channel, Wish
from fediserver.web.streaming.connection import GOING_AWAY, POLICY, Connection, End

log = logging.getLogger(__name__)

CONNECTIONS = 3000
"""Open at once in one process, about 60 MB."""
PER_TOKEN = 20
PER_ADDRESS = 300
CHANNELS = 64
"""Streams on one connection."""
EVENTS = 10_000
"""What may wait to be brought to those who stream; beyond that the oldest is let go."""
LOOK = 1.0
"""Seconds between looks whether those who are connected may still be: their tokens, and where they come from."""
STOPPING = "stopping"
"""What the bus carries when the process is asked to end."""


class Hub:
    """The connections of one process by the channels that they listen to."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._open: set[Connection] = set()
        self._channels: dict[str, dict[str, set[Connection]]] = {}
        self._counts: Counter[tuple[str, object]] = Counter()
        self._events: deque[Event] = deque(maxlen=EVENTS)
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._is_stopping = False
        # How often blocked networks have changed, and up to which change they were looked at.
        self._network_changes = self._networks_seen = 0
        ctx.bus.hear(self._note)
        ctx.bus.listen(STOPPING, lambda _: self._stop())
        for topic in (keep_out.TOPIC, "signals"):
            ctx.bus.listen(topic, lambda _: self._note_networks())
        ctx.bus.listen(MISSED, lambda _: self._end_all("Some news were missed; connect again, and load"))

    async def enter(self, connection: Connection) -> None:
        """Let a connection in; TooMany when its token or address has many, Unavailable when all are too many."""
        if self._is_stopping:
            raise Unavailable("This node is being restarted", 5)
        if self._ctx.config.rate_limits == "on":
            for key, most in self._keys(connection):
                if self._counts[key] >= most:
                    raise TooMany("There are too many open streams; close some of them", 60)
            if len(self._open) >= CONNECTIONS:
                raise Unavailable("Too many people are streaming; read the timelines meanwhile", 60)
        self._open.add(connection)
        self._counts.update(key for key, _ in self._keys(connection))
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._bring()), asyncio.create_task(self._look())]
        # From here on nothing that happens is missed, unless MISSED says so.
        if not await self._ctx.db.listen():
            self.leave(connection)
            raise Unavailable("This node hears no news at the moment; read the timelines meanwhile", 5)

    def leave(self, connection: Connection) -> None:
        """Forget a connection."""
        if connection not in self._open:
            return
        self._open.discard(connection)
        for channel in tuple(connection.channels):
            self.unsubscribe(connection, channel)
        for key, _ in self._keys(connection):
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]
        if not self._open:
            for task in self._tasks:
                task.cancel()
            self._tasks = []
            self._events.clear()

    async def subscribe(self, connection: Connection, wish: Wish) -> None:
        """Have a connection listen to a stream; NotFound for a list of somebody else's, Invalid for too many."""
        channel = wish.channel
        if channel in connection.channels:
            return
        if len(connection.channels) >= CHANNELS:
            raise Invalid(f"At most {CHANNELS} streams can be listened to on one connection")
        if channel.stream == "list" and not await self._owns(connection, int(channel.subject)):
            raise NotFound
        if connection.ended is None:
            connection.channels[channel] = wish.said
            self._channels.setdefault(channel.stream, {}).setdefault(channel.subject, set()).add(connection)

    def unsubscribe(self, connection: Connection, channel: Channel) -> None:
        """Have a connection listen to a stream no longer."""
        if connection.channels.pop(channel, None) is None:
            return
        subjects = self._channels[channel.stream]
        subjects[channel.subject].discard(connection)
        if not subjects[channel.subject]:
            del subjects[channel.subject]

    def listeners(self, channel: Channel) -> frozenset[Connection]:
        """Who listens to a channel."""
        return frozenset(self._channels.get(channel.stream, {}).get(channel.subject, ()))

    def subjects(self, stream: str) -> list[int]:
        """The members or lists that somebody listens to."""
        return [int(subject) for subject in self._channels.get(stream, ())]

    async def _owns(self, connection: Connection, list_id: int) -> bool:
        return await lists.one(self._ctx.db, list_id, owner_id=connection.viewer_id) is not None

    def _keys(self, connection: Connection) -> tuple[tuple[tuple[str, object], int], ...]:
        return (
            (("token", connection.token_id), PER_TOKEN),
            (("address", address_key(connection.address)), PER_ADDRESS),
        )

    def _note(self, event: Event) -> None:
        if self._open:
            self._events.append(event)
            self._woken.set()

    def _note_networks(self) -> None:
        self._network_changes += 1

    def _stop(self) -> None:
        self._is_stopping = True
        self._end_all("This node is being restarted")

    def _end_all(self, why: str) -> None:
        for connection in self._open:
            connection.end(End(GOING_AWAY, why))

    async def _bring(self) -> None:
        """Bring events to whoever listens, in their order."""
        while True:
            while self._events:
                try:
                    await news.bring(self._ctx, self, self._events.popleft())
                except Exception:  # what nobody can be told must not keep the rest from them
                    log.exception("an event could not be brought to those who stream")
            self._woken.clear()
            await self._woken.wait()

    async def _look(self) -> None:
        """End the streams of tokens that were revoked, of members who are suspended, and from blocked networks."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                await self._look_at_tokens()
                if self._networks_seen != self._network_changes:
                    await self._look_at_networks()
            except Away as problem:
                log.warning("whether those who stream still may waits for the database: %s", problem)
            except Exception:  # streams go on
                log.exception("whether those who stream still may could not be looked at")

    async def _look_at_tokens(self) -> None:
        tokens = sorted({connection.token_id for connection in self._open})
        good = await auth.still_good(self._ctx, tokens)
        for connection in tuple(self._open):
            if connection.token_id in tokens and connection.token_id not in good:
                connection.end(End(POLICY, "The access token is not valid any more"))

    async def _look_at_networks(self) -> None:
        change = self._network_changes
        blocked = Networks(await ip_blocks.no_access(self._ctx.db))
        for connection in tuple(self._open):
            if blocked.hold(connection.address, self._ctx.clock()):
                connection.end(End(POLICY, "Requests from your network are not taken here"))
        self._networks_seen = change
