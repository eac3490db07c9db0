"""Rules of trust 1, 2, 3 and 6 (who may say what): what is forged is refused, and nothing has changed."""

from typing import Any

import pytest

from fediserver.actions import moderate
from fediserver.actions.moderate import Decision
from fediserver.actions.write import PollDraft
from fediserver.activitypub import actors
from fediserver.activitypub.document import Document
from fediserver.db import accounts, relationships
from fediserver.models.account import Account
from tests.scene import Scene
from tests.stranger import Stranger

# ---------------------------------------------------------------- rule 1: the signer is the actor


@pytest.mark.parametrize("kind", ["Like", "Follow", "Announce", "Undo", "Block", "Accept", "Flag", "Move"])
@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_rule_1_nobody_signs_for_another(scene: Scene, kind: str, scheme: str) -> None:
    forged = scene.bob.activity(kind, scene.alice.uri)
    await scene.refused(scene.mallory, forged, "signer", status=403, scheme=scheme)


async def test_rule_1_a_create_in_anothers_name_is_not_believed(scene: Scene) -> None:
    words = scene.bob.note("I never said this")
    del scene.elm.answers[words["id"]]
    await scene.ignored(scene.mallory, scene.bob.activity("Create", words))
    assert words["id"] in scene.elm.fetched


async def test_rule_1_what_is_passed_on_is_taken_as_its_own_server_has_it(scene: Scene) -> None:
    said = scene.bob.note("Meet at ten")
    told = {**said, "content": "<p>Meet at midnight</p>"}
    await scene.mallory.told(scene.town, scene.bob.activity("Create", told))
    assert (await scene.status(said)).content == "<p>Meet at ten</p>"
    assert said["id"] in scene.elm.fetched
    forged = scene.bob.activity(
        "Update", {**said, "content": "<p>No meeting</p>", "updated": "2026-09-21T00:00:00Z"}
    )
    await scene.ignored(scene.mallory, forged)


async def test_rule_1_a_delete_that_is_passed_on_counts_when_the_post_is_gone(scene: Scene) -> None:
    post = await scene.posted(scene.bob)
    await scene.refused(scene.mallory, scene.bob.activity("Delete", post.uri), "delete-owner")
    scene.elm.serve(post.uri, b"", 410)
    await scene.mallory.told(scene.town, scene.bob.activity("Delete", post.uri))
    assert await scene.town.status(post.uri) is None


async def test_rule_1_a_post_that_is_not_shown_to_us_is_not_gone(scene: Scene) -> None:
    """Of a followers-only post servers say 404 to whom it is not for: no proof for a Delete that is passed on."""
    post = await scene.posted(scene.bob, "For friends", to=[f"{scene.bob.uri}/followers"], cc=[])
    scene.elm.serve(post.uri, b"", 404)
    await scene.refused(scene.mallory, scene.bob.activity("Delete", post.uri), "delete-owner")
    scene.elm.serve(post.uri, b"", 410)
    await scene.mallory.told(scene.town, scene.bob.activity("Delete", post.uri))
    assert await scene.town.status(post.uri) is None


async def test_rule_1_a_delete_of_a_person_is_not_taken_from_others(scene: Scene) -> None:
    await scene.ignored(scene.mallory, scene.bob.activity("Delete", scene.bob.uri))


# ---------------------------------------------------------------- rule 2: of one origin


async def test_rule_2_an_activity_has_an_id_of_its_actors_origin(scene: Scene) -> None:
    forged = scene.mallory.activity("Announce", scene.bob.note()["id"], id=scene.bob.new_uri("activities"))
    await scene.refused(scene.mallory, forged, "activity-origin")


async def test_rule_2_a_post_and_its_author_are_of_one_origin(scene: Scene) -> None:
    words = scene.mallory.note("I, bob, say so", attributedTo=scene.bob.uri)
    await scene.refused(scene.mallory, scene.mallory.activity("Create", words), "note-origin")
    await scene.refused(scene.mallory, scene.mallory.activity("Announce", words["id"]), "note-origin")


