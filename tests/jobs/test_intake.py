"""Whose activities are handled while those of others take long."""

import asyncio

import pytest

from fediserver.activitypub import inbox
from fediserver.activitypub.context import Context
from fediserver.db import accounts, intake
from fediserver.jobs import process_inbox
from fediserver.jobs.process_inbox import AT_ONCE, OF_ACTOR, OF_SERVER, Intake
from fediserver.jobs.shares import Shares
from fediserver.models.delivery import Received
from tests.activitypub import rows
from tests.conftest import OpenTown
from tests.town import Town


class Handling:
    """Stands for what handlers do: those of people at hanging.example never end."""

    def __init__(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        self.town = town
        self.crew = Intake(town.ctx)
        self.begun: list[str] = []
        self.done: list[bytes] = []
        self.come = asyncio.Event()
        monkeypatch.setattr(inbox, "handle", self._handle)

    async def _handle(self, _: Context, row: Received) -> None:
        self.begun.append(row.actor_uri)
        if "hanging" in row.actor_uri:
            await self.come.wait()
        self.done.append(row.body)

    async def known(self, name: str, host: str) -> str:
        """The actor of somebody elsewhere whom the node has met."""
        ctx = self.town.ctx
        account = rows.account(name, host=host, id=ctx.ids.next())
        await ctx.db.write(lambda tx: accounts.insert(tx, account))
        return account.uri

    async def receives(self, actor: str, times: int = 1) -> None:
        ctx = self.town.ctx
        for _ in range(times):
            number = ctx.ids.next()
            arrival = intake.Arrival(
                id=number,
                hash=str(number).encode(),
                seen_until=0,
                actor_uri=actor,
                body=str(number).encode(),
                now=ctx.clock(),
            )
            assert await ctx.db.write(lambda tx, arrival=arrival: intake.receive(tx, arrival))  # type: ignore[misc]
            self.town.clock.advance(1)

    async def goes_on(self) -> list[str]:
        """Whose activities have been begun with, once there is nothing to begin with any more."""
        while await self.crew.take_due():
            for _ in range(4):
                await asyncio.sleep(0)
        return self.begun

    async def is_let_go(self) -> None:
        self.come.set()
        await self.crew.running.settle()
        while await self.crew.take_due():
            await self.crew.running.settle()
        assert await intake.waiting(self.town.ctx.db) == 0


@pytest.fixture
async def handling(open_town: OpenTown, monkeypatch: pytest.MonkeyPatch) -> Handling:
    return Handling(await open_town("oak.example"), monkeypatch)


async def test_an_actor_whose_activities_take_long_keeps_no_other_waiting(handling: Handling) -> None:
    eve = await handling.known("eve", "hanging.example")
    bob = await handling.known("bob", "elm.example")
    await handling.receives(eve, AT_ONCE + 10)
    await handling.receives(bob)
    assert sorted(await handling.goes_on()) == sorted([eve, bob])
    assert len(handling.crew.running) == OF_ACTOR
    await handling.is_let_go()
    done = [int(body) for body in handling.done]
    assert done[1:] == sorted(done[1:]), "in the order in which they came"


async def test_a_server_whose_activities_take_long_keeps_no_other_waiting(handling: Handling) -> None:
    for number in range(AT_ONCE + 10):
        await handling.receives(await handling.known(f"eve{number}", "hanging.example"))
    bob = await handling.known("bob", "elm.example")
    await handling.receives(bob)
    assert (await handling.goes_on()).count(bob) == 1
    assert len(handling.begun) == OF_SERVER + 1
    await handling.is_let_go()


async def test_an_activity_is_handled_only_so_long(
    handling: Handling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_inbox, "HANDLE_SECONDS", 0.01)
    await handling.receives(await handling.known("eve", "hanging.example"))
    assert await handling.crew.take_due() == 1
    await handling.crew.running.settle()
    assert (await intake.waiting(handling.town.ctx.db), await handling.crew.take_due()) == (1, 0)


def test_shares_are_bounded_for_each_name() -> None:
    shares = Shares(2, 3)
    assert [shares.take("eve", "elm"), shares.take("eve", "elm"), shares.take("eve", "elm")] == [
        True,
        True,
        False,
    ]
    assert shares.full() == [["eve"], []]
    tried = shares.copy()
    assert [tried.take("bob", "elm"), tried.take("dan", "elm"), tried.take("dan", "oak")] == [
        True,
        False,
        True,
    ]
    assert shares.full() == [["eve"], []], "a copy is to try things out"
    assert [shares.give_back("eve", "elm"), shares.give_back("eve", "elm")] == [True, False]
    assert [shares.take("a", "b") for _ in range(2)] == [True, True]
    assert shares.full() == [["a"], []]
