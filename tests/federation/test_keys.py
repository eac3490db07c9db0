"""Keys of other servers: what is remembered of them, how often they are fetched, and who waits meanwhile."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from fediserver.activitypub.keyring import Keyring
from fediserver.clock import HOUR, MINUTE, SECOND
from fediserver.db import intake
from fediserver.signatures import Message, keys, sign
from fediserver.web.federation.asking import INTRODUCTIONS_BY_ADDRESS
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


ACTIVITY = {"accept": "application/activity+json"}


async def asks(reader: Stranger, town: Town, uri: str, key_id: str = "") -> int:
    """How a GET is answered that is signed with somebody's key, under whatever name."""
    message = Message(method="GET", url=uri, headers={}, body=b"")
    key = keys.load_private(reader.pair.private_pem)
    signed = sign(message, scheme="cavage", key_id=key_id or reader.key_id, key=key, now=town.clock())
    client = await town.client()
    return (await client.get(uri, headers={**signed, **ACTIVITY})).status_code


async def test_a_follower_whose_key_was_never_seen_reads_what_is_for_followers(scene: Scene) -> None:
    """It signs with another key than what it sends."""
    reader, town = scene.carol, scene.town
    await reader.told(town, reader.activity("Follow", scene.alice.uri))
    post = await town.post(scene.alice, "For friends", "private")
    second = f"{reader.uri}#key-2"
    reader.actor["publicKey"] = [reader.actor["publicKey"], {**reader.actor["publicKey"], "id": second}]
    scene.forget()
    assert await asks(reader, town, post.uri, second) == 200
    assert await asks(scene.mallory, town, post.uri) == 404
    asked = await asyncio.gather(*(asks(reader, town, post.uri, second) for _ in range(5)))
    assert asked == [200] * 5
    assert scene.elm.fetched.count(reader.uri) == 1


async def test_who_comes_at_once_with_the_same_new_key_makes_us_ask_once(scene: Scene) -> None:
    reader, town = Stranger(scene.elm, "dave", unlike=scene.mallory), scene.town
    post = await town.post(scene.alice, "For @bob@elm.example", "direct")
    scene.forget()
    assert await asyncio.gather(*(asks(reader, town, post.uri) for _ in range(10))) == [404] * 10
    assert scene.elm.fetched.count(reader.uri) == 1


async def test_a_key_that_cannot_be_had_is_not_asked_for_again_for_five_minutes(scene: Scene) -> None:
    town, key_id = scene.town, "https://ash.example/users/nobody#main-key"
    post = await town.post(scene.alice, "For friends", "private")
    scene.forget()
    for _ in range(20):
        assert await asks(scene.mallory, town, post.uri, key_id) == 404
    assert scene.ash.fetched == ["https://ash.example/users/nobody"]
    town.clock.advance(5 * MINUTE)
    assert await asks(scene.mallory, town, post.uri, key_id) == 404
    assert len(scene.ash.fetched) == 2


async def test_invented_keys_make_us_ask_so_often_and_no_more(scene: Scene) -> None:
    town = scene.town
    post = await town.post(scene.alice, "For friends", "private")
    scene.forget()
    answered = [
        await asks(scene.mallory, town, post.uri, f"https://ash.example/users/invented{number}#main-key")
        for number in range(50)
    ]
    assert answered == [404] * INTRODUCTIONS_BY_ADDRESS.limit + [429] * (50 - INTRODUCTIONS_BY_ADDRESS.limit)
    assert len(scene.ash.fetched) == INTRODUCTIONS_BY_ADDRESS.limit
    # Who is known needs no introduction, and open posts none at all.
    assert await asks(scene.mallory, town, post.uri) == 404
    said = await town.post(scene.alice, "For all")
    assert await asks(scene.mallory, town, said.uri, "https://ash.example/users/another#main-key") == 200


async def test_nobody_is_told_by_a_fetch_whether_a_post_exists(scene: Scene) -> None:
    """A direct post, a deleted one, one of somebody else's and one that never was make the same requests."""
    town = scene.town
    post = await town.post(scene.alice, "For @bob@elm.example", "direct")
    deleted = await town.post(scene.alice, "Not for long", "private")
    client = await town.client(scene.alice)
    assert (await client.delete(f"/api/v1/statuses/{deleted.id}")).status_code == 200
    addresses = {
        post.uri: 404,
        f"{scene.alice.uri}/statuses/{post.id + 1}": 404,
        post.uri.replace("alice", "nobody"): 404,
        f"{post.uri}/likes": 404,
        deleted.uri: 410,
    }
    for number, (address, status) in enumerate(addresses.items()):
        scene.forget()
        owner = f"https://ash.example/users/curious{number}"
        assert await asks(scene.mallory, town, address, f"{owner}#main-key") == status, address
        assert scene.ash.fetched == [owner], address
