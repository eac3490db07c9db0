"""A small node for the tests of access and pages: a town on plain http, and browsers that look at it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec

from fediserver.actions import register, sessions
from fediserver.clock import DAY
from fediserver.db.query import Query
from fediserver.models.account import Account
from fediserver.web.auth import Access
from fediserver.web.limits import Limits
from tests.town import Network, StoppedClock, Town, opened_town

PASSWORD = "a quiet bed of leeks"
BASE = "http://localhost:8001"


class Garden:
    """The node, and what tests do with it."""

    def __init__(self, town: Town) -> None:
        self.core = town.ctx
        self.clock = town.clock
        self.app = town.app
        # A door of its own: it knows what the tokens of the node are worth.
        self.access = Access.of(self.core, limits=Limits(self.clock), secret=b"s" * 32)

    def reconfigure(self, **changes: Any) -> None:
        """Other settings from now on."""
        object.__setattr__(self.core, "config", msgspec.structs.replace(self.core.config, **changes))

    def browser(self, *, address: str = "192.0.2.7", **headers: str) -> httpx.AsyncClient:
        """A browser with its own cookies that follows no redirects."""
        transport = httpx.ASGITransport(app=self.app, client=(address, 4711))
        accept = {"accept": "text/html", **headers}
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers=accept)

    async def account(self, name: str, **changes: Any) -> Account:
        """A member who may log in with PASSWORD."""
        wanted = {"confirmed": True, "approved": True, "locale": "en", "password": PASSWORD, **changes}
        return await register.register(self.core, name=name, email=f"{name}@example.org", **wanted)

    async def log_in(self, browser: httpx.AsyncClient, name: str, password: str = PASSWORD) -> httpx.Response:
        """Fill in the log-in form."""
        fields = await form(browser, "/auth/sign_in")
        return await browser.post("/auth/sign_in", data=fields | {"login": name, "password": password})

    async def session(self, account: Account) -> str:
        """A log-in without the form."""
        return await sessions.open_session(self.core, account, user_agent="test")


async def form(browser: httpx.AsyncClient, path: str) -> dict[str, str]:
    """The hidden fields of the form on a page."""
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return hidden(answer.text)


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of the form in the main part of a page."""
    main = html.partition("<main")[2]
    found = {}
    for piece in main.split('<input type="hidden"')[1:]:
        attributes = piece.partition(">")[0]
        name = attributes.partition('name="')[2].partition('"')[0]
        found[name] = unescape(attributes.partition('value="')[2].partition('"')[0])
    return found


def query(location: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(location).query))


def unlisted(text: str) -> Query:
    """A query of a test, kept out of the list of those that the program runs."""
    made = Query(text)
    Query.registry.remove(made)
    return made


@asynccontextmanager
async def open_garden(folder: Path, database_url: str | None) -> AsyncIterator[Garden]:
    """A garden on an empty, migrated database; on SQLite without one."""
    clock = StoppedClock()
    # At the start of a day, so that the windows of limits begin when a test does.
    clock.now -= clock.now % DAY
    town = opened_town(
        folder,
        base_url=BASE,
        clock=clock,
        network=Network(),
        database_url=database_url,
        registrations="open",
    )
    async with town as opened:
        yield Garden(opened)