@pytest.mark.parametrize("port", [":8443", ":80"])
async def test_rule_2_another_port_is_another_origin(scene: Scene, port: str) -> None:
    forged = scene.bob.activity("Like", scene.alice.uri, id=f"https://elm.example{port}/activities/1")
    await scene.refused(scene.bob, forged, "activity-origin")


async def test_rule_2_a_known_key_is_not_taken_over(scene: Scene) -> None:
    """mallory presents bob's key id with her own key, and signs as bob with it."""
    before = await accounts.key(scene.town.ctx.db, scene.bob.key_id)
    scene.mallory.actor["publicKey"] = [
        scene.mallory.actor["publicKey"],
        {"id": scene.bob.key_id, "owner": scene.mallory.uri, "publicKeyPem": scene.mallory.pair.public_pem},
    ]
    await scene.mallory.told(scene.town, scene.mallory.activity("Update", scene.mallory.actor))
    assert await accounts.key(scene.town.ctx.db, scene.bob.key_id) == before
    await scene.refused(
        scene.mallory,
        scene.bob.activity("Like", scene.alice.uri),
        "",
        status=401,
        key_id=scene.bob.key_id,
    )


async def test_rule_2_a_key_of_a_neighbour_is_not_taken_over(scene: Scene) -> None:
    """Even of one origin, whose key it is does not change."""
    carol = scene.carol
    carol.actor["publicKey"] = [
        carol.actor["publicKey"],
        {"id": scene.bob.key_id, "owner": carol.uri, "publicKeyPem": carol.pair.public_pem},
    ]
    before = await accounts.key(scene.town.ctx.db, scene.bob.key_id)
    await carol.told(scene.town, carol.activity("Update", carol.actor))
    assert await accounts.key(scene.town.ctx.db, scene.bob.key_id) == before
    forged = scene.bob.activity("Like", scene.alice.uri)
    await scene.refused(carol, forged, "", status=401, key_id=scene.bob.key_id)
    # bob himself is still heard.
    await scene.bob.told(scene.town, scene.bob.activity("Follow", scene.alice.uri))
    assert (await scene.town.now(scene.alice)).followers_count == 1


async def test_rule_2_an_actor_who_presents_anothers_key_is_refused(scene: Scene) -> None:
    trent = Stranger(scene.ash, "trent")
    trent.actor["publicKey"] = {**scene.bob.actor["publicKey"]}
    await scene.refused(trent, trent.activity("Follow", scene.alice.uri), "key-owner")


async def test_rule_2_a_key_belongs_to_whom_names_it(scene: Scene) -> None:
    """A key's own document says that it is carol's; carol does not say so."""
    key_id = scene.elm.serve(
        "https://elm.example/keys/9",
        {
            "id": "https://elm.example/keys/9",
            "owner": scene.carol.uri,
            "publicKeyPem": scene.mallory.pair.public_pem,
        },
    )
    forged = scene.carol.activity("Follow", scene.alice.uri)
    before = await accounts.keys(scene.town.ctx.db, (await scene.known(scene.carol)).id)
    answer = await scene.mallory.send(scene.town, forged, key_id=key_id)
    await scene.town.settle()
    assert answer.status_code == 202
    assert await accounts.keys(scene.town.ctx.db, (await scene.known(scene.carol)).id) == before
    assert (await scene.town.now(scene.alice)).followers_count == 0


async def test_rule_2_a_key_of_another_origin_than_its_owner_is_refused(scene: Scene) -> None:
    key_id = scene.ash.serve(
        "https://ash.example/keys/9",
        {
            "id": "https://ash.example/keys/9",
            "owner": scene.bob.uri,
            "publicKeyPem": scene.mallory.pair.public_pem,
        },
    )
    await scene.refused(scene.mallory, scene.bob.activity("Follow", scene.alice.uri), "key", key_id=key_id)


