"""Documents that everybody asks for, kept as bytes while nothing has changed."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from weakref import WeakKeyDictionary

from fediserver.actions import outbox
from fediserver.activitypub.context import Context
from fediserver.db.database import Database

FRESH = 2000
"""Milliseconds that a document is believed: what another process changes shows within this."""
MOST = 1000
"""Documents that are kept: about 3 kB each."""


class Ready:
    """Bytes by name; all are dropped as soon as this process has said something to other servers.

    So whoever is told of a change and comes to look sees it.
    """

    def __init__(self, ctx: Context) -> None:
        self._clock = ctx.clock
        self._kept: OrderedDict[tuple[str, str], tuple[int, bytes]] = OrderedDict()
        self._news = 0
        for topic in (outbox.TOPIC, "signals"):
            ctx.bus.listen(topic, lambda _: self._forget())

    async def document(self, kind: str, name: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The document, from memory or from `make`; what that raises is not remembered."""
        found = self._kept.get((kind, name))
        if found is not None and self._clock() < found[0]:
            return found[1]
        news, until = self._news, self._clock() + FRESH
        made = await make()
        if news == self._news:
            self._kept[kind, name] = until, made
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return made

    def _forget(self) -> None:
        self._news += 1
        self._kept.clear()


_of_node: WeakKeyDictionary[Database, Ready] = WeakKeyDictionary()


def ready(ctx: Context) -> Ready:
    """The process's own."""
    found = _of_node.get(ctx.db)
    if found is None:
        found = _of_node[ctx.db] = Ready(ctx)
    return found
