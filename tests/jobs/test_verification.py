"""Whose keys are fetched while others do not come."""

import asyncio

import pytest

from fediserver.activitypub import inbox
from fediserver.activitypub.context import Context
from fediserver.db import intake
from fediserver.jobs import process_inbox
from fediserver.jobs.process_inbox import KEYS_AT_ONCE, KEYS_OF_HOST, KEYS_OF_NETWORK, Verification
from fediserver.models.delivery import Unverified
from tests.conftest import OpenTown
from tests.town import Town

MANY = 3 * KEYS_AT_ONCE


class Keys:
    """Stands for the servers of keys: those of `hanging` never answer."""

    def __init__(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        self.town = town
        self.crew = Verification(town.ctx)
        self.asked: list[str] = []
        self.came = asyncio.Event()
        monkeypatch.setattr(inbox, "verify_parked", self._verify)

    async def _verify(self, ctx: Context, row: Unverified) -> None:
        self.asked.append(row.host)
        if row.host.startswith("hanging"):
            await self.came.wait()
        await ctx.db.write(lambda tx: intake.unpark(tx, row.id))

    async def park(self, host: str, network: str) -> None:
        ctx = self.town.ctx
        row = Unverified(
            id=ctx.ids.next(),
            host=host,
            network=network,
            key_id=f"https://{host}/users/eve#main-key",
            url="https://oak.example/inbox",
            headers="{}",
            body=b"{}",
            attempts=0,
            next_at=ctx.clock(),
            received_at=ctx.clock(),
        )
        assert await ctx.db.write(
            lambda tx: intake.park(tx, row, per_host=MANY, per_network=MANY, in_all=MANY)
        )
        self.town.clock.advance(1)

    async def are_looked_for(self) -> list[str]:
        """Whose keys were asked for, once there is nothing to begin with any more."""
        while await self.crew.take_due():
            await asyncio.sleep(0)
        return self.asked


@pytest.fixture
async def keys(open_town: OpenTown, monkeypatch: pytest.MonkeyPatch) -> Keys:
    return Keys(await open_town("oak.example"), monkeypatch)


async def test_keys_that_a_network_names_in_vain_keep_no_other_waiting(keys: Keys) -> None:
    for number in range(KEYS_AT_ONCE + 10):
        await keys.park(f"hanging{number}.example", "192.0.2.0/24")
    await keys.park("elm.example", "198.51.100.0/24")
    asked = await keys.are_looked_for()
    assert asked.count("elm.example") == 1
    assert len(asked) == KEYS_OF_NETWORK + 1
    keys.came.set()
    await keys.crew.running.settle()
    while await keys.crew.take_due():
        await keys.crew.running.settle()
    assert await intake.parked(keys.town.ctx.db) == 0


async def test_a_host_whose_keys_do_not_come_keeps_no_other_waiting(keys: Keys) -> None:
    for number in range(KEYS_AT_ONCE + 10):
        await keys.park("hanging.example", f"192.0.{number}.0/24")
    await keys.park("elm.example", "198.51.100.0/24")
    assert sorted(await keys.are_looked_for()) == ["elm.example", *["hanging.example"] * KEYS_OF_HOST]
    await keys.crew.running.stop()


async def test_a_key_is_waited_for_no_longer_than_its_request_is_held(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert process_inbox.KEY_SECONDS * 1000 < process_inbox.KEY_LEASE
    monkeypatch.setattr(process_inbox, "KEY_SECONDS", 0.01)
    await keys.park("hanging.example", "192.0.2.0/24")
    await keys.are_looked_for()
    await keys.crew.running.settle()
    assert await intake.parked(keys.town.ctx.db) == 1
    assert await keys.crew.take_due() == 0, "it is put off"
