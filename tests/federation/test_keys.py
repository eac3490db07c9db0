"""Keys of other servers: what is remembered of them, how often they are fetched, and who waits meanwhile."""

from dataclasses import replace
from typing import Any

import pytest

from fediserver.activitypub.keyring import Keyring
from fediserver.clock import HOUR, MINUTE, SECOND
from fediserver.db import intake
from tests.scene import Scene
from tests.stranger import Stranger
from tests.town import Town


def another_process(town: Town) -> Town:
    """The same node as another of its processes is: the database is shared, what is remembered is not."""
    return Town(replace(town.ctx, keyring=Keyring()), town.clock, town.network)


async def answers(sender: Stranger, town: Town, **signing: Any) -> int:
    """How an inbox answers to something that is signed so."""
    return (await sender.send(town, sender.activity("View", sender.uri), **signing)).status_code


async def test_a_key_that_one_process_has_learned_is_known_to_all(scene: Scene) -> None:
    town, twin, bob = scene.town, another_process(scene.town), scene.bob
    new = scene.mallory.pair
    for process in (town, twin):
        assert await answers(bob, process) == 202
    bob.actor["publicKey"]["publicKeyPem"] = new.public_pem
    await bob.told(town, bob.activity("Update", bob.actor))
    assert await answers(bob, town, pair=new) == 202
    assert await answers(bob, twin, pair=new) == 202
    for process in (town, twin):
        assert await answers(bob, process) == 401


async def test_a_key_that_was_replaced_is_believed_for_a_second_at_most(scene: Scene) -> None:
    """In a process that has heard of nothing but the old key since."""
    town, twin, bob = scene.town, another_process(scene.town), scene.bob
    assert await answers(bob, twin) == 202
    bob.actor["publicKey"]["publicKeyPem"] = scene.mallory.pair.public_pem
    await bob.told(town, bob.activity("Update", bob.actor))
    town.clock.advance(SECOND)
    assert await answers(bob, twin) == 401
    assert scene.elm.fetched == []


async def test_a_key_that_is_no_longer_named_is_unknown_to_all(scene: Scene) -> None:
    town, twin, bob = scene.town, another_process(scene.town), scene.bob
    assert await answers(bob, twin) == 202
    second = f"{bob.uri}#key-2"
    bob.actor["publicKey"] = {
        "id": second,
        "owner": bob.uri,
        "publicKeyPem": scene.mallory.pair.public_pem,
    }
    await bob.told(town, bob.activity("Update", bob.actor))
    town.clock.advance(SECOND)
    handled = len(scene.caplog.records)
    await bob.told(twin, bob.activity("Follow", scene.alice.uri))
    assert (await town.now(scene.alice)).followers_count == 0
    assert "was not made" in " ".join(one.getMessage() for one in scene.caplog.records[handled:])
    await bob.told(twin, bob.activity("Follow", scene.alice.uri), key_id=second, pair=scene.mallory.pair)
    assert (await town.now(scene.alice)).followers_count == 1


async def forged(scene: Scene, town: Town) -> int:
    """How an inbox answers to what mallory signs with the name of bob's key."""
    follow = scene.bob.activity("Follow", scene.alice.uri)
    return (await scene.bob.send(town, follow, pair=scene.mallory.pair)).status_code


@pytest.mark.parametrize("status", [200, 404, 410, 500, 503, 0])
async def test_a_known_key_is_asked_for_once_in_five_minutes_whatever_its_server_says(
    scene: Scene, status: int
) -> None:
    """For all processes together; nobody's request stays open for it, and who signs well is heard all the while."""
    town, twin, bob = scene.town, another_process(scene.town), scene.bob
    if status:
        scene.elm.serve(bob.uri, b"", status)
    else:
        town.network.down.add("elm.example")

    def asked() -> int:
        return [str(request.url) for request in town.network.requests].count(bob.uri)

    for turn in range(1, 3):
        town.clock.advance(HOUR)
        assert await forged(scene, town) == 202
        assert asked() == turn - 1
        await town.settle()
        for process in (town, twin) * 5:
            assert await forged(scene, process) == 401
            await process.settle()
        town.clock.advance(4 * MINUTE)
        assert await forged(scene, twin) == 401
        await town.settle()
        assert asked() == turn
    assert (await town.now(scene.alice)).followers_count == 0
    await bob.told(town, bob.activity("Follow", scene.alice.uri))
    assert (await town.now(scene.alice)).followers_count == 1


async def test_what_is_signed_with_a_new_key_waits_until_that_can_be_had(scene: Scene) -> None:
    """Its server is away for a moment, and is not asked in vain meanwhile."""
    town, bob = scene.town, scene.bob
    new = scene.mallory.pair
    town.clock.advance(HOUR)
    town.network.down.add("elm.example")
    follow = bob.activity("Follow", scene.alice.uri)
    assert (await bob.send(town, follow, pair=new)).status_code == 202
    await town.settle()
    town.network.down.clear()
    bob.actor["publicKey"]["publicKeyPem"] = new.public_pem
    town.clock.advance(MINUTE)
    await town.settle()
    assert (scene.elm.fetched, await intake.parked(town.ctx.db)) == ([], 1)
    town.clock.advance(HOUR)
    await town.settle()
    assert (await town.now(scene.alice)).followers_count == 1
    assert await intake.parked(town.ctx.db) == 0


async def test_what_is_forged_is_dropped_when_the_key_is_as_it_was(scene: Scene) -> None:
    town = scene.town
    town.clock.advance(HOUR)
    town.network.down.add("elm.example")
    assert await forged(scene, town) == 202
    await town.settle()
    assert await intake.parked(town.ctx.db) == 1
    town.network.down.clear()
    town.clock.advance(HOUR)
    await town.settle()
    assert await intake.parked(town.ctx.db) == 0
    assert (await town.now(scene.alice)).followers_count == 0


async def test_what_is_forged_of_a_key_that_came_meanwhile_makes_nobody_ask_again(scene: Scene) -> None:
    town = scene.town
    dave = Stranger(scene.elm, "dave", unlike=scene.mallory)
    for _ in range(20):
        follow = dave.activity("Follow", scene.alice.uri)
        assert (await dave.send(town, follow, pair=scene.mallory.pair)).status_code == 202
    await town.settle()
    fetched = scene.elm.fetched.count(dave.uri)
    town.clock.advance(HOUR)
    await town.settle()
    assert (scene.elm.fetched.count(dave.uri), await intake.parked(town.ctx.db)) == (fetched, 0)
    assert (await town.now(scene.alice)).followers_count == 0
