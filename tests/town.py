"""The town: people and groups spoken of by name, on a node that runs within the test."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from fediserver.actions import command_tokens, follow, register
from fediserver.actions.publish import Draft, publish
from fediserver.activitypub.context import Context
from fediserver.app import opened
from fediserver.clock import SECOND
from fediserver.config import sources
from fediserver.db import accounts, statuses
from fediserver.db.database import connect
from fediserver.db.migrate import migrate
from fediserver.jobs.worker import Worker
from fediserver.models.account import Account
from fediserver.models.status import Status
from fediserver.models.visibility import named
from fediserver.web.site import site
from tests.ledger import heard_from

NOON = 1_790_000_000_000
"""When every test begins: a moment in September 2026."""


class StoppedClock:
    """Stands still until a test moves it."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds


class Network(httpx.AsyncBaseTransport):
    """Carries requests from town to town without sockets; hosts can be out of order.

    While `held` is a list, what is posted is answered with 202 and kept there, to be `handed_over` in any order.
    """

    def __init__(self) -> None:
        self.sites: dict[str, ASGIApp] = {}
        self.down: set[str] = set()
        self.answers: dict[str, httpx.Response] = {}
        self.requests: list[httpx.Request] = []
        self.held: list[httpx.Request] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.netloc.decode()
        self.requests.append(request)
        if str(request.url) in self.answers:
            return self.answers[str(request.url)]
        if host in self.down or host not in self.sites:
            raise httpx.ConnectError(f"{host} does not answer")
        if self.held is not None and request.method == "POST":
            self.held.append(request)
            return httpx.Response(202)
        return await self.hand_over(request)

    async def hand_over(self, request: httpx.Request) -> httpx.Response:
        """Bring a request to where it goes, now."""
        host = request.url.netloc.decode()
        return await httpx.ASGITransport(self.sites[host]).handle_async_request(request)


class Town:
    """One node: `account`, `group`, `client`, `post`, `follow`, and `settle` for what goes on behind."""

    def __init__(self, ctx: Context, clock: StoppedClock, network: Network) -> None:
        self.ctx = ctx
        self.clock = clock
        self.network = network
        self.host = ctx.config.web_host
        self.worker = Worker(ctx)
        self.app = site(ctx)
        self._clients = AsyncExitStack()
        network.sites[self.host] = self.app

    async def account(self, name: str, *, role: str = "member") -> Account:
        """A person who can be spoken for at once."""
        return await register.register(
            self.ctx,
            name=name,
            email=f"{name}@mail.example",
            password="",
            locale="en",
            confirmed=True,
            approved=True,
            role=role,
        )

    async def group(self, name: str, *, owner: Account, title: str = "A group") -> Account:
        """A group and its owner."""
        return await register.create_group(self.ctx, name=name, title=title, owner=owner)

    async def token(self, account: Account, scopes: str = "read write follow push") -> str:
        """A bearer token."""
        return await command_tokens.issue(self.ctx, account=account, asked=scopes, app_name=f"test {scopes}")

    async def client(
        self, account: Account | None = None, *, scopes: str = "read write follow push"
    ) -> httpx.AsyncClient:
        """An HTTP client of this node that checks what it is told, signed in as somebody; without, a stranger."""
        headers = {}
        if account is not None:
            headers["authorization"] = f"Bearer {await self.token(account, scopes)}"
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url=self.ctx.config.base_url,
            headers=headers,
            event_hooks={"response": [heard_from("sqlite" if "sqlite" in self.ctx.db.url else "postgres")]},
        )
        await self._clients.enter_async_context(client)
        return client

    async def post(self, author: Account, text: str, visibility: str = "public", **options: Any) -> Status:
        """A post; a second later than the one before."""
        self.clock.advance(SECOND)
        draft = Draft(text=text, visibility=named(visibility), **options)
        return await publish(self.ctx, author, draft)

    async def follow(self, follower: Account, target: Account) -> None:
        """Somebody follows somebody."""
        await follow.follow(self.ctx, follower, target)

    async def now(self, account: Account) -> Account:
        """The account's row as it is now."""
        row = await accounts.by_id(self.ctx.db, account.id)
        assert row is not None
        return row

    async def status(self, uri: str) -> Status | None:
        """A post by its id on the network."""
        return await statuses.by_uri(self.ctx.db, uri)

    async def known(self, handle: str) -> Account:
        """Somebody of another town, looked up."""
        name, _, domain = handle.partition("@")
        row = await accounts.by_handle(self.ctx.db, name, domain)
        assert row is not None, f"{handle} is not known"
        return row

    async def settle(self) -> None:
        """Deliver, fetch and handle everything that is due now."""
        await self.worker.settle()

    async def close(self) -> None:
        await self._clients.aclose()


async def settle(*towns: Town) -> None:
    """Let towns talk until none has anything left to say."""
    for _ in range(8):
        for town in towns:
            await town.settle()


_templates: dict[str, bytes] = {}


async def sqlite_template() -> bytes:
    """A migrated SQLite file, made once for each process."""
    if "sqlite" not in _templates:
        scratch = Path(f"/tmp/fediserver-template-{id(_templates)}.db")
        db = await connect(f"sqlite:///{scratch}")
        await migrate(db, StoppedClock())
        await db.close()
        with sqlite3.connect(scratch) as connection:
            _templates["sqlite"] = connection.serialize()
        connection.close()
        for leftover in scratch.parent.glob(f"{scratch.name}*"):
            leftover.unlink()
    return _templates["sqlite"]


@asynccontextmanager
async def opened_town(
    directory: Path,
    *,
    base_url: str,
    clock: StoppedClock,
    network: Network,
    database_url: str | None = None,
    **settings: str,
) -> AsyncIterator[Town]:
    """A town of its own."""
    directory.mkdir(parents=True, exist_ok=True)
    if database_url is None:
        (directory / "fediserver.db").write_bytes(await sqlite_template())
    found = sources(
        data_dir=directory,
        flags={"base_url": base_url, "database_url": database_url, **settings},
        environ={},
    )
    async with opened(found, clock=clock, transport=network) as ctx:
        town = Town(ctx, clock, network)
        try:
            yield town
        finally:
            await town.worker.stop()
            await town.close()


def words(entity: dict[str, Any]) -> str:
    """A status entity's text without mark-up, roughly."""
    return str(entity["content"]).replace("<p>", "").replace("</p>", "")