# ---------------------------------------------------------------- rule 3: what comes along


@pytest.mark.parametrize("kind", ["Create", "Announce", "Update"])
async def test_rule_3_what_is_embedded_of_another_origin_is_fetched(scene: Scene, kind: str) -> None:
    said = scene.bob.note("What bob said")
    told = {**said, "content": "<p>What mallory made of it</p>", "attributedTo": scene.mallory.uri}
    await scene.mallory.told(scene.town, scene.mallory.activity(kind, told))
    assert said["id"] in scene.elm.fetched
    found = await scene.town.status(said["id"])
    if kind == "Update":
        assert found is None
    else:
        assert found is not None
        assert found.content == "<p>What bob said</p>"
        assert found.account_id == (await scene.known(scene.bob)).id


async def test_rule_3_a_neighbours_post_is_fetched_too(scene: Scene) -> None:
    """One origin is not enough: it must be the actor's own."""
    said = scene.carol.note("What carol said")
    await scene.bob.told(scene.town, scene.bob.activity("Create", {**said, "content": "<p>Forged</p>"}))
    assert (await scene.status(said)).content == "<p>What carol said</p>"


@pytest.mark.parametrize("kind", ["Create", "Update", "Announce", "Add"])
async def test_rule_3_nobody_speaks_for_our_own_host(scene: Scene, kind: str) -> None:
    post = await scene.town.post(scene.alice, "Mine")
    for uri in (post.uri, "https://oak.example/users/alice/statuses/1", "https://OAK.example/users/alice/x"):
        forged: Document = {"id": uri, "type": "Note", "attributedTo": scene.mallory.uri, "content": "Forged"}
        activity = scene.mallory.activity(kind, forged, target=scene.mallory.actor["featured"])
        await scene.mallory.told(scene.town, activity)
    after = await scene.town.status(post.uri)
    assert after is not None
    assert (after.content, after.account_id, after.edited_at) == (post.content, post.account_id, None)
    assert await scene.town.status("https://oak.example/users/alice/statuses/1") is None
    assert await scene.town.status("https://OAK.example/users/alice/x") is None
    asked = {request.url.host for request in scene.town.network.requests}
    assert "oak.example" not in asked


async def test_rule_3_nobody_signs_as_one_of_ours(scene: Scene) -> None:
    key_id = f"{scene.alice.uri}#main-key"
    forged = {**scene.mallory.activity("Like", scene.alice.uri), "actor": scene.alice.uri}
    await scene.refused(scene.mallory, forged, "ours", status=403)
    await scene.refused(scene.mallory, forged, "ours", status=403, key_id=key_id)


# ---------------------------------------------------------------- rule 6: what changes


async def test_rule_6_only_the_author_updates(scene: Scene) -> None:
    post = await scene.posted(scene.bob, "Mine")
    forged = {"id": post.uri, "type": "Note", "attributedTo": scene.mallory.uri, "content": "Hers"}
    await scene.refused(scene.mallory, scene.mallory.activity("Update", forged), "update-owner")
    # A neighbour's server is the author's own, so the claim is believed up to the row that is there.
    forged["attributedTo"] = scene.carol.uri
    await scene.refused(scene.carol, scene.carol.activity("Update", forged), "update-owner")


async def test_rule_6_an_update_does_not_change_the_author(scene: Scene) -> None:
    post = await scene.posted(scene.bob, "Mine")
    given = {**scene.elm.answers[post.uri].body, "attributedTo": scene.carol.uri, "content": "Hers"}  # type: ignore[dict-item]
    scene.elm.serve(post.uri, given)
    await scene.refused(scene.bob, scene.bob.activity("Update", given), "update-attribution")
    # The same, passed on by somebody else.
    await scene.refused(scene.mallory, scene.bob.activity("Update", given), "update-owner")


