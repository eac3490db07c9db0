"""Proofs of integrity (FEP-8b32): on what is said to everybody, and relied on when others pass something on."""

import hashlib

import orjson
import pytest

from fediserver.activitypub.document import Document
from fediserver.activitypub.vocabulary import ACCEPT
from fediserver.clock import DAY, MINUTE, isoformat
from fediserver.signatures import base58, integrity, jcs, keys
from tests.conftest import OpenTown
from tests.federation.test_two_towns import followed
from tests.scene import Scene
from tests.town import settle


async def test_what_is_said_to_everybody_carries_a_proof_that_the_published_key_verifies(
    open_town: OpenTown,
) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await followed(elm, bob, oak, alice)
    before = len(oak.network.requests)
    await oak.post(alice, "For everybody")
    await oak.post(alice, "For friends", visibility="private")
    await settle(oak, elm)
    sent = [orjson.loads(one.content) for one in oak.network.requests[before:] if one.method == "POST"]
    said = {one["object"]["content"]: one for one in sent if one["type"] == "Create"}
    actor = (await (await oak.client()).get(f"{alice.uri}", headers={"accept": ACCEPT})).json()
    (method,) = actor["assertionMethod"]
    proof = integrity.proof_of(said["<p>For everybody</p>"])
    assert proof is not None
    assert proof.verification_method == method["id"]
    assert integrity.verify(said["<p>For everybody</p>"], keys.from_multibase(method["publicKeyMultibase"]))
    assert integrity.proof_of(said["<p>For friends</p>"]) is None


async def test_what_is_passed_on_with_a_proof_needs_no_word_of_its_own_server(scene: Scene) -> None:
    scene.bob.can_prove()
    words = scene.bob.note("Meet at ten")
    created = scene.bob.proved(scene.bob.activity("Create", words), now=scene.town.clock())
    await scene.mallory.told(scene.town, created)
    assert (await scene.status(words)).content == "<p>Meet at ten</p>"
    # The key was new, and nothing else was asked for.
    assert words["id"] not in scene.elm.fetched

    scene.town.network.down.add("elm.example")
    scene.town.clock.advance(MINUTE)
    later = {**words, "content": "<p>Meet at noon</p>", "updated": isoformat(scene.town.clock())}
    updated = scene.bob.proved(scene.bob.activity("Update", later), now=scene.town.clock())
    await scene.mallory.told(scene.town, updated)
    assert (await scene.status(words)).content == "<p>Meet at noon</p>"
    # What was true before can be said again, and is not what counts.
    await scene.ignored(scene.mallory, created)

    deleted = scene.bob.proved(scene.bob.activity("Delete", words["id"]), now=scene.town.clock())
    await scene.mallory.told(scene.town, deleted)
    assert await scene.town.status(words["id"]) is None
    await scene.ignored(scene.mallory, created)


@pytest.mark.parametrize(
    "fault", ["changed", "other key", "other owner", "expired", "unknown key", "not theirs"]
)
async def test_a_proof_that_does_not_hold_is_worth_nothing(scene: Scene, fault: str) -> None:
    """Then the author's own server is asked, which never heard of the post."""
    scene.bob.can_prove()
    scene.mallory.can_prove()
    words = scene.bob.note("I never said this")
    del scene.elm.answers[words["id"]]
    activity = scene.bob.activity("Create", words)
    now = scene.town.clock()
    match fault:
        case "changed":
            true = scene.bob.proved(
                {**activity, "object": {**words, "content": "<p>I said this</p>"}}, now=now
            )
            activity = {**true, "object": words}
        case "other key":
            activity = scene.mallory.proved(activity, now=now, key_id=scene.bob.prover_id)
        case "other owner":
            activity = scene.mallory.proved(activity, now=now)
        case "not theirs":
            # A neighbour on the same server cannot speak for bob.
            scene.carol.can_prove()
            activity = scene.carol.proved(activity, now=now)
        case "unknown key":
            activity = scene.bob.proved(activity, now=now, key_id=f"{scene.bob.uri}#another")
        case "expired":
            activity = expired(scene, activity)
    await scene.mallory.told(scene.town, activity)
    assert await scene.town.status(words["id"]) is None
    assert words["id"] in scene.elm.fetched


def expired(scene: Scene, activity: Document) -> Document:
    """The activity with a proof that was good until yesterday; ours never expire."""
    now = scene.town.clock()
    proof = {
        **scene.bob.proved(activity, now=now - 2 * DAY)["proof"],
        "expires": isoformat(now - DAY),
    }
    del proof["proofValue"]
    hashed = b"".join(hashlib.sha256(jcs.canonical(one)).digest() for one in (proof, activity))
    signature = keys.load_private(scene.bob.prover.private_pem).sign(hashed)
    return {**activity, "proof": {**proof, "proofValue": "z" + base58.encode(signature)}}


async def test_an_old_profile_or_count_is_not_taken_from_others(scene: Scene) -> None:
    scene.bob.can_prove()
    profile = scene.bob.proved(
        scene.bob.activity("Update", {**scene.bob.actor, "name": "As I was called"}), now=scene.town.clock()
    )
    await scene.ignored(scene.mallory, profile)
    option = {"type": "Note", "name": "yes", "replies": {"type": "Collection", "totalItems": 1}}
    poll = await scene.posted(scene.bob, "Well?", type="Question", oneOf=[option], closed=None)
    question = {**scene.elm.answers[poll.uri].body}  # type: ignore[dict-item]
    question["oneOf"] = [{**option, "replies": {"type": "Collection", "totalItems": 0}}]
    before = scene.bob.proved(scene.bob.activity("Update", question), now=scene.town.clock())
    await scene.ignored(scene.mallory, before)
