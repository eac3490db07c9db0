"""Rules of trust 4, 5, 7, 8 and 9 (what is fetched, and from where): refused, and nothing has changed."""

from typing import Any

import pytest

from fediserver.activitypub.document import Document
from fediserver.activitypub.fetch import FETCHES
from fediserver.activitypub.vocabulary import AS2, PUBLIC
from fediserver.clock import DAY, HOUR
from fediserver.db import relationships
from tests.scene import Scene
from tests.stranger import Answer, Server, Stranger

# ---------------------------------------------------------------- rule 4: what is fetched is what was asked for


async def test_rule_4_a_document_of_another_origin_is_refused(scene: Scene) -> None:
    """ash sends what says that it is a post of elm."""
    said = scene.bob.note()
    copy = scene.ash.serve("https://ash.example/copies/1", {**said, "content": "<p>Forged</p>"})
    for kind in ("Announce", "Create"):
        await scene.refused(scene.mallory, scene.mallory.activity(kind, copy), "fetched-origin")


async def test_rule_4_a_redirect_to_another_origin_is_not_believed(scene: Scene) -> None:
    """elm lets anybody redirect from it; where that leads cannot speak for elm, nor elm for that."""
    forged = {**scene.bob.note(), "id": "https://elm.example/users/bob/notes/99", "content": "<p>Forged</p>"}
    scene.ash.serve("https://ash.example/copies/1", forged)
    scene.elm.redirect(forged["id"], "https://ash.example/copies/1")
    activity = scene.mallory.activity("Announce", forged["id"])
    await scene.refused(scene.mallory, activity, "fetched-origin")


async def test_rule_4_a_redirect_to_somebody_elses_post_makes_it_nobody_elses(scene: Scene) -> None:
    said = scene.bob.note("Said by bob")
    scene.ash.redirect("https://ash.example/r", said["id"])
    await scene.mallory.told(scene.town, scene.mallory.activity("Announce", "https://ash.example/r"))
    assert (await scene.status(said)).account_id == (await scene.known(scene.bob)).id
    assert await scene.town.status("https://ash.example/r") is None


async def test_rule_4_another_id_of_the_same_origin_is_asked_for_once(scene: Scene) -> None:
    said = scene.bob.note()
    page = scene.elm.serve("https://elm.example/@bob/1", said)
    await scene.bob.told(scene.town, scene.bob.activity("Announce", page))
    assert scene.elm.fetched.count(said["id"]) == 1
    assert await scene.town.status(said["id"]) is not None
    # The second time it must be what was asked for.
    first, second = "https://elm.example/a", "https://elm.example/b"
    scene.elm.serve(first, {**scene.bob.note(), "id": second})
    scene.elm.serve(second, {**scene.bob.note(), "id": first})
    await scene.refused(scene.bob, scene.bob.activity("Announce", first), "fetched-id")


@pytest.mark.parametrize(
    ("uri", "rule"),
    [(None, "fetched-id"), ("", "fetched-id"), (17, "fetched-id"), ("tag:elm.example,2026:1", "fetched-id")],
)
async def test_rule_4_a_document_without_an_id_is_nothing(scene: Scene, uri: Any, rule: str) -> None:
    page = scene.elm.serve("https://elm.example/x", {**scene.bob.note(), "id": uri})
    await scene.refused(scene.bob, scene.bob.activity("Announce", page), rule)


@pytest.mark.parametrize("host", ["oak.example", "OAK.example", "oak.example:443"])
async def test_rule_4_nothing_that_is_fetched_is_ours(scene: Scene, host: str) -> None:
    forged = {**scene.mallory.note(), "id": f"https://{host}/users/alice/statuses/1"}
    page = scene.ash.serve("https://ash.example/x", forged)
    await scene.refused(scene.mallory, scene.mallory.activity("Announce", page), "fetched-origin")
    # Not even when we are asked ourselves: there is no request to our own address.
    await scene.ignored(scene.mallory, scene.mallory.activity("Announce", forged["id"]))
    assert all(request.url.host != "oak.example" for request in scene.town.network.requests)


