"""A scene for what may go wrong between servers: alice of oak follows bob, who is honest, and mallory, who is not."""

from typing import Any

import pytest

from fediserver.activitypub.document import Document
from fediserver.db.query import Query
from fediserver.models.account import Account
from fediserver.models.status import Status
from tests.stranger import Server, Stranger
from tests.town import Town

_TABLES = (
    "accounts",
    "blocks",
    "deliveries",
    "favourites",
    "follow_requests",
    "follows",
    "home_entries",
    "jobs",
    "keys",
    "media_attachments",
    "mentions",
    "notifications",
    "outgoing",
    "pins",
    "poll_options",
    "poll_votes",
    "polls",
    "quotes",
    "reports",
    "status_edits",
    "statuses",
    "tombstones",
)
_CONTENTS = {table: Query(f"select * from {table}") for table in _TABLES}

Rows = dict[str, set[tuple[Any, ...]]]


class Scene:
    """oak.example with alice; elm.example with bob and carol; ash.example with mallory. All are known at oak."""

    def __init__(self, town: Town, caplog: pytest.LogCaptureFixture) -> None:
        self.town = town
        self.elm = Server(town.network, "elm.example")
        self.ash = Server(town.network, "ash.example")
        self.bob = Stranger(self.elm, "bob")
        self.carol = Stranger(self.elm, "carol", unlike=self.bob)
        self.mallory = Stranger(self.ash, "mallory", unlike=self.bob)
        self.alice: Account
        self.caplog = caplog

    async def open(self) -> None:
        """Let everybody meet, and forget what was fetched and said meanwhile."""
        self.alice = await self.town.account("alice")
        for stranger in (self.bob, self.mallory, self.carol):
            await self.meet(stranger)
        for stranger in (self.bob, self.mallory):
            await self.befriend(stranger)
        self.caplog.clear()
        self.forget()

    async def meet(self, stranger: Stranger) -> None:
        """Have the town know a stranger and their key."""
        await stranger.told(self.town, stranger.activity("View", self.alice.uri))

    async def befriend(self, stranger: Stranger) -> None:
        """alice follows, and is accepted."""
        await self.town.follow(self.alice, await self.known(stranger))
        await self.town.settle()
        asked = {"type": "Follow", "actor": self.alice.uri, "object": stranger.uri}
        await stranger.told(self.town, stranger.activity("Accept", asked))

    async def known(self, stranger: Stranger) -> Account:
        """A stranger's row."""
        return await self.town.known(f"{stranger.name}@{stranger.server.host}")

    async def posted(self, author: Stranger, text: str = "Hello", **changes: Any) -> Status:
        """A stranger's post that has come."""
        note = author.note(text, **changes)
        await author.told(self.town, author.activity("Create", note))
        return await self.status(note)

    async def status(self, note: Document) -> Status:
        """The row of a post that must be there."""
        found = await self.town.status(note["id"])
        assert found is not None
        return found

    async def rows(self) -> Rows:
        """Everything that strangers could want to change."""
        return {table: set(await self.town.ctx.db.rows(query)) for table, query in _CONTENTS.items()}

    def forget(self) -> None:
        """Forget what was fetched."""
        self.elm.fetched.clear()
        self.ash.fetched.clear()
        self.town.network.requests.clear()

    async def refused(
        self, sender: Stranger, activity: Document, rule: str, *, status: int = 202, **signing: Any
    ) -> None:
        """Send an activity: it is answered with that status, changes nothing, and the log names the rule."""
        before = await self.rows()
        self.caplog.clear()
        answer = await sender.send(self.town, activity, **signing)
        assert answer.status_code == status, answer.text
        if status != 202:
            assert answer.json()["error"]
        await self.town.settle()
        await self.unchanged(before)
        if rule:
            assert f"by the rule {rule}:" in self.caplog.text

    async def ignored(self, sender: Stranger, activity: Document, **signing: Any) -> None:
        """Send an activity: it is taken and changes nothing."""
        await self.refused(sender, activity, "", **signing)

    async def unchanged(self, before: Rows) -> None:
        """Fail if a row has changed."""
        after = await self.rows()
        assert {table for table in _TABLES if before[table] != after[table]} == set()
