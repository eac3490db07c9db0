"""Looking for several people at once."""

import asyncio

import pytest

from fediserver.activitypub import lookup
from fediserver.models.account import Account
from fediserver.text.handles import Handle
from tests.town import Town


async def test_nobody_is_looked_for_when_nobody_waits_for_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hang(*_: object) -> Account:
        begun.set()
        try:
            return await asyncio.Future()
        finally:
            ended.set()

    monkeypatch.setattr(lookup, "_by_handle", hang)
    waits = asyncio.create_task(lookup.many_by_handle(town.ctx, [Handle("bob", "elm.example")], 3600))
    await begun.wait()
    waits.cancel()
    async with asyncio.timeout(20):
        await ended.wait()
    with pytest.raises(asyncio.CancelledError):
        await waits
