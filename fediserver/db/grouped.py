"""Transactions in groups: those that wait at the same time are committed together, and share what a commit costs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from fediserver.db.database import Result, Writer
from fediserver.models.event import Event

Work = Callable[[Writer], Awaitable[Any]]


class Outcome(msgspec.Struct):
    """What became of one transaction: its result or its problem, and what is to be told of it now."""

    value: Any = None
    problem: BaseException | None = None
    told: list[Event] = []


class GroupedWrites:
    """The transactions of this process, one after the other in the order they came.

    `commit` runs some of them, at most `together`, and answers what became of each once all are durable.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Work]], Awaitable[list[Outcome]]],
        *,
        together: int,
        spread: Callable[[Event], None],
    ) -> None:
        self._commit = commit
        self._together = together
        self._spread = spread
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._committing: asyncio.Task[None] | None = None

    async def write(self, work: Callable[[Writer], Awaitable[Result]]) -> Result:
        """Run a transaction when its turn comes; on return it is durable."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_waiting())
        return await done

    async def settle(self) -> None:
        """Wait until none is left."""
        while self._committing is not None:
            await self._committing

    async def _outcomes(self, works: list[Work]) -> list[Outcome]:
        try:
            return await self._commit(works)
        except Exception as problem:  # noqa: BLE001 - whoever waits has to hear of it
            return [Outcome(problem=problem) for _ in works]

    async def _commit_waiting(self) -> None:
        try:
            while self._waiting:
                batch = [
                    (work, done) for work, done in self._waiting[: self._together] if not done.cancelled()
                ]
                del self._waiting[: self._together]
                outcomes = await self._outcomes([work for work, _ in batch])
                for (_, done), outcome in zip(batch, outcomes, strict=True):
                    for event in outcome.told:
                        self._spread(event)
                    if done.cancelled():
                        continue
                    if outcome.problem is None:
                        done.set_result(outcome.value)
                    else:
                        done.set_exception(outcome.problem)
        finally:
            self._committing = None
