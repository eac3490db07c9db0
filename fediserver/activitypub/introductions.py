"""Keys that are fetched while a request waits for them: each once for all who come with it, and not in vain again."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from fediserver.clock import MINUTE
from fediserver.errors import FediserverError, Unreachable

REMEMBERED = 10_000
"""Keys that could not be had; those asked for longest ago are forgotten first."""
VAIN_HOLDS = 5 * MINUTE
SECONDS = 10.0
"""How long a request waits."""


class Introductions:
    """What is being fetched in this process, and what could not be had lately."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._in_vain: OrderedDict[str, int] = OrderedDict()

    async def make(
        self, key_id: str, *, now: int, begin: Callable[[], None], fetch: Callable[[], Awaitable[object]]
    ) -> None:
        """Have `fetch` done for a key, unless it is being done; `begin` may object to it by raising.

        Returns when it is done. Unreachable when it fails, takes too long, or has failed in the last five minutes.
        """
        if now - self._in_vain.get(key_id, now - VAIN_HOLDS) < VAIN_HOLDS:
            raise Unreachable(f"{key_id} was asked for lately, in vain")
        task = self._under_way.get(key_id)
        if task is None:
            begin()
            task = self._under_way[key_id] = asyncio.create_task(self._fetch(key_id, now, fetch))
            task.add_done_callback(lambda _: self._under_way.pop(key_id, None))
        # Whoever goes away leaves the others waiting.
        await asyncio.shield(task)
        if key_id in self._in_vain:
            raise Unreachable(f"{key_id} cannot be had")

    async def _fetch(self, key_id: str, now: int, fetch: Callable[[], Awaitable[object]]) -> None:
        self._in_vain.pop(key_id, None)
        try:
            async with asyncio.timeout(SECONDS):
                await fetch()
        except (FediserverError, TimeoutError):
            self._in_vain[key_id] = now
            if len(self._in_vain) > REMEMBERED:
                self._in_vain.popitem(last=False)
