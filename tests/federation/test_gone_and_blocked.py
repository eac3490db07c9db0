"""People who are gone, servers that are blocked, members who are suspended: what they send changes nothing."""

import msgspec
import pytest

from fediserver.activitypub.vocabulary import PUBLIC
from fediserver.db import accounts
from fediserver.db.domain_rules import DomainRule, put
from tests.scene import Scene
from tests.stranger import Server, Stranger


async def test_a_delete_of_an_unknown_actor_is_taken_without_asking_anybody(scene: Scene) -> None:
    nobody = Stranger(Server(scene.town.network, "fir.example"), "nobody")
    await scene.ignored(nobody, nobody.activity("Delete", nobody.uri))
    assert scene.town.network.requests == []


async def test_a_known_actor_whose_server_says_gone_is_deleted(scene: Scene) -> None:
    """Its key is new to us, and cannot be had any more: the server's 410 is proof enough, 404 is not."""
    bob = scene.bob
    new_key = f"{bob.uri}#key-2"
    farewell = bob.activity("Delete", bob.uri)
    scene.elm.serve(bob.uri, b"", 404)
    await scene.ignored(bob, farewell, key_id=new_key, pair=scene.mallory.pair)
    scene.elm.serve(bob.uri, b"", 410)
    await bob.told(scene.town, farewell, key_id=new_key, pair=scene.mallory.pair)
    assert (await scene.known(bob)).deleted_at is not None


async def test_a_delete_with_the_key_of_another_host_is_no_proof(scene: Scene) -> None:
    gone = scene.ash.serve("https://ash.example/users/gone", b"", 410)
    await scene.ignored(scene.mallory, scene.bob.activity("Delete", scene.bob.uri), key_id=f"{gone}#main-key")


@pytest.mark.parametrize("domain", ["ash.example", "example"])
async def test_a_blocked_server_is_not_heard(scene: Scene, domain: str) -> None:
    rule = DomainRule(domain, "suspend", "", scene.town.clock())
    await scene.town.ctx.db.write(lambda tx: put(tx, rule))
    scene.town.clock.advance(3000)
    before = await scene.rows()
    answer = await scene.mallory.send(scene.town, scene.mallory.activity("Follow", scene.alice.uri))
    assert (answer.status_code, "does not federate" in answer.json()["error"]) == (403, True)
    nested = Stranger(Server(scene.town.network, "deep.ash.example"), "nested")
    answer = await nested.send(scene.town, nested.activity("Follow", scene.alice.uri))
    assert answer.status_code == 403
    await scene.town.settle()
    await scene.unchanged(before)
    assert scene.town.network.requests == []


async def test_a_blocked_servers_posts_are_not_fetched_for_others(scene: Scene) -> None:
    rule = DomainRule("ash.example", "suspend", "", scene.town.clock())
    await scene.town.ctx.db.write(lambda tx: put(tx, rule))
    scene.town.clock.advance(3000)
    said = scene.mallory.note()
    await scene.refused(scene.bob, scene.bob.activity("Announce", said["id"]), "domain")
    assert scene.ash.fetched == []


async def test_somebody_suspended_is_not_heard(scene: Scene) -> None:
    row = msgspec.structs.replace(await scene.known(scene.mallory), suspended_at=scene.town.clock())
    await scene.town.ctx.db.write(lambda tx: accounts.update(tx, row))
    for activity in (
        scene.mallory.activity("Follow", scene.alice.uri),
        scene.mallory.activity("Create", scene.mallory.note(to=[PUBLIC, scene.alice.uri])),
    ):
        await scene.ignored(scene.mallory, activity)
    await scene.ignored(scene.bob, scene.bob.activity("Announce", scene.mallory.note()["id"]))
