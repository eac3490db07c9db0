"""Members who quote posts of other servers: consent that is asked for, given, refused, taken back, and forged."""

from typing import Any

import httpx
import orjson
import pytest

from fediserver.activitypub.document import Document
from fediserver.activitypub.vocabulary import PUBLIC
from fediserver.models.status import Status
from tests.scene import Scene
from tests.stranger import Stranger

OPEN = {"canQuote": {"automaticApproval": [PUBLIC]}}


class Asked:
    """alice of oak wants to quote a post of bob's, who was asked; dave of elm follows her."""

    def __init__(self, scene: Scene, client: httpx.AsyncClient) -> None:
        self.scene = scene
        self.client = client
        self.post: Status
        self.quote: Document
        self.dave: Stranger

    async def open(self) -> None:
        scene = self.scene
        self.dave = Stranger(scene.ash, "dave", unlike=scene.mallory)
        await self.dave.told(scene.town, self.dave.activity("Follow", scene.alice.uri))
        self.post = await scene.posted(scene.bob, "plant leeks", interactionPolicy=OPEN)
        self.quote = await self.made()

    async def made(self, **wanted: Any) -> Document:
        wish = {"status": "so true", "quoted_status_id": str(self.post.id)} | wanted
        answer = await self.client.post("/api/v1/statuses", json=wish)
        assert answer.status_code == 200, answer.text
        await self.scene.town.settle()
        entity: Document = answer.json()
        return entity

    def told(self, stranger: Stranger, kind: str) -> list[Document]:
        """Activities of a type that have come to a stranger."""
        sent = [
            orjson.loads(request.content)
            for request in self.scene.town.network.requests
            if str(request.url) == f"{stranger.uri}/inbox" and request.method == "POST"
        ]
        return [one for one in sent if one["type"] == kind]

    @property
    def request(self) -> Document:
        return self.told(self.scene.bob, "QuoteRequest")[-1]

    def stamp(self, **changes: Any) -> Document:
        """An authorization by bob, served where it says."""
        bob = self.scene.bob
        doc = {
            "id": bob.new_uri("stamps"),
            "type": "QuoteAuthorization",
            "attributedTo": bob.uri,
            "interactingObject": self.quote["uri"],
            "interactionTarget": self.post.uri,
        } | changes
        bob.server.serve(doc["id"], doc)
        return doc

    def answer(self, kind: str, by: Stranger | None = None, **changes: Any) -> Document:
        """bob's answer to the request, which names its parts; what is None is left out."""
        request = self.request
        asked = {key: request[key] for key in ("id", "type", "actor", "object")}
        asked["instrument"] = request["instrument"]["id"]
        changes = {"object": asked, **changes}
        return (by or self.scene.bob).activity(kind, changes.pop("object"), **changes)

    async def accepted(self) -> Document:
        stamp = self.stamp()
        await self.scene.bob.told(self.scene.town, self.answer("Accept", result=stamp["id"]))
        return stamp

    async def state(self) -> tuple[str, str | None]:
        """As alice sees it: the state, and the id of the post that is shown."""
        shown = (await self.client.get(f"/api/v1/statuses/{self.quote['id']}")).json()["quote"]
        return shown["state"], shown["quoted_status"] and shown["quoted_status"]["id"]

    async def count(self) -> int:
        return int((await self.client.get(f"/api/v1/statuses/{self.post.id}")).json()["quotes_count"])


@pytest.fixture
async def asked(scene: Scene) -> Asked:
    made = Asked(scene, await scene.town.client(scene.alice))
    await made.open()
    return made


async def test_consent_is_asked_for_with_the_post(asked: Asked) -> None:
    assert asked.quote["quote"] == {"state": "pending", "quoted_status": None}
    assert asked.quote["content"].startswith('<p class="quote-inline">RE: <a href="https://elm.example/')
    request = asked.request
    assert (request["actor"], request["object"]) == (asked.scene.alice.uri, asked.post.uri)
    assert request["to"] == [asked.scene.bob.uri]
    instrument = request["instrument"]
    assert instrument["id"] == asked.quote["uri"]
    assert instrument["quote"] == instrument["quoteUri"] == instrument["_misskey_quote"] == asked.post.uri
    # The post is not held back: its readers have it as a link until the answer comes.
    created = asked.told(asked.dave, "Create")[-1]["object"]
    assert created["quote"] == asked.post.uri
    assert "quoteAuthorization" not in created
    assert await asked.count() == 0


