"""Carries ids and events between the tasks of a process: who waits for work or news is woken."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from fediserver.models.event import Event

MISSED = "missed"
"""The topic that says that events of other processes may have been missed."""

Listener = Callable[[int], None]
Hearer = Callable[[Event], None]


class Bus:
    """Topics are short words ("deliveries", "received"); what is carried is an id, not content.

    Events are what transactions tell (`Writer.tell`): they come here after the commit.
    """

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._hearers: set[Hearer] = set()

    def publish(self, topic: str, subject: int = 0) -> None:
        """Tell everybody who listens; they only take note, nobody works here."""
        for listener in tuple(self._listeners.get(topic, ())):
            listener(subject)

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each message from now on; answers what ends it."""
        self._listeners[topic].add(listener)

        def stop() -> None:
            self._listeners[topic].discard(listener)
            if not self._listeners[topic]:
                del self._listeners[topic]

        return stop

    def waker(self, topic: str) -> asyncio.Event:
        """An event that is set by each message on the topic; the one who waits clears it."""
        event = asyncio.Event()
        self.listen(topic, lambda _: event.set())
        return event

    def spread(self, event: Event) -> None:
        """Tell everybody who hears of events; they only take note, nobody works here."""
        for hearer in tuple(self._hearers):
            hearer(event)

    def hear(self, hearer: Hearer) -> Callable[[], None]:
        """Call `hearer` for each event from now on; answers what ends it."""
        self._hearers.add(hearer)
        return lambda: self._hearers.discard(hearer)