async def test_rule_6_an_update_does_not_change_the_kind(scene: Scene) -> None:
    actor = {**scene.bob.actor, "id": (await scene.posted(scene.bob)).uri, "type": "Person"}
    await scene.ignored(scene.bob, scene.bob.activity("Update", actor))
    note = {**scene.bob.note(), "id": scene.bob.uri, "content": "I am a note"}
    await scene.bob.told(scene.town, scene.bob.activity("Update", note))
    assert (await scene.known(scene.bob)).actor_type == "Person"


async def test_rule_6_only_oneself_updates_ones_actor(scene: Scene) -> None:
    forged = {**scene.bob.actor, "name": "Forged"}
    await scene.refused(scene.mallory, scene.mallory.activity("Update", forged), "update-id")
    await scene.refused(scene.carol, scene.carol.activity("Update", forged), "update-id")


async def test_rule_6_only_the_author_deletes(scene: Scene) -> None:
    post = await scene.posted(scene.bob)
    for thief in (scene.mallory, scene.carol):
        await scene.refused(thief, thief.activity("Delete", post.uri), "delete-owner")
        tombstone = {"id": post.uri, "type": "Tombstone"}
        await scene.refused(thief, thief.activity("Delete", tombstone), "delete-owner")
    mine = await scene.town.post(scene.alice, "Mine")
    await scene.refused(scene.mallory, scene.mallory.activity("Delete", mine.uri), "ours")
    await scene.refused(scene.mallory, scene.mallory.activity("Delete", scene.alice.uri), "ours")


async def test_rule_6_only_oneself_deletes_ones_account(scene: Scene) -> None:
    await scene.refused(scene.mallory, scene.mallory.activity("Delete", scene.bob.uri), "delete-owner")
    await scene.carol.told(scene.town, scene.carol.activity("Delete", scene.bob.uri))
    assert (await scene.known(scene.bob)).deleted_at is None
    await scene.bob.told(scene.town, scene.bob.activity("Delete", scene.bob.uri))
    assert (await scene.known(scene.bob)).deleted_at is not None


@pytest.mark.parametrize("kind", ["Like", "Announce", "Follow", "Block"])
async def test_rule_6_only_who_did_it_undoes_it(scene: Scene, kind: str) -> None:
    post = await scene.town.post(scene.alice, "Look")
    about = post.uri if kind in ("Like", "Announce") else scene.alice.uri
    done = scene.bob.activity(kind, about)
    await scene.bob.told(scene.town, done)
    for thief in (scene.mallory, scene.carol):
        await scene.refused(thief, thief.activity("Undo", done), "undo-actor")
        await scene.ignored(thief, thief.activity("Undo", done["id"]))
        unsaid = {name: value for name, value in done.items() if name != "actor"}
        await scene.ignored(thief, thief.activity("Undo", unsaid))


async def test_rule_6_an_accept_of_a_follow_never_sent_changes_nothing(scene: Scene) -> None:
    asked = {"type": "Follow", "actor": scene.alice.uri, "object": scene.carol.uri}
    await scene.ignored(scene.carol, scene.carol.activity("Accept", asked))
    await scene.ignored(scene.carol, scene.carol.activity("Reject", asked))
    await scene.ignored(scene.carol, scene.carol.activity("Accept", "https://oak.example/activities/1"))
    known = await scene.known(scene.carol)
    assert await relationships.follow(scene.town.ctx.db, scene.alice.id, known.id) is None


@pytest.mark.parametrize("kind", ["Accept", "Reject"])
async def test_rule_6_only_the_followed_answers(scene: Scene, kind: str) -> None:
    await scene.town.follow(scene.alice, await scene.known(scene.carol))
    await scene.town.settle()
    asked = {"type": "Follow", "actor": scene.alice.uri, "object": scene.carol.uri}
    for thief in (scene.mallory, scene.bob):
        await scene.refused(thief, thief.activity(kind, asked), "accept-object")
    known = await scene.known(scene.carol)
    assert await relationships.request(scene.town.ctx.db, scene.alice.id, known.id) is not None