async def test_with_consent_it_is_shown_and_everybody_gets_the_authorization(asked: Asked) -> None:
    stamp = await asked.accepted()
    assert await asked.state() == ("accepted", str(asked.post.id))
    assert await asked.count() == 1
    updated = asked.told(asked.dave, "Update")[-1]["object"]
    assert (updated["quote"], updated["quoteAuthorization"]) == (asked.post.uri, stamp["id"])
    assert "updated" not in updated


async def test_an_authorization_that_is_sent_along_is_not_fetched(asked: Asked) -> None:
    stamp = asked.stamp()
    asked.scene.elm.fetched.clear()
    answer = asked.answer("Accept", result=stamp)
    await asked.scene.bob.told(asked.scene.town, answer)
    assert stamp["id"] not in asked.scene.elm.fetched
    assert (await asked.state())[0] == "accepted"


async def test_a_request_is_known_by_its_id_and_by_its_parts(asked: Asked) -> None:
    by_id = asked.answer("Accept", object=asked.request["id"], result=asked.stamp()["id"])
    await asked.scene.bob.told(asked.scene.town, by_id)
    assert (await asked.state())[0] == "accepted"
    asked.quote = await asked.made()
    parts = {"type": "QuoteRequest", "object": asked.post.uri, "instrument": asked.quote["uri"]}
    by_parts = asked.answer("Accept", object=parts, result=asked.stamp()["id"])
    await asked.scene.bob.told(asked.scene.town, by_parts)
    assert (await asked.state())[0] == "accepted"


async def test_a_refusal_is_told_on(asked: Asked) -> None:
    await asked.scene.bob.told(asked.scene.town, asked.answer("Reject"))
    assert await asked.state() == ("rejected", None)
    updated = asked.told(asked.dave, "Update")[-1]["object"]
    assert updated["quote"] == asked.post.uri
    assert not {"quoteUri", "_misskey_quote", "quoteAuthorization"} & set(updated)
    assert "quote-inline" in updated["content"]


async def test_consent_that_is_taken_back_is_gone_for_all(asked: Asked) -> None:
    stamp = await asked.accepted()
    gone = asked.scene.bob.activity("Delete", {"id": stamp["id"], "type": "QuoteAuthorization"})
    await asked.scene.bob.told(asked.scene.town, gone)
    assert await asked.state() == ("revoked", None)
    assert await asked.count() == 0
    updated = asked.told(asked.dave, "Update")[-1]["object"]
    assert updated["quote"] == asked.post.uri
    assert not {"quoteUri", "_misskey_quote", "quoteAuthorization"} & set(updated)
    # What was taken back does not come to stand again by an answer that comes late.
    late = asked.answer("Accept", result=stamp)
    await asked.scene.ignored(asked.scene.bob, late)


async def test_a_refusal_after_consent_takes_it_back(asked: Asked) -> None:
    await asked.accepted()
    await asked.scene.bob.told(asked.scene.town, asked.answer("Reject"))
    assert (await asked.state())[0] == "revoked"


async def test_a_quoted_post_that_is_deleted(asked: Asked) -> None:
    await asked.accepted()
    await asked.scene.bob.told(asked.scene.town, asked.scene.bob.activity("Delete", asked.post.uri))
    assert await asked.state() == ("deleted", None)


async def test_who_quotes_is_told_of_a_new_version(asked: Asked) -> None:
    await asked.accepted()
    note = {
        "id": asked.post.uri,
        "type": "Note",
        "attributedTo": asked.scene.bob.uri,
        "to": [PUBLIC],
        "content": "<p>plant more leeks</p>",
        "updated": "2026-12-01T00:00:00Z",
    }
    await asked.scene.bob.told(asked.scene.town, asked.scene.bob.activity("Update", note))
    told = (await asked.client.get("/api/v1/notifications")).json()
    assert [(one["type"], one["status"]["id"]) for one in told[:1]] == [("quoted_update", asked.quote["id"])]


