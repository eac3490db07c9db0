"""Quotes of our posts by people of other servers: consent that is asked for, given, refused and taken back."""

from typing import Any

import orjson
import pytest

from fediserver.actions import delete
from fediserver.activitypub.document import Document
from fediserver.activitypub.vocabulary import CONTENT_TYPE, PUBLIC
from fediserver.models.status import Status
from fediserver.models.visibility import QuotePolicy
from tests.scene import Scene
from tests.stranger import Stranger


def told(scene: Scene, stranger: Stranger) -> list[Document]:
    """What has come to a stranger's inbox."""
    return [
        orjson.loads(request.content)
        for request in scene.town.network.requests
        if str(request.url) == f"{stranger.uri}/inbox" and request.method == "POST"
    ]


def asking(stranger: Stranger, post: Status, **changes: Any) -> Document:
    """A request to quote a post, with the post that quotes."""
    note = stranger.note("so true", quote=post.uri, **changes)
    return stranger.activity("QuoteRequest", post.uri, instrument=note)


async def document(scene: Scene, uri: str) -> tuple[int, Document]:
    client = await scene.town.client()
    answer = await client.get(uri, headers={"accept": CONTENT_TYPE})
    return answer.status_code, answer.json()


async def shown(scene: Scene, status: Status) -> Document:
    client = await scene.town.client(scene.alice)
    entity: Document = (await client.get(f"/api/v1/statuses/{status.id}")).json()
    return entity


@pytest.mark.parametrize("embedded", [True, False])
async def test_consent_is_given_and_can_be_checked(scene: Scene, embedded: bool) -> None:
    post = await scene.town.post(scene.alice, "plant leeks")
    request = asking(scene.bob, post)
    note = request["instrument"]
    if not embedded:
        request["instrument"] = note["id"]
    await scene.bob.told(scene.town, request)
    answer = told(scene, scene.bob)[-1]
    assert (answer["type"], answer["actor"], answer["to"]) == ("Accept", scene.alice.uri, [scene.bob.uri])
    assert answer["object"] == {
        "id": request["id"],
        "type": "QuoteRequest",
        "actor": scene.bob.uri,
        "object": post.uri,
        "instrument": note["id"],
    }
    status, stamp = await document(scene, answer["result"])
    assert status == 200
    del stamp["@context"]
    assert stamp == {
        "id": answer["result"],
        "type": "QuoteAuthorization",
        "attributedTo": scene.alice.uri,
        "interactingObject": note["id"],
        "interactionTarget": post.uri,
    }
    entity = await shown(scene, await scene.status(note))
    assert (entity["quote"]["state"], entity["quote"]["quoted_status"]["id"]) == ("accepted", str(post.id))
    assert (await shown(scene, post))["quotes_count"] == 1
    client = await scene.town.client(scene.alice)
    assert (await client.get("/api/v1/notifications")).json()[0]["type"] == "quote"


async def test_asked_twice_it_is_counted_once_and_answered_alike(scene: Scene) -> None:
    post = await scene.town.post(scene.alice, "plant leeks")
    request = asking(scene.bob, post)
    await scene.bob.told(scene.town, request)
    await scene.bob.told(scene.town, {**request, "id": scene.bob.new_uri("activities")})
    first, second = [one for one in told(scene, scene.bob) if one["type"] == "Accept"]
    assert first["result"] == second["result"]
    assert (await shown(scene, post))["quotes_count"] == 1


async def test_consent_is_taken_back_and_not_given_again(scene: Scene) -> None:
    post = await scene.town.post(scene.alice, "plant leeks")
    request = asking(scene.bob, post)
    await scene.bob.told(scene.town, request)
    stamp = told(scene, scene.bob)[-1]["result"]
    quoting = await scene.status(request["instrument"])
    client = await scene.town.client(scene.alice)
    answer = await client.post(f"/api/v1/statuses/{post.id}/quotes/{quoting.id}/revoke")
    assert answer.json()["quote"]["state"] == "revoked"
    await scene.town.settle()
    gone = told(scene, scene.bob)[-1]
    assert (gone["type"], gone["object"]["id"], gone["to"]) == ("Delete", stamp, [scene.bob.uri])
    assert (await document(scene, stamp))[0] == 410
    await scene.bob.told(scene.town, {**request, "id": scene.bob.new_uri("activities")})
    assert told(scene, scene.bob)[-1]["type"] == "Reject"


