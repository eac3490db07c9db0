"""Real nodes: `fediserver serve` in processes of its own, and what tests do with them from outside."""

import asyncio
import os
import random
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx

from tests.ledger import heard_from

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 30.0
STOP_SECONDS = 10.0
COMMAND_SECONDS = 60.0
PATIENCE = 30.0
"""Seconds that `eventually` waits: far more than anything takes, for machines that are busy."""

Found = TypeVar("Found")
Entity = dict[str, Any]
_given: set[int] = set()


def free_port() -> int:
    """A port that nobody listens on, below those that outgoing connections take while a node is down."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port


async def eventually(
    what: str, ask: Callable[[], Awaitable[Found]], *, seconds: float = PATIENCE, every: float = 0.1
) -> Found:
    """Ask until the answer is true, and give it; AssertionError says what never came."""
    end = time.monotonic() + seconds
    while not (answer := await ask()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(every)
    return answer


class Person:
    """A member or group of a node, as their client speaks for them."""

    def __init__(self, name: str, host: str, client: httpx.AsyncClient) -> None:
        self.name = name
        self.host = host
        self.client = client

    @property
    def handle(self) -> str:
        """With the @ in front."""
        return f"@{self.name}@{self.host}"

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON that a GET of /api/… answers."""
        return _json(await self.client.get(f"/api{path}", params=query))

    async def do(self, path: str, *, method: str = "POST", **fields: Any) -> Any:
        """The JSON that a change answers."""
        return _json(await self.client.request(method, f"/api{path}", json=fields))

    async def post(self, text: str, visibility: str = "public", **fields: Any) -> Entity:
        """Publish, and answer the status."""
        entity: Entity = await self.do("/v1/statuses", status=text, visibility=visibility, **fields)
        return entity

    async def sees(self, other: "Person") -> Entity:
        """Somebody's account as this node knows it after looking for it."""
        found = await self.get("/v2/search", q=other.handle, resolve="true", type="accounts")
        assert found["accounts"], f"{self.handle} does not find {other.handle}"
        entity: Entity = found["accounts"][0]
        return entity

    async def relationship(self, account_id: str) -> Entity:
        """What is between this person and an account."""
        entity: Entity = (await self.get("/v1/accounts/relationships", **{"id[]": account_id}))[0]
        return entity

    async def follows(self, other: "Person") -> Entity:
        """Follow and wait for the answer; answers the account that is followed."""
        account = await self.sees(other)
        await self.do(f"/v1/accounts/{account['id']}/follow")

        async def accepted() -> bool:
            return bool((await self.relationship(account["id"]))["following"])

        await eventually(f"{self.handle} follows {other.handle}", accepted)
        return account

    async def home(self) -> list[Entity]:
        """The newest forty of the home timeline."""
        entities: list[Entity] = await self.get("/v1/timelines/home", limit=40)
        return entities

    async def at_home(self, uri: str) -> Entity:
        """A post of that id, once it is at home; also as a boost."""

        async def there() -> Entity | None:
            for entity in await self.home():
                if uri in (entity["uri"], (entity["reblog"] or {}).get("uri")):
                    return entity
            return None

        found = await eventually(f"{uri} at home of {self.handle}", there)
        assert found is not None
        return found

    async def told(self, kind: str, *, text: str = "", seconds: float = PATIENCE) -> Entity:
        """A notification of that type about a post with that text, once it is there."""

        async def there() -> Entity | None:
            for entity in await self.get("/v1/notifications", **{"types[]": kind, "limit": 40}):
                if text in (entity.get("status") or {}).get("content", ""):
                    return dict(entity)
            return None

        found = await eventually(f"{kind} of {text!r} told to {self.handle}", there, seconds=seconds)
        assert found is not None
        return found