async def test_forged_answers_are_refused(asked: Asked) -> None:
    scene = asked.scene
    other = await scene.posted(scene.bob, "other", interactionPolicy=OPEN)
    carols = asked.stamp(id=f"{scene.carol.uri}/stamps/1", attributedTo=scene.carol.uri)
    mallorys = asked.stamp(id=f"{scene.mallory.uri}/stamps/1", attributedTo=scene.mallory.uri)
    scene.ash.serve(mallorys["id"], mallorys)
    request = asked.request
    for by in (scene.mallory, scene.carol):
        # Somebody else says yes, or no, for bob.
        own = asked.stamp()["id"] if by is scene.carol else mallorys["id"]
        await scene.refused(by, asked.answer("Accept", by, result=own), "quote-answer")
        await scene.refused(by, asked.answer("Reject", by), "quote-answer")
    # bob's answer is to another request than was sent.
    for part, value in (("object", other.uri), ("instrument", other.uri), ("actor", scene.mallory.uri)):
        asks = {"id": request["id"], "type": "QuoteRequest", part: value}
        forged = asked.answer("Accept", object=asks, result=asked.stamp()["id"])
        await scene.refused(scene.bob, forged, "quote-answer")
    # The authorization is somebody else's, for another post, or for another quote.
    for wrong, rule in (
        (carols["id"], "stamp"),
        (mallorys["id"], "stamp-origin"),
        (asked.stamp(interactingObject=other.uri)["id"], "stamp"),
        (asked.stamp(interactionTarget=other.uri)["id"], "stamp"),
        (asked.stamp(attributedTo=scene.carol.uri)["id"], "stamp"),
        (asked.stamp(attributedTo=scene.carol.uri), "stamp"),
        (None, "stamp-origin"),
        (f"{scene.town.ctx.config.base_url}/users/alice/quote_authorizations/1", "stamp-origin"),
    ):
        await scene.refused(scene.bob, asked.answer("Accept", result=wrong), rule)
    # What lies elsewhere than its id says, or is no authorization at all.
    moved = asked.stamp()
    scene.elm.redirect(moved["id"], mallorys["id"])
    await scene.refused(scene.bob, asked.answer("Accept", result=moved["id"]), "stamp-origin")
    await scene.ignored(scene.bob, asked.answer("Accept", result=asked.post.uri))
    assert (await asked.state())[0] == "pending"


async def test_only_who_gave_it_takes_consent_back(asked: Asked) -> None:
    stamp = await asked.accepted()
    for other in (asked.scene.carol, asked.scene.mallory):
        await asked.scene.refused(other, other.activity("Delete", stamp["id"]), "delete-owner")
    # mallory passes on what bob never said: bob's server is asked.
    forged = asked.scene.bob.activity("Delete", stamp["id"])
    asked.scene.caplog.clear()
    await asked.scene.mallory.told(asked.scene.town, forged)
    assert "by the rule delete-owner:" in asked.scene.caplog.text
    assert (await asked.state())[0] == "accepted"
    asked.scene.elm.serve(stamp["id"], b"", 410)
    await asked.scene.mallory.told(asked.scene.town, {**forged, "id": asked.scene.bob.new_uri("activities")})
    assert (await asked.state())[0] == "revoked"


async def test_what_is_not_for_the_quoted_author_is_not_shown_to_their_server(asked: Asked) -> None:
    asked.quote = await asked.made(visibility="private")
    assert asked.request["instrument"] == asked.quote["uri"]
    answer = await (await asked.scene.town.client()).get(asked.quote["uri"])
    assert answer.status_code == 404
    await asked.scene.bob.told(asked.scene.town, asked.scene.bob.activity("Follow", asked.scene.alice.uri))
    asked.quote = await asked.made(visibility="private")
    assert asked.request["instrument"]["id"] == asked.quote["uri"]


async def test_an_edit_while_the_answer_is_awaited_keeps_the_wish(asked: Asked) -> None:
    edited = await asked.client.put(f"/api/v1/statuses/{asked.quote['id']}", json={"status": "so very true"})
    assert edited.json()["quote"]["state"] == "pending"
    await asked.scene.town.settle()
    assert asked.told(asked.dave, "Update")[-1]["object"]["quote"] == asked.post.uri
    await asked.accepted()
    assert (await asked.state())[0] == "accepted"


async def test_a_quote_that_is_deleted_is_told_to_who_was_asked(asked: Asked) -> None:
    await asked.accepted()
    await asked.client.delete(f"/api/v1/statuses/{asked.quote['id']}")
    await asked.scene.town.settle()
    assert asked.told(asked.scene.bob, "Delete")[-1]["object"]["id"] == asked.quote["uri"]
    assert await asked.count() == 0
    await asked.scene.ignored(asked.scene.bob, asked.answer("Accept", result=asked.stamp()["id"]))