async def test_rule_4_an_actor_elsewhere_does_not_take_a_known_handle(scene: Scene) -> None:
    """mallory's new actor calls itself bob@elm.example; elm's WebFinger does not say so."""
    thief = Stranger(scene.ash, "thief")
    thief.actor |= {"webfinger": "bob@elm.example", "preferredUsername": "bob"}
    await thief.told(scene.town, thief.activity("Follow", scene.alice.uri))
    assert (await scene.known(scene.bob)).uri == scene.bob.uri
    assert (await scene.town.known("bob@ash.example")).uri == thief.uri


async def test_rule_4_an_actor_elsewhere_does_not_take_a_handle_of_ours(scene: Scene) -> None:
    thief = Stranger(scene.ash, "alice")
    thief.actor["webfinger"] = "alice@oak.example"
    link = {"rel": "self", "type": "application/activity+json", "href": thief.uri}
    address = "https://ash.example/.well-known/webfinger?resource=acct:alice@ash.example"
    scene.ash.serve(
        address, {"subject": "acct:alice@oak.example", "links": [link]}, content_type="application/jrd+json"
    )
    await thief.told(scene.town, thief.activity("Follow", scene.alice.uri))
    assert (await scene.town.known("alice@ash.example")).uri == thief.uri
    assert (await scene.town.now(scene.alice)).uri == scene.alice.uri


# ---------------------------------------------------------------- rule 5: the content type


NOT_ACTIVITYPUB = [
    "application/json",
    "text/plain",
    "text/html",
    "image/png",
    "application/octet-stream",
    "application/ld+json",
    'application/ld+json; profile="https://example.org/other"',
    "application/activity+json2",
    "",
]


async def test_rule_5_an_uploaded_file_is_no_actor_and_no_post(scene: Scene) -> None:
    """Whoever may upload a file to elm writes an actor of elm, and a post."""
    for content_type in NOT_ACTIVITYPUB:
        planted = Stranger(scene.elm, f"planted{NOT_ACTIVITYPUB.index(content_type)}", unlike=scene.bob)
        scene.elm.serve(planted.uri, planted.actor, content_type=content_type)
        await scene.refused(planted, planted.activity("Follow", scene.alice.uri), "content-type")
        note = scene.bob.note("Planted")
        scene.elm.serve(note["id"], note, content_type=content_type)
        await scene.refused(scene.mallory, scene.mallory.activity("Announce", note["id"]), "content-type")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json; charset=utf-8",
        f'application/ld+json; profile="{AS2}"',
        "APPLICATION/Activity+JSON",
    ],
)
async def test_rule_5_what_servers_really_send_is_read(scene: Scene, content_type: str) -> None:
    note = scene.bob.note()
    scene.elm.serve(note["id"], note, content_type=content_type)
    await scene.mallory.told(scene.town, scene.mallory.activity("Announce", note["id"]))
    assert await scene.town.status(note["id"]) is not None


# ---------------------------------------------------------------- rule 7: addresses that are not asked

INSIDE = [
    "http://127.0.0.1/x",
    "https://127.0.0.1/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://0177.0.0.1/x",
    "https://127.1/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/x",
    "https://0/x",
    "http://elm.example/users/bob",
    "https://elm.example:0/x",
    "https://127.0.0.1:22/x",
]


async def test_rule_7_no_key_is_fetched_from_inside(scene: Scene) -> None:
    for uri in INSIDE:
        before = await scene.rows()
        forged = {**scene.mallory.activity("Follow", scene.alice.uri), "actor": uri, "id": f"{uri}#1"}
        answer = await scene.mallory.send(scene.town, forged, key_id=f"{uri}#main-key")
        assert answer.status_code in (202, 401, 403)
        await scene.town.settle()
        await scene.unchanged(before)
        assert scene.town.network.requests == []