def _json(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, (
        f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
    )
    return answer.json()


class Node:
    """One `fediserver serve` with its own data directory; `kill` and `stop` end it, `start` brings it back.

    With `trust`, a PEM file, it is reached over TLS that ends in front of it. With `movable`, `advance` sets its
    clock ahead.
    """

    def __init__(
        self,
        directory: Path,
        *,
        base_url: str,
        port: int,
        database_url: str | None = None,
        trust: Path | None = None,
        workers: int = 1,
        movable: bool = False,
    ) -> None:
        self._program = "tests.later" if movable else "fediserver"
        self._ahead = 0
        self._flags = ("--workers", str(workers)) if workers > 1 else ()
        self.directory = directory
        self.base_url = base_url
        self.host = base_url.partition("://")[2]
        self.port = port
        self.database_url = database_url
        self.log = directory.with_suffix(".log")
        self._trust = trust
        self._environment = _environment(directory, base_url, port, database_url, trust)
        self._process: subprocess.Popen[bytes] | None = None
        self._clients = AsyncExitStack()

    async def start(self) -> None:
        """Start, and wait until it answers; AssertionError with the log when it does not."""
        assert self._process is None, "it runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command("serve", *self._flags),
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + START_SECONDS
        # Plain, to the node itself: a proxy for TLS in front has its own time.
        async with httpx.AsyncClient(trust_env=False) as client:
            while not await _answers(client, self.port):
                ended = self._process.poll()
                if ended is not None or time.monotonic() > end:
                    raise AssertionError(f"the node did not start ({ended}):\n{self.logged()}")
                await asyncio.sleep(0.05)

    def _command(self, *words: str) -> Sequence[str]:
        return (sys.executable, "-m", self._program, *words)

    def advance(self, milliseconds: int) -> None:
        """Set the clock of a `movable` node ahead, at once."""
        assert self._program == "tests.later", "this node was not made movable"
        self._ahead += milliseconds
        path = Path(self._environment["CLOCK_AHEAD_FILE"])
        fresh = path.with_suffix(".new")
        fresh.write_text(str(self._ahead))
        fresh.replace(path)

    def kill(self) -> None:
        """SIGKILL: no chance to finish anything."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(STOP_SECONDS)
        self._process = None

    async def stop(self) -> None:
        """SIGTERM, and at most ten seconds to end well."""
        assert self._process is not None
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        try:
            code = await asyncio.to_thread(process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
            raise AssertionError(f"it did not stop within {STOP_SECONDS:g} s:\n{self.logged()}") from None
        assert code == 0, f"it stopped with {code}:\n{self.logged()}"

    def children(self) -> list[int]:
        """The ids of the processes that it has started (Linux)."""
        assert self._process is not None
        pid = self._process.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    async def close(self) -> None:
        """End everything, however the test went."""
        await self._clients.aclose()
        if self._process is not None:
            self.kill()

    def logged(self) -> str:
        """The end of what it wrote."""
        return self.log.read_text(errors="replace")[-6000:] if self.log.exists() else ""

    async def command(self, *words: str, text: str = "") -> str:
        """What `fediserver WORDS` prints; AssertionError when it fails."""
        done = await asyncio.to_thread(
            subprocess.run,
            self._command(*words),
            cwd=ROOT,
            env=self._environment,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        assert done.returncode == 0, f"fediserver {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    async def account(self, name: str) -> Person:
        """A new person and their client."""
        await self.command("account", "create", name, "--email", f"{name}@mail.example")
        return await self.person(name)

    async def accounts(self, *names: str) -> list[Person]:
        """Several new people, made side by side."""
        return list(await asyncio.gather(*(self.account(name) for name in names)))

    async def group(self, name: str, *, owner: Person) -> Person:
        """A new group and a client that speaks for it."""
        await self.command("group", "create", name, "--title", name.title(), "--owner", owner.name)
        return await self.person(name)

    async def person(self, name: str) -> Person:
        """A client, with a fresh token, of somebody who is there."""
        token = (await self.command("account", "token", name)).strip()
        return Person(name, self.host, await self.client({"authorization": f"Bearer {token}"}))

    async def client(self, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """An HTTP client of the node that checks what it is told, closed with it."""
        client = httpx.AsyncClient(
            base_url=self.base_url,
            headers=headers,
            verify=ssl.create_default_context(cafile=self._trust) if self._trust else False,
            trust_env=False,
            timeout=30,
            event_hooks={"response": [heard_from("postgres" if self.database_url else "sqlite")]},
        )
        return await self._clients.enter_async_context(client)


@asynccontextmanager
async def node(
    directory: Path,
    *,
    base_url: str = "",
    port: int = 0,
    database_url: str | None = None,
    trust: Path | None = None,
    workers: int = 1,
    movable: bool = False,
) -> AsyncIterator[Node]:
    """A node that runs, at http://localhost:PORT where nothing else is said; gone at the end, whatever happens."""
    port = port or free_port()
    made = Node(
        directory,
        base_url=base_url or f"http://localhost:{port}",
        port=port,
        database_url=database_url,
        trust=trust,
        workers=workers,
        movable=movable,
    )
    try:
        await made.start()
        yield made
    except BaseException as problem:
        problem.add_note(f"The log of {made.base_url} ends with:\n{made.logged()}")
        raise
    finally:
        await made.close()


@asynccontextmanager
async def postgres_database(socket: str) -> AsyncIterator[str]:
    """An empty database, which the node has to migrate itself; dropped at the end."""
    name = marker()
    admin = await asyncpg.connect(host=socket, user="postgres", database="postgres")
    try:
        await admin.execute(f"create database {name}")
        yield f"postgresql://postgres@/{name}?host={socket}"
        await admin.execute(f"drop database {name} with (force)")
    finally:
        await admin.close()


def marker() -> str:
    """A word that no other post has."""
    return f"word{secrets.token_hex(6)}"


def _environment(
    directory: Path, base_url: str, port: int, database_url: str | None, trust: Path | None
) -> dict[str, str]:
    """Nothing of the settings that the tests themselves were started with."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FEDISERVER_", "SSL_CERT_", "PYTHON", "COVERAGE"))
        and "proxy" not in name.lower()
    }
    settings = {
        "FEDISERVER_DATA_DIR": str(directory),
        "FEDISERVER_BASE_URL": base_url,
        "FEDISERVER_PORT": str(port),
        "FEDISERVER_DATABASE_URL": database_url or "",
        "FEDISERVER_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
        "FEDISERVER_RATE_LIMITS": "off",
        "CLOCK_AHEAD_FILE": str(directory.with_suffix(".ahead")),
    }
    return kept | settings | ({"SSL_CERT_FILE": str(trust)} if trust else {})


async def _answers(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/health")).status_code == 200
    except httpx.TransportError:
        return False
