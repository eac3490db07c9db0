"""A node under test: a `fediserver serve` process with a data directory of its own."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import orjson

from bench import proc
from bench.client import fire, request

START_SECONDS = 30.0
_PROGRAM = (sys.executable, "-m", "bench.names")


class Meter(msgspec.Struct):
    """What the node used while something was going on: CPU milliseconds and seconds."""

    cpu_ms: float = 0.0
    seconds: float = 0.0


class Node:
    """Started with `start`; `host` is its name and port, `started_in` the seconds to the first answer.

    With `profiles`, py-spy writes there where the time goes while a meter runs, a file for each.
    """

    def __init__(
        self,
        directory: Path,
        *,
        https: bool = False,
        trusted: Path | None = None,
        profiles: Path | None = None,
    ) -> None:
        self.directory = directory
        self._profiles = profiles
        self.port = _free_port()
        self.host = "node.bench.localhost" + ("" if https else f":{self.port}")
        self.base_url = f"{'https' if https else 'http'}://{self.host}"
        self.started_in = 0.0
        self._trusted = trusted
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of its process."""
        if self._process is None:
            raise RuntimeError("the node is not running")
        return self._process.pid

    @property
    def inbox(self) -> str:
        """The shared inbox."""
        return f"{self.base_url}/inbox"

    async def start(self) -> None:
        """Start it and wait for the first answer."""
        self.directory.mkdir(parents=True, exist_ok=True)
        command = [*_PROGRAM, "serve", "--port", str(self.port), "--base-url", self.base_url]
        with (self.directory.parent / f"{self.directory.name}.log").open("ab") as log:
            began = time.perf_counter()
            self._process = subprocess.Popen(
                [*command, "--data-dir", str(self.directory)], env=self._environment(), stdout=log, stderr=log
            )
        while time.perf_counter() - began < START_SECONDS:
            if await self._answers():
                self.started_in = time.perf_counter() - began
                return
            if self._process.poll() is not None:
                break
            await asyncio.sleep(0.005)
        raise RuntimeError(f"the node did not start; see {self.directory}.log")

    async def stop(self) -> None:
        """End it as a service manager would."""
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, 30)
        self._process = None

    async def command(self, *words: str) -> str:
        """Run a command on its data directory; answers what it prints."""
        command = [*_PROGRAM, *words, "--data-dir", str(self.directory)]
        done = await asyncio.to_thread(
            subprocess.run, command, env=self._environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)} failed: {done.stderr}")
        return done.stdout.strip()

    async def member(self, name: str) -> str:
        """A new member's token."""
        await self.command("account", "create", name, "--email", f"{name}@mail.example")
        return await self.command("account", "token", name)

    async def get(self, path: str, token: str = "", **headers: str) -> Any:
        """The JSON that a path answers."""
        answers = await fire(self.port, [self.reading(path, token, **headers)])
        return orjson.loads(answers.expect(200).last)

    async def post(self, path: str, token: str, **fields: object) -> Any:
        """The JSON that a POST of the client API answers."""
        answers = await fire(self.port, [self.writing(path, token, **fields)])
        return orjson.loads(answers.expect(200).last)

    def reading(self, path: str, token: str = "", **headers: str) -> bytes:
        """A GET as it goes on the wire."""
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return request("GET", path, {"Host": self.host, **bearer, **headers})

    def writing(self, path: str, token: str, **fields: object) -> bytes:
        """A POST of the client API as it goes on the wire."""
        headers = {"Host": self.host, "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return request("POST", path, headers, orjson.dumps(fields))

    @asynccontextmanager
    async def meter(self, item: str) -> AsyncIterator[Meter]:
        """Measures what the node uses until the end of the block."""
        with self._profile(item):
            measured, began, before = Meter(), time.perf_counter(), proc.cpu_ms(self.pid)
            yield measured
            measured.seconds = time.perf_counter() - began
            measured.cpu_ms = proc.cpu_ms(self.pid) - before

    async def quiet(self, seconds: float = 60.0) -> None:
        """Wait until it has nothing to do: three tenths of a second with hardly any work."""
        ends = time.perf_counter() + seconds
        before = proc.cpu_ms(self.pid)
        while time.perf_counter() < ends:
            await asyncio.sleep(0.3)
            now = proc.cpu_ms(self.pid)
            if now - before <= 10:
                return
            before = now
        raise RuntimeError("the node does not come to rest")

    def count(self, query: str) -> int:
        """A number from its database."""
        with sqlite3.connect(f"file:{self.directory}/fediserver.db?mode=ro", uri=True) as connection:
            found = connection.execute(query).fetchone()[0]
        connection.close()
        return int(found)

    def database_bytes(self) -> int:
        """Bytes of the pages that are in use, those in the log included."""
        used = self.count("pragma page_count") - self.count("pragma freelist_count")
        return used * self.count("pragma page_size")

    @contextmanager
    def _profile(self, item: str) -> Iterator[None]:
        if self._profiles is None:
            yield
            return
        self._profiles.mkdir(parents=True, exist_ok=True)
        file = self._profiles / f"{item.replace(' ', '-').replace(',', '')}.txt"
        command = ["py-spy", "record", "--pid", str(self.pid), "--output", str(file), "--format", "raw"]
        with subprocess.Popen(
            [*command, "--rate", "500", "--gil"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as recorder:
            yield
            recorder.send_signal(signal.SIGINT)

    async def _answers(self) -> bool:
        try:
            answers = await fire(self.port, [self.reading("/api/v2/instance")])
        except OSError:
            return False
        return set(answers.statuses) == {200}

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FEDISERVER_")}
        trusted = {"SSL_CERT_FILE": str(self._trusted)} if self._trusted else {}
        return {
            **kept,
            **trusted,
            "FEDISERVER_RATE_LIMITS": "off",
            "FEDISERVER_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
            "LOG_LEVEL": "WARNING",
            # Bytecode is written at the first start; a pinned hash seed takes one source of noise away.
            "PYTHONHASHSEED": "0",
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