async def test_rule_7_no_object_is_fetched_from_inside(scene: Scene) -> None:
    mallory = scene.mallory
    before = await scene.rows()
    for number, uri in enumerate(INSIDE):
        turn = f"https://ash.example/inside/{number}"
        scene.ash.redirect(turn, uri)
        kinds = [(kind, uri) for kind in ("Announce", "Create", "Update", "Add")] + [("Announce", turn)]
        for kind, about in kinds:
            activity = mallory.activity(kind, about, target=mallory.actor["featured"])
            assert (await mallory.send(scene.town, activity)).status_code == 202
        move = mallory.activity("Move", mallory.uri, target=uri)
        assert (await mallory.send(scene.town, move)).status_code == 202
    await scene.town.settle()
    await scene.unchanged(before)
    asked = {str(request.url) for request in scene.town.network.requests}
    assert asked == {f"https://ash.example/inside/{number}" for number in range(len(INSIDE))}


async def test_rule_7_nothing_is_delivered_to_the_inside(scene: Scene) -> None:
    """An actor may name any inbox; its follow is granted, and the Accept goes nowhere."""
    for uri in INSIDE:
        spy = Stranger(scene.ash, f"spy{INSIDE.index(uri)}")
        spy.actor |= {"inbox": uri, "endpoints": {"sharedInbox": uri}}
        await spy.send(scene.town, spy.activity("Follow", scene.alice.uri))
        await scene.town.settle()
        await scene.town.post(scene.alice, "For the public")
        await scene.town.settle()
        asked = [request for request in scene.town.network.requests if request.method == "POST"]
        assert {str(request.url) for request in asked} <= {f"{scene.bob.uri}/inbox"}


async def test_rule_7_parents_and_mentions_are_not_fetched_from_inside(scene: Scene) -> None:
    note = scene.mallory.note(
        inReplyTo="https://127.0.0.1/x",
        context="https://127.0.0.1/x",
        replies="https://127.0.0.1/x",
        tag=[{"type": "Mention", "href": "https://127.0.0.1/x", "name": "@x@127.0.0.1"}],
    )
    await scene.mallory.told(scene.town, scene.mallory.activity("Create", note))
    assert await scene.town.status(note["id"]) is not None
    assert scene.town.network.requests == []


# ---------------------------------------------------------------- rule 8: how much is fetched


def endless(server: Server, author: Stranger, *, strangers: bool) -> None:
    """Every post answers another, for ever; each by somebody else if `strangers`."""

    def answer(address: str) -> Answer:
        name, _, number = address.removeprefix(f"{server.url}/").partition("/")
        if name == "actors":
            actor = {**author.actor, "id": address, "preferredUsername": f"a{number}", "publicKey": None}
            return Answer(actor)
        if name != "chain":
            return Answer(b"", 404)
        writer = f"{server.url}/actors/{number}" if strangers else author.uri
        return Answer(chained(server, int(number), writer))

    server.otherwise = answer


def chained(server: Server, number: int, author: str) -> Document:
    return {
        "@context": AS2,
        "id": f"{server.url}/chain/{number}",
        "type": "Note",
        "attributedTo": author,
        "content": f"<p>{number}</p>",
        "inReplyTo": f"{server.url}/chain/{number + 1}",
        "to": [PUBLIC],
    }


@pytest.mark.parametrize("strangers", [False, True])
async def test_rule_8_a_thread_without_end_causes_fifty_fetches(scene: Scene, strangers: bool) -> None:
    endless(scene.ash, scene.mallory, strangers=strangers)
    note = chained(scene.ash, 0, scene.mallory.uri)
    await scene.mallory.told(scene.town, scene.mallory.activity("Create", note))
    for _ in range(3):
        await scene.town.settle()
        scene.town.clock.advance(HOUR)
    assert 10 < len(scene.town.network.requests) <= FETCHES
    assert await scene.town.status(f"{scene.ash.url}/chain/5") is not None


