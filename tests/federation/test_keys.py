"""Keys of other servers: what is remembered of them, how often they are fetched, and who waits meanwhile."""

from dataclasses import replace
from typing import Any

from fediserver.activitypub.keyring import Keyring
from fediserver.clock import SECOND
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
