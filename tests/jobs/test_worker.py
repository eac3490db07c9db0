"""The worker ends when it is told to, whatever it is about to do."""

import asyncio

import pytest

from fediserver.activitypub.inbox import RECEIVED, UNVERIFIED
from fediserver.jobs.worker import Worker
from tests.conftest import OpenTown

TURNS = 6
"""More turns of the event loop than lie between news and the work that they wake."""


@pytest.mark.parametrize("turns", range(TURNS))
async def test_news_that_arrives_with_the_end_does_not_keep_the_worker(
    open_town: OpenTown, turns: int
) -> None:
    """`asyncio.wait_for` of Python 3.11 forgets a cancellation that meets the end of what it waits for."""
    oak = await open_town("oak.example")
    worker = Worker(oak.ctx)
    await worker.start()
    await asyncio.sleep(0.2)  # every loop has looked, and waits
    for topic in ("deliveries", RECEIVED, UNVERIFIED, "jobs", "search", "pushes"):
        oak.ctx.bus.publish(topic)
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await worker.stop()