async def test_rule_6_nobody_pins_for_another(scene: Scene) -> None:
    post = await scene.posted(scene.bob)
    featured = scene.mallory.actor["featured"]
    await scene.refused(scene.mallory, scene.mallory.activity("Add", post.uri, target=featured), "featured")
    await scene.ignored(
        scene.mallory, scene.mallory.activity("Add", post.uri, target=scene.bob.actor["featured"])
    )
    await scene.bob.told(scene.town, scene.bob.activity("Add", post.uri, target=scene.bob.actor["featured"]))
    await scene.refused(
        scene.mallory, scene.mallory.activity("Remove", post.uri, target=featured), "featured"
    )


async def test_rule_6_a_move_needs_the_new_accounts_word(scene: Scene) -> None:
    bob, carol = scene.bob, scene.carol
    await scene.refused(bob, bob.activity("Move", bob.uri, target=carol.uri), "move")
    carol.actor["alsoKnownAs"] = [bob.uri]
    # mallory cannot move bob, nor bob to himself.
    await scene.refused(scene.mallory, scene.mallory.activity("Move", bob.uri, target=carol.uri), "move")
    await scene.refused(bob, bob.activity("Move", bob.uri, target=bob.uri), "move")
    await bob.told(scene.town, bob.activity("Move", bob.uri, target=carol.uri))
    assert (await scene.known(bob)).moved_to_id == (await scene.known(carol)).id


async def test_who_is_suspended_while_they_move_stays_so(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, carol = scene.bob, scene.carol
    carol.actor["alsoKnownAs"] = [bob.uri]
    known, take_in = await scene.known(bob), actors.take_in

    async def slowly(*args: Any) -> Account:
        found = await take_in(*args)
        await moderate.take(scene.town.ctx, known.id, "suspend", Decision(by=None))
        return found

    monkeypatch.setattr(actors, "take_in", slowly)
    await bob.told(scene.town, bob.activity("Move", bob.uri, target=carol.uri))
    moved = await scene.known(bob)
    assert moved.moved_to_id is not None
    assert moved.suspended_at is not None


@pytest.mark.parametrize("visibility", ["private", "direct"])
async def test_rule_6_a_private_post_is_boosted_by_nobody(scene: Scene, visibility: str) -> None:
    await scene.bob.told(scene.town, scene.bob.activity("Follow", scene.alice.uri))
    post = await scene.town.post(scene.alice, "For friends @bob@elm.example", visibility)
    await scene.town.settle()
    for thief in (scene.bob, scene.mallory):
        await scene.refused(thief, thief.activity("Announce", post.uri), "announce-visibility")
    await scene.ignored(scene.mallory, scene.mallory.activity("Like", post.uri))


async def test_rule_6_nobody_votes_in_a_poll_that_is_not_for_them(scene: Scene) -> None:
    await scene.bob.told(scene.town, scene.bob.activity("Follow", scene.alice.uri))
    poll = PollDraft(options=["tea", "coffee"], expires_in=3600)
    post = await scene.town.post(scene.alice, "Friends, which?", "private", poll=poll)
    await scene.town.settle()
    for thief in (scene.mallory, scene.carol):
        choice = thief.note(name="tea", content=None, inReplyTo=post.uri, to=[scene.alice.uri], cc=[])
        await scene.ignored(thief, thief.activity("Create", choice))
    # Nor for somebody else.
    forged = scene.mallory.note(name="tea", content=None, inReplyTo=post.uri, attributedTo=scene.bob.uri)
    await scene.refused(scene.mallory, scene.mallory.activity("Create", forged), "note-origin")


async def test_rule_6_a_strangers_private_post_is_boosted_by_nobody(scene: Scene) -> None:
    followers = f"{scene.bob.uri}/followers"
    post = await scene.posted(scene.bob, "For friends", to=[followers], cc=[])
    for thief in (scene.mallory, scene.carol):
        await scene.refused(thief, thief.activity("Announce", post.uri), "announce-visibility")
