"""Keys for which a request waits: not for ever, once for all who wait, and nobody's going away ends it for others."""

import asyncio

import pytest

from fediserver.activitypub import introductions
from fediserver.activitypub.introductions import VAIN_HOLDS, Introductions
from fediserver.errors import TooMany, Unreachable


def nothing() -> None:
    """No objection."""


async def test_a_server_that_hangs_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(introductions, "SECONDS", 0.01)
    made = Introductions()
    fetches = 0

    async def hang() -> None:
        nonlocal fetches
        fetches += 1
        await asyncio.Event().wait()

    for now in (0, 1, VAIN_HOLDS - 1):
        with pytest.raises(Unreachable):
            await made.make("key", now=now, begin=nothing, fetch=hang)
    assert fetches == 1
    with pytest.raises(Unreachable):
        await made.make("key", now=VAIN_HOLDS, begin=nothing, fetch=hang)
    assert fetches == 2


async def test_who_goes_away_leaves_the_others_waiting() -> None:
    made = Introductions()
    gate = asyncio.Event()
    first, second = (
        asyncio.create_task(made.make("key", now=0, begin=nothing, fetch=gate.wait)) for _ in range(2)
    )
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    gate.set()
    await second
    assert first.cancelled()


async def test_an_objection_is_told_and_remembered_against_nobody() -> None:
    made = Introductions()

    def objection() -> None:
        raise TooMany("too many", 60)

    async def fetch() -> None:
        pass

    with pytest.raises(TooMany):
        await made.make("key", now=0, begin=objection, fetch=fetch)
    await made.make("key", now=0, begin=nothing, fetch=fetch)


async def test_what_could_not_be_had_is_forgotten_when_there_is_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(introductions, "REMEMBERED", 2)
    made = Introductions()
    asked: list[str] = []

    async def fail(key_id: str) -> None:
        asked.append(key_id)
        raise Unreachable("away")

    for key_id in ("one", "two", "three", "three", "one"):
        with pytest.raises(Unreachable):
            await made.make(key_id, now=0, begin=nothing, fetch=lambda key_id=key_id: fail(key_id))  # type: ignore[misc]
    assert asked == ["one", "two", "three", "one"]