async def test_the_policy_is_told_and_refuses(scene: Scene) -> None:
    rules = {
        QuotePolicy.PUBLIC: PUBLIC,
        QuotePolicy.FOLLOWERS: f"{scene.alice.uri}/followers",
        QuotePolicy.NOBODY: scene.alice.uri,
    }
    for policy, approved in rules.items():
        post = await scene.town.post(scene.alice, "plant leeks", quote_policy=policy)
        _, note = await document(scene, post.uri)
        assert note["interactionPolicy"] == {"canQuote": {"automaticApproval": [approved]}}
        request = asking(scene.bob, post)
        await scene.bob.told(scene.town, request)
        answer = told(scene, scene.bob)[-1]
        assert answer["type"] == ("Accept" if policy is QuotePolicy.PUBLIC else "Reject")
        assert ("result" in answer) is (policy is QuotePolicy.PUBLIC)
    assert (await shown(scene, post))["quotes_count"] == 0


async def test_forged_requests_are_refused(scene: Scene) -> None:
    post = await scene.town.post(scene.alice, "plant leeks")
    other = await scene.town.post(scene.alice, "other")
    await scene.town.settle()
    theirs = scene.bob.note("so true", quote=post.uri)
    # Somebody else's post, named or brought along, and a post that quotes another or nothing.
    for instrument in (theirs["id"], theirs):
        forged = scene.mallory.activity("QuoteRequest", post.uri, instrument=instrument)
        await scene.refused(scene.mallory, forged, "quote-request")
    for changes in ({"quote": other.uri}, {"quote": None}):
        note = scene.mallory.note("so true", **{"quote": post.uri, **changes})
        forged = scene.mallory.activity("QuoteRequest", post.uri, instrument=note)
        await scene.refused(scene.mallory, forged, "quote-request")
    private = await scene.town.post(scene.alice, "for friends", "private")
    await scene.town.settle()
    await scene.ignored(scene.mallory, asking(scene.mallory, private))
    assert (await shown(scene, post))["quotes_count"] == 0


async def test_a_quote_between_ours_goes_out_with_its_consent(scene: Scene) -> None:
    post = await scene.town.post(scene.alice, "plant leeks")
    quoting = await scene.town.post(scene.alice, "so true", quoted_id=post.id)
    _, note = await document(scene, quoting.uri)
    assert note["quote"] == note["quoteUri"] == note["_misskey_quote"] == post.uri
    status, stamp = await document(scene, note["quoteAuthorization"])
    assert (status, stamp["interactingObject"]) == (200, quoting.uri)
    dave = await scene.town.account("dave")
    elsewhere = note["quoteAuthorization"].replace("/alice/", "/dave/")
    assert dave.uri in elsewhere
    assert (await document(scene, elsewhere))[0] == 404
    client = await scene.town.client(scene.alice)
    await client.post(f"/api/v1/statuses/{post.id}/quotes/{quoting.id}/revoke")
    _, refused = await document(scene, quoting.uri)
    assert refused["quote"] == post.uri
    assert not {"quoteUri", "_misskey_quote", "quoteAuthorization"} & set(refused)
    assert (await document(scene, note["quoteAuthorization"]))[0] == 410


async def test_a_new_policy_is_told_to_who_has_the_post(scene: Scene) -> None:
    await scene.bob.told(scene.town, scene.bob.activity("Follow", scene.alice.uri))
    post = await scene.town.post(scene.alice, "plant leeks")
    await scene.town.settle()
    client = await scene.town.client(scene.alice)
    wish = {"quote_approval_policy": "nobody"}
    await client.put(f"/api/v1/statuses/{post.id}/interaction_policy", json=wish)
    await scene.town.settle()
    update = told(scene, scene.bob)[-1]
    assert update["type"] == "Update"
    assert update["object"]["interactionPolicy"]["canQuote"]["automaticApproval"] == [scene.alice.uri]


async def test_who_quotes_hears_what_becomes_of_the_post(scene: Scene) -> None:
    post = await scene.town.post(scene.alice, "plant leeks")
    await scene.bob.told(scene.town, asking(scene.bob, post))
    client = await scene.town.client(scene.alice)
    scene.town.clock.advance(1000)
    await client.put(f"/api/v1/statuses/{post.id}", json={"status": "plant more leeks"})
    await scene.town.settle()
    update = told(scene, scene.bob)[-1]
    assert (update["type"], update["object"]["id"]) == ("Update", post.uri)
    now = await scene.town.status(post.uri)
    assert now is not None
    await delete.delete(scene.town.ctx, scene.alice, now)
    await scene.town.settle()
    gone = told(scene, scene.bob)[-1]
    assert (gone["type"], gone["object"]["id"]) == ("Delete", post.uri)
