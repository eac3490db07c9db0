"""A lively node for the browser: on a real port, in a thread of its own, with everything that pages can show."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from tests.processes import free_port
from tests.town import Network, StoppedClock, Town, opened_town

Found = TypeVar("Found")
SECONDS = 30


class Place:
    """A town at `base`; `run` does something there."""

    def __init__(self, base: str, town: Town, loop: asyncio.AbstractEventLoop) -> None:
        self.base = base
        self.town = town
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, Found]) -> Found:
        """What the coroutine answers, from the thread of the node."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)


@contextmanager
def open_place(folder: Path, **settings: str) -> Iterator[Place]:
    """A town that a browser can reach; gone at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work: Coroutine[Any, Any, Found]) -> Found:
        return asyncio.run_coroutine_threadsafe(work, loop).result(SECONDS)

    port = free_port()
    base = f"http://localhost:{port}"
    opening = opened_town(
        folder,
        base_url=base,
        clock=StoppedClock(),
        network=Network(),
        rate_limits="off",
        **{"registrations": "open", **settings},
    )
    try:
        town = run(opening.__aenter__())
        try:
            server = _server(town, port)
            serving = asyncio.run_coroutine_threadsafe(server.serve(), loop)
            run(_started(server))
            yield Place(base, town, loop)
            server.should_exit = True
            serving.result(SECONDS)
        finally:
            run(opening.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(SECONDS)
        loop.close()


def _server(town: Town, port: int) -> uvicorn.Server:
    # A browser keeps its connections; they are cut when the tests end.
    config = uvicorn.Config(
        town.app,
        host="127.0.0.1",
        port=port,
        lifespan="off",
        log_config=None,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


async def _started(server: uvicorn.Server) -> None:
    while not server.started:
        await asyncio.sleep(0.01)