async def test_rule_8_a_boost_of_a_thread_without_end_causes_fifty_fetches(scene: Scene) -> None:
    endless(scene.ash, scene.mallory, strangers=True)
    await scene.mallory.told(scene.town, scene.mallory.activity("Announce", f"{scene.ash.url}/chain/7"))
    await scene.town.settle()
    assert 10 < len(scene.town.network.requests) <= FETCHES


async def test_rule_8_threads_that_bite_their_tail_end(scene: Scene) -> None:
    mallory = scene.mallory
    own = mallory.note()
    own["inReplyTo"] = own["id"]
    await mallory.told(scene.town, mallory.activity("Create", own))
    one, two, three = (mallory.note() for _ in range(3))
    one["inReplyTo"], two["inReplyTo"], three["inReplyTo"] = two["id"], three["id"], one["id"]
    await mallory.told(scene.town, mallory.activity("Create", one))
    stored = [await scene.status(note) for note in (own, one, two, three)]
    assert len(stored) == 4
    assert len(scene.town.network.requests) <= 4
    client = await scene.town.client(scene.alice)
    for status in stored:
        answer = await client.get(f"/api/v1/statuses/{status.id}/context")
        assert answer.status_code == 200


async def test_rule_8_a_host_that_does_not_answer_is_not_asked_for_ever(scene: Scene) -> None:
    scene.town.network.down.add("fir.example")
    note = scene.mallory.note(inReplyTo="https://fir.example/1")
    await scene.mallory.told(scene.town, scene.mallory.activity("Create", note))
    for _ in range(60):
        scene.town.clock.advance(HOUR)
        await scene.town.settle()
    asked = len(scene.town.network.requests)
    assert asked <= FETCHES
    scene.town.clock.advance(7 * DAY)
    await scene.town.settle()
    assert len(scene.town.network.requests) == asked


async def test_rule_8_documents_of_a_size_that_nobody_needs_are_not_read(scene: Scene) -> None:
    note = scene.bob.note()
    for body in (
        b'{"id":"' + note["id"].encode() + b'","pad":"' + b"x" * (1 << 20) + b'"}',
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 40 + b"]" * 40,
        b"\xff\xfe",
        b"",
        b"null",
    ):
        scene.elm.serve(note["id"], body)
        await scene.ignored(scene.mallory, scene.mallory.activity("Announce", note["id"]))


# ---------------------------------------------------------------- rule 9: plain AS2


@pytest.mark.parametrize("key", ["@graph", "@included", "@reverse"])
async def test_rule_9_json_ld_that_moves_objects_about_is_refused(scene: Scene, key: str) -> None:
    activity = scene.mallory.activity("Create", scene.mallory.note())
    activity[key] = [scene.bob.activity("Follow", scene.alice.uri)]
    await scene.refused(scene.mallory, activity, "graph", status=403)
    note = scene.bob.note()
    note[key] = []
    await scene.refused(scene.mallory, scene.mallory.activity("Announce", note["id"]), "graph")


@pytest.mark.parametrize("public", [PUBLIC, "as:Public", "Public", [PUBLIC], [None, "as:Public"]])
async def test_rule_9_public_in_every_form_is_public(scene: Scene, public: Any) -> None:
    assert (await scene.posted(scene.bob, to=public, cc=None)).visibility.is_open


async def test_rule_9_lists_and_objects_stand_for_single_values(scene: Scene) -> None:
    follow = scene.carol.activity("Follow", [{"id": scene.alice.uri, "type": "Person"}])
    follow |= {"type": ["Follow"], "actor": [{"id": scene.carol.uri}]}
    await scene.carol.told(scene.town, follow)
    known = await scene.known(scene.carol)
    assert await relationships.follow(scene.town.ctx.db, known.id, scene.alice.id) is not None
