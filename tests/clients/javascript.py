"""Runs the programs of this folder in Node, and does for them what no client can."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.clients.door import authorise
from tests.clients.test_real_clients import picture
from tests.processes import Node
from tests.push_service import PushService, Subscriber

HERE = Path(__file__).parent
Answer = dict[str, Any]


class Errands:
    """What a program may ask for: each public method is one, named as in `ask(…)`."""

    def __init__(self, node: Node, service: PushService, service_url: str, directory: Path) -> None:
        self._directory = directory
        self._node = node
        self._service = service
        self._service_url = service_url
        self._app = Subscriber()

    async def authorise(self, *, url: str, name: str) -> Answer:
        """Log in by the pages, agree, and read the code."""
        return {"code": await authorise(await self._node.client(), url, name=name)}

    async def picture(self) -> Answer:
        path = self._directory / "bed.png"
        path.write_bytes(picture())
        return {"path": str(path)}

    async def subscriber(self, *, standard: bool) -> Answer:
        """A fresh app behind the push service."""
        self._app = Subscriber()
        self._service.pushed.clear()
        return {"endpoint": f"{self._service_url}/{standard}", "keys": self._app.keys()}

    async def pushed(self) -> Answer:
        """What the app reads in the first push that comes."""
        _, headers, body = await self._service.taken()
        return {"message": json.loads(self._app.read(headers, body))}

    async def later(self, *, milliseconds: int) -> Answer:
        """Set the node's clock ahead."""
        self._node.advance(milliseconds)
        return {}


async def play(program: str, scenario: str, errands: Errands, *, base_url: str) -> None:
    """Run a scenario to its end; AssertionError with what it printed when it fails."""
    async with _running(program, {"BASE_URL": base_url, "SCENARIO": scenario}) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        printed = asyncio.create_task(process.stderr.read())
        said: list[str] = []
        async for line in process.stdout:
            # Libraries print, too.
            if not line.startswith(b'{"errand"'):
                said.append(line.decode())
                continue
            given = json.loads(line)
            errand: Callable[..., Awaitable[Answer]] = getattr(errands, given.pop("errand"))
            process.stdin.write(json.dumps(await errand(**given)).encode() + b"\n")
        code = await process.wait()
        assert code == 0, f"{program} {scenario}:\n{''.join(said)}{(await printed).decode()}"
        await printed


@contextlib.asynccontextmanager
async def _running(program: str, told: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        "node",
        program,
        cwd=HERE,
        env={"PATH": os.environ["PATH"], **told},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
