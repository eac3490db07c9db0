"""Quotes in posts of other servers: read in every spelling, shown by consent only; and whom their authors let quote."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from fediserver.activitypub import document
from fediserver.activitypub.document import Document
from fediserver.activitypub.vocabulary import PUBLIC
from fediserver.clock import DAY
from fediserver.db import quotes
from fediserver.models.quote import QuoteState
from fediserver.models.status import Status
from tests.scene import Scene
from tests.stranger import Stranger

SAMPLES = Path(__file__).parents[3] / "shared/spec/samples"
LINK = {
    "type": "Link",
    "mediaType": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    "rel": "https://misskey-hub.net/ns#_misskey_quote",
}


async def shown(scene: Scene, status: Status) -> Any:
    """What alice is shown of a post."""
    client = await scene.town.client(scene.alice)
    return (await client.get(f"/api/v1/statuses/{status.id}")).json()


async def state(scene: Scene, status: Status) -> str | None:
    quote = (await shown(scene, status))["quote"]
    return None if quote is None else str(quote["state"])


def stamp(quoted_author: Stranger, quoted: str, quoting: str, **changes: Any) -> str:
    """An authorization, served by who is quoted; answers its id."""
    doc = {
        "id": quoted_author.new_uri("stamps"),
        "type": "QuoteAuthorization",
        "attributedTo": quoted_author.uri,
        "interactingObject": quoting,
        "interactionTarget": quoted,
    } | changes
    quoted_author.server.serve(doc["id"], doc)
    return str(doc["id"])


async def quoting(scene: Scene, author: Stranger, quoted: str, **changes: Any) -> tuple[Document, Status]:
    """A post of a stranger that quotes, and its row."""
    note = author.note("so true", **({"quote": quoted} | changes))
    await author.told(scene.town, author.activity("Create", note))
    return note, await scene.status(note)


async def stamped(
    scene: Scene, author: Stranger, quoted_author: Stranger, quoted: str, **changes: Any
) -> Status:
    """A post of a stranger that quotes by leave of another, and its row; `changes` are those of the authorization."""
    note = author.note("so true", quote=quoted)
    note["quoteAuthorization"] = stamp(quoted_author, quoted, note["id"], **changes)
    await author.told(scene.town, author.activity("Create", note))
    return await scene.status(note)


async def updated(scene: Scene, author: Stranger, note: Document) -> None:
    await author.told(scene.town, author.activity("Update", note))


async def test_with_an_authorization_a_quote_is_shown_and_counted(scene: Scene) -> None:
    theirs = scene.mallory.note("plant leeks")
    found = await stamped(scene, scene.bob, scene.mallory, theirs["id"])
    entity = await shown(scene, found)
    assert entity["quote"]["state"] == "accepted"
    assert entity["quote"]["quoted_status"]["uri"] == theirs["id"]
    assert entity["quote"]["quoted_status"]["quotes_count"] == 1
    client = await scene.town.client(scene.alice)
    quoted_id = entity["quote"]["quoted_status"]["id"]
    listed = (await client.get(f"/api/v1/statuses/{quoted_id}/quotes")).json()
    assert [one["id"] for one in listed] == [str(found.id)]


async def test_whom_one_quotes_oneself_needs_no_consent(scene: Scene) -> None:
    own = scene.bob.note("plant leeks")
    _, found = await quoting(scene, scene.bob, own["id"])
    assert await state(scene, found) == "accepted"
    # One server is not one author.
    carols = scene.carol.note("weed them")
    _, found = await quoting(scene, scene.bob, carols["id"])
    assert await state(scene, found) == "pending"


@pytest.mark.parametrize("spelling", ["quoteUrl", "quoteUri", "_misskey_quote", "tag"])
async def test_without_a_word_of_consent_a_quote_is_hidden_in_every_spelling(
    scene: Scene, spelling: str
) -> None:
    theirs, own = scene.mallory.note("plant leeks"), scene.bob.note("weed them")

    def spelled(uri: str) -> Document:
        return {"tag": [LINK | {"href": uri}]} if spelling == "tag" else {spelling: uri}

    _, found = await quoting(scene, scene.bob, theirs["id"], quote=None, **spelled(theirs["id"]))
    assert (await shown(scene, found))["quote"] is None
    row = await quotes.of_status(scene.town.ctx.db, found.id)
    assert row is not None
    assert row.state is QuoteState.UNASKED
    _, found = await quoting(scene, scene.bob, own["id"], quote=None, **spelled(own["id"]))
    assert await state(scene, found) == "accepted"


async def test_forged_authorizations_are_not_believed(scene: Scene) -> None:
    theirs = scene.carol.note("plant leeks")
    other = scene.carol.note("weed them")
    for changes in (
        {"interactingObject": other["id"]},
        {"interactionTarget": other["id"]},
        {"attributedTo": scene.bob.uri},
        {"attributedTo": scene.mallory.uri},
        {"type": "Note"},
        {"id": scene.bob.note("elsewhere")["id"] + "/stamp", "attributedTo": scene.bob.uri},
    ):
        found = await stamped(scene, scene.bob, scene.carol, theirs["id"], **changes)
        assert await state(scene, found) == "pending", changes
    # mallory's server says that carol consents; it is not even asked.
    scene.forget()
    found = await stamped(scene, scene.bob, scene.mallory, theirs["id"], attributedTo=scene.carol.uri)
    assert not [one for one in scene.ash.fetched if "/stamps/" in one]
    assert await state(scene, found) == "pending"
    # An authorization that is not there is none.
    note, found = await quoting(
        scene, scene.bob, theirs["id"], quoteAuthorization=f"{scene.carol.uri}/stamps/none"
    )
    assert await state(scene, found) == "rejected"
    assert (await shown(scene, found))["quote"]["quoted_status"] is None
    note["quoteAuthorization"] = stamp(scene.carol, theirs["id"], note["id"])
    await updated(scene, scene.bob, note)
    assert await state(scene, found) == "accepted"


async def test_consent_to_quote_ours_is_not_for_others_to_tell(scene: Scene) -> None:
    post = await scene.town.post(scene.alice, "plant leeks")
    mine = f"{scene.alice.uri}/quote_authorizations/1"
    note, found = await quoting(scene, scene.bob, post.uri, quoteAuthorization=mine)
    assert await state(scene, found) == "pending"
    await scene.bob.told(scene.town, scene.bob.activity("QuoteRequest", post.uri, instrument=note))
    assert await state(scene, found) == "accepted"
    client = await scene.town.client(scene.alice)
    told = [one["type"] for one in (await client.get("/api/v1/notifications")).json()]
    assert told.count("quote") == 1
    await updated(scene, scene.bob, {**note, "quoteAuthorization": f"{mine}0"})
    assert await state(scene, found) == "accepted"


async def test_refused_a_quote_of_ours_that_is_here_says_so(scene: Scene) -> None:
    client = await scene.town.client(scene.alice)
    post = await scene.town.post(scene.alice, "plant leeks")
    await client.put(
        f"/api/v1/statuses/{post.id}/interaction_policy", json={"quote_approval_policy": "nobody"}
    )
    note, found = await quoting(scene, scene.bob, post.uri)
    await scene.bob.told(scene.town, scene.bob.activity("QuoteRequest", post.uri, instrument=note))
    assert await state(scene, found) == "rejected"


async def test_an_authorization_comes_with_an_update_and_goes_by_its_author(scene: Scene) -> None:
    theirs = scene.mallory.note("plant leeks")
    note, found = await quoting(scene, scene.bob, theirs["id"])
    assert await state(scene, found) == "pending"
    note["quoteAuthorization"] = stamp(scene.mallory, theirs["id"], note["id"])
    await updated(scene, scene.bob, note)
    assert await state(scene, found) == "accepted"
    scene.ash.serve(note["quoteAuthorization"], b"", 410)
    await scene.mallory.told(scene.town, scene.mallory.activity("Delete", note["quoteAuthorization"]))
    assert await state(scene, found) == "revoked"
    # Whoever quotes cannot bring it back by naming it again.
    without = {name: value for name, value in note.items() if name != "quoteAuthorization"}
    await updated(scene, scene.bob, without)
    assert await state(scene, found) == "revoked"
    await updated(scene, scene.bob, note)
    assert await state(scene, found) == "rejected"
    assert (await shown(scene, await scene.status(theirs)))["quotes_count"] == 0


async def test_an_update_that_quotes_another_or_nothing(scene: Scene) -> None:
    own, other = scene.bob.note("plant leeks"), scene.bob.note("weed them")
    note, found = await quoting(scene, scene.bob, own["id"])
    await updated(scene, scene.bob, {**note, "quote": other["id"]})
    entity = await shown(scene, found)
    assert entity["quote"]["quoted_status"]["uri"] == other["id"]
    assert (await shown(scene, await scene.status(own)))["quotes_count"] == 0
    del note["quote"]
    await updated(scene, scene.bob, note)
    assert (await shown(scene, found))["quote"] is None
    assert (await shown(scene, await scene.status(other)))["quotes_count"] == 0
    # A version that comes late changes nothing.
    scene.town.clock.advance(DAY)
    newer = {**note, "updated": "2026-09-21T20:00:00Z", "content": "<p>new</p>"}
    await updated(scene, scene.bob, newer)
    await updated(scene, scene.bob, {**note, "quote": own["id"], "updated": "2026-09-21T18:00:00Z"})
    assert (await shown(scene, found))["quote"] is None


async def test_what_is_quoted_is_fetched_once_it_can_be_had(scene: Scene) -> None:
    theirs = scene.mallory.note("plant leeks")
    scene.town.network.down.add("ash.example")
    note = scene.bob.note("so true", quote=theirs["id"])
    note["quoteAuthorization"] = stamp(scene.mallory, theirs["id"], note["id"])
    await scene.bob.told(scene.town, scene.bob.activity("Create", note))
    found = await scene.status(note)
    assert await state(scene, found) == "pending"
    scene.town.network.down.clear()
    scene.town.clock.advance(60_000)
    await scene.town.settle()
    assert await state(scene, found) == "accepted"


async def test_a_chain_of_quotes_costs_no_more_than_one_activity_may(scene: Scene) -> None:
    chain: list[Document] = [scene.mallory.note("0")]
    for number in range(1, 60):
        chain.append(
            scene.mallory.note(str(number), quote=chain[-1]["id"], inReplyTo=chain[number - 2]["id"])
        )
    scene.forget()
    _, found = await quoting(scene, scene.bob, chain[-1]["id"], inReplyTo=chain[-2]["id"])
    for _ in range(5):
        await scene.town.settle()
    assert 5 < len(scene.ash.fetched) <= 50
    assert await state(scene, found) == "pending"


async def test_a_post_that_quotes_itself_or_a_boost_quotes_nothing(scene: Scene) -> None:
    note = scene.bob.note("me")
    note["quote"] = note["id"]
    await scene.bob.told(scene.town, scene.bob.activity("Create", note))
    assert (await scene.status(note)).quote_id is None
    post = await scene.posted(scene.bob, "plant leeks")
    boost = scene.bob.activity("Announce", post.uri)
    await scene.bob.told(scene.town, boost)
    _, found = await quoting(scene, scene.bob, boost["id"])
    assert found.quote_id is None
    _, found = await quoting(scene, scene.bob, f"{scene.town.ctx.config.base_url}/users/alice/statuses/1")
    assert found.quote_id is None


@pytest.mark.parametrize(
    ("policy", "automatic", "manual", "standing"),
    [
        ({"automaticApproval": [PUBLIC]}, ["public"], [], "automatic"),
        ({"automaticApproval": "as:Public", "manualApproval": []}, ["public"], [], "automatic"),
        ({"automaticApproval": ["FOLLOWERS"]}, ["followers"], [], "automatic"),
        (
            {"automaticApproval": ["FOLLOWING"], "manualApproval": [PUBLIC]},
            ["following"],
            ["public"],
            "manual",
        ),
        ({"manualApproval": ["FOLLOWERS"]}, [], ["followers"], "manual"),
        ({"automaticApproval": ["AUTHOR"]}, [], [], "denied"),
        (
            {"automaticApproval": ["AUTHOR", "https://x.example/friends"]},
            ["unsupported_policy"],
            [],
            "unknown",
        ),
        ({"automaticApproval": 7, "manualApproval": {"a": []}}, [], [], "denied"),
        ({}, [], [], "denied"),
        (None, [], [], "denied"),
    ],
)
async def test_who_may_quote_is_read_and_told(
    scene: Scene, policy: Any, automatic: list[str], manual: list[str], standing: str
) -> None:
    names = {"FOLLOWERS": f"{scene.bob.uri}/followers", "FOLLOWING": f"{scene.bob.uri}/following"}
    text = orjson.dumps({"canQuote": policy}).decode().replace("AUTHOR", scene.bob.uri)
    for name, uri in names.items():
        text = text.replace(name, uri)
    post = await scene.posted(scene.bob, interactionPolicy=orjson.loads(text))
    expected = {"automatic": automatic, "manual": manual, "current_user": standing}
    assert (await shown(scene, post))["quote_approval"] == expected
    client = await scene.town.client(scene.alice)
    wish = {"status": "so true", "quoted_status_id": str(post.id)}
    answer = await client.post("/api/v1/statuses", json=wish)
    assert answer.status_code == (422 if standing == "denied" else 200)
    if standing != "denied":
        assert answer.json()["quote"]["state"] == "pending"


async def test_whom_the_author_follows_may_quote_and_others_are_asked_about(scene: Scene) -> None:
    following = f"{scene.bob.uri}/following"
    policy = {
        "canQuote": {"automaticApproval": [following], "manualApproval": [f"{scene.bob.uri}/followers"]}
    }
    post = await scene.posted(scene.bob, interactionPolicy=policy)
    dave = await scene.town.account("dave")
    theirs = await scene.town.client(dave)
    for follows, standing in ((False, "denied"), (True, "automatic")):
        if follows:
            await scene.bob.told(scene.town, scene.bob.activity("Follow", dave.uri))
        seen = (await theirs.get(f"/api/v1/statuses/{post.id}")).json()
        assert seen["quote_approval"]["current_user"] == standing
    assert (await shown(scene, post))["quote_approval"]["current_user"] == "manual"
    stranger = await scene.town.client()
    seen = (await stranger.get(f"/api/v1/statuses/{post.id}")).json()
    assert seen["quote_approval"]["current_user"] == "denied"


async def test_a_new_policy_comes_with_an_update_and_an_older_one_does_not(scene: Scene) -> None:
    note = scene.bob.note("plant leeks", interactionPolicy={"canQuote": {"automaticApproval": [PUBLIC]}})
    await scene.bob.told(scene.town, scene.bob.activity("Create", note))
    post = await scene.status(note)
    note["interactionPolicy"] = {"canQuote": {"automaticApproval": [scene.bob.uri]}}
    await updated(scene, scene.bob, note)
    assert (await shown(scene, post))["quote_approval"]["automatic"] == []
    scene.town.clock.advance(DAY)
    await updated(scene, scene.bob, {**note, "content": "<p>new</p>", "updated": "2026-09-21T20:00:00Z"})
    note["interactionPolicy"] = {"canQuote": {"automaticApproval": [PUBLIC]}}
    await updated(scene, scene.bob, {**note, "updated": "2026-09-21T18:00:00Z"})
    assert (await shown(scene, post))["quote_approval"]["automatic"] == []


async def test_what_is_not_open_is_quoted_by_nobody_whatever_its_policy_says(scene: Scene) -> None:
    policy = {"canQuote": {"automaticApproval": [PUBLIC]}}
    post = await scene.posted(scene.bob, to=[f"{scene.bob.uri}/followers"], cc=[], interactionPolicy=policy)
    expected = {"automatic": [], "manual": [], "current_user": "denied"}
    assert (await shown(scene, post))["quote_approval"] == expected


async def test_a_quote_within_a_quote_is_named_by_its_state(scene: Scene) -> None:
    theirs = scene.mallory.note("plant leeks")
    inner = await stamped(scene, scene.bob, scene.mallory, theirs["id"])
    _, outer = await quoting(scene, scene.bob, inner.uri)
    entity = await shown(scene, outer)
    quoted = await scene.status(theirs)
    assert entity["quote"]["quoted_status"]["quote"] == {
        "state": "accepted",
        "quoted_status_id": str(quoted.id),
    }
    _, hidden = await quoting(scene, scene.bob, theirs["id"], quote=None, quoteUrl=theirs["id"])
    _, outer = await quoting(scene, scene.bob, hidden.uri)
    assert (await shown(scene, outer))["quote"]["quoted_status"]["quote"] is None


@pytest.mark.needs_shared
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/spec/samples is not here")
@pytest.mark.parametrize(
    ("name", "asks"),
    [
        ("fedibird/fedibird_quote_uri", False),
        ("fedibird/fedibird_quote_post", False),
        ("misskey/quote", False),
        ("fep-examples/fep-044f.md_block2", True),
        ("fep-examples/fep-044f.md_block8", True),
        ("pleroma/fep-e232-tag-example", False),
    ],
)
def test_quotes_of_other_software_are_read(name: str, asks: bool) -> None:
    note = document.read_note(orjson.loads((SAMPLES / f"{name}.json").read_bytes()))
    assert note.quote.startswith("https://")
    assert note.quote_asks is asks


@pytest.mark.needs_shared
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/spec/samples is not here")
def test_the_examples_of_the_fep_are_understood() -> None:
    sample = {
        number: orjson.loads((SAMPLES / f"fep-examples/fep-044f.md_block{number}.json").read_bytes())
        for number in (3, 4, 5, 8)
    }
    policy = document.read_note(sample[3])
    assert policy.may_quote == ("https://example.com/users/alice/followers",)
    assert policy.may_ask_to_quote == ()
    stamp_read = document.read_stamp(sample[4])
    assert stamp_read.id == document.read_note(sample[8]).quote_authorization
    asked = document.read_activity(sample[5])
    assert asked.type == "QuoteRequest"
    assert asked.object == stamp_read.quoted
