"""Tasks that run side by side, so that none is lost and all can be waited for or ended together."""

import asyncio
from collections.abc import Callable, Coroutine


class RunningTasks:
    """The tasks that somebody has started and that have not ended yet; their number is `len()`."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(
        self,
        work: Coroutine[None, None, None],
        ended: Callable[[asyncio.Task[None]], None],
        *,
        name: str = "",
    ) -> asyncio.Task[None]:
        """Begin some work; `ended` is called when it is no longer counted. What it raises is its own affair."""
        task = asyncio.create_task(work, name=name or None)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(ended)
        return task

    async def settle(self) -> None:
        """Wait until all have ended, those too that are started meanwhile."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """End all where they stand, and wait until they have ended."""
        running = list(self._tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
