"""Replies that were never sent here are fetched from their own servers, whatever the lists say that lead to them."""

import asyncio
from typing import Any

import pytest

from fediserver.actions import refresh
from fediserver.activitypub import replies
from fediserver.activitypub.document import Document
from fediserver.activitypub.vocabulary import AS2
from fediserver.clock import SECOND
from fediserver.db import refreshes
from fediserver.jobs import refreshing
from fediserver.jobs.refreshing import Refresher
from fediserver.models.status import Status
from tests.conftest import OpenTown
from tests.federation.test_two_towns import followed
from tests.scene import Scene
from tests.stranger import Answer, Server, Stranger
from tests.town import settle


def listed(*items: Any, **more: Any) -> Document:
    return {"type": "Collection", "first": {"type": "CollectionPage", "items": list(items), **more}}


def page(uri: str, *items: Any, **more: Any) -> Document:
    return {"@context": AS2, "id": uri, "type": "CollectionPage", "items": list(items), **more}


async def looked_at(scene: Scene, post: Status) -> None:
    """alice looks at the thread, and what comes of it."""
    scene.town.clock.advance(refresh.SETTLED)
    scene.forget()
    client = await scene.town.client(scene.alice)
    answer = await client.get(f"/api/v1/statuses/{post.id}/context")
    assert "mastodon-async-refresh" in answer.headers
    await scene.town.settle()


async def rooted(scene: Scene, author: Stranger, **changes: Any) -> tuple[Document, Status]:
    """A post that has come, whose document may still be changed."""
    note = author.note("Root", **changes)
    await author.told(scene.town, author.activity("Create", note))
    return note, await scene.status(note)


async def test_replies_between_other_towns_appear(open_town: OpenTown) -> None:
    """elm has a thread of its people, of which oak was only sent the first post, and ash's reply to a reply."""
    oak, elm, ash = [await open_town(f"{name}.example") for name in ("oak", "elm", "ash")]
    alice, bob = await oak.account("alice"), await elm.account("bob")
    carol, dora = await elm.account("carol"), await ash.account("dora")
    await followed(oak, alice, elm, bob)
    post = await elm.post(bob, "Who has a ladder?")
    await settle(oak, elm, ash)
    reply = await elm.post(carol, "I have", in_reply_to_id=post.id)
    await followed(ash, dora, elm, carol)
    later = await elm.post(carol, "It is green", in_reply_to_id=reply.id)
    await settle(oak, elm, ash)
    copy = await ash.status(later.uri)
    assert copy is not None
    last = await ash.post(dora, "@carol@elm.example I like green", in_reply_to_id=copy.id)
    await settle(oak, elm, ash)
    here = await oak.status(post.uri)
    assert here is not None
    client = await oak.client(alice)
    oak.clock.advance(refresh.SETTLED)
    path = f"/api/v1/statuses/{here.id}/context"
    assert (await client.get(path)).json()["descendants"] == []
    await settle(oak)
    found = (await client.get(path)).json()["descendants"]
    assert [one["uri"] for one in found] == [reply.uri, later.uri, last.uri]
    assert [one["account"]["acct"] for one in found] == ["carol@elm.example"] * 2 + ["dora@ash.example"]


async def test_pages_are_followed_and_known_replies_are_asked_too(scene: Scene) -> None:
    root, post = await rooted(scene, scene.bob)
    known = scene.mallory.note("Known", inReplyTo=root["id"])
    await scene.mallory.told(scene.town, scene.mallory.activity("Create", known))
    second = f"{root['id']}/replies?page=2"
    root["replies"] = listed(known["id"], next=second)
    fresh = scene.carol.note("New", inReplyTo=root["id"])
    below = scene.carol.note("Below", inReplyTo=known["id"])
    scene.elm.serve(second, page(second, {**fresh, "content": "<p>Forged</p>"}))
    inner = f"{known['id']}/replies"
    known["replies"] = inner
    scene.ash.serve(inner, {**page(inner, below["id"]), "type": "OrderedCollection"})
    await looked_at(scene, post)
    assert (await scene.status(fresh)).content == "<p>New</p>"
    assert (await scene.status(below)).in_reply_to_id == (await scene.status(known)).id


async def test_a_list_cannot_put_words_into_mouths(scene: Scene) -> None:
    """mallory's server lists posts of elm with other contents, posts of other threads, and what is not there."""
    root, post = await rooted(scene, scene.mallory)
    forged = {**scene.bob.note("True", inReplyTo=root["id"]), "content": "<p>Forged</p>"}
    stray = scene.bob.note("Of another thread", inReplyTo="https://elm.example/elsewhere")
    alone = scene.bob.note("No reply at all")
    private = scene.bob.note("For friends", inReplyTo=root["id"], to=[f"{scene.bob.uri}/followers"], cc=[])
    copied = scene.ash.serve(
        "https://ash.example/copy",
        {**scene.bob.note("Never said", inReplyTo=root["id"]), "id": "https://elm.example/x"},
    )
    ours = await scene.town.post(scene.alice, "Ours")
    root["replies"] = listed(
        forged, stray["id"], alone, private["id"], copied, ours.uri, "https://elm.example/404", 7, None, {}
    )
    before = await scene.rows()
    await looked_at(scene, post)
    after = await scene.rows()
    new = after["statuses"] - before["statuses"]
    assert {row for row in new if "Forged" in str(row) or "Never said" in str(row)} == set()
    assert (await scene.status(forged)).content == "<p>True</p>"
    for absent in (stray, alone, private, {"id": "https://elm.example/x"}):
        assert await scene.town.status(absent["id"]) is None
    assert "by the rule thread:" in scene.caplog.text
    assert not any(request.url.host == "oak.example" for request in scene.town.network.requests)


async def test_a_collection_is_of_its_posts_server(scene: Scene) -> None:
    root, post = await rooted(scene, scene.mallory)
    victim = Server(scene.town.network, "fir.example")
    root["replies"] = listed(next="https://fir.example/expensive")
    await looked_at(scene, post)
    assert victim.fetched == []
    assert "by the rule collection-origin:" in scene.caplog.text


async def test_endless_pages_end(scene: Scene) -> None:
    root, post = await rooted(scene, scene.mallory)
    root["replies"] = listed(next=f"{root['id']}/replies?page=1")

    def another(uri: str) -> Answer:
        number = int(uri.rpartition("=")[2])
        return Answer(page(uri, next=f"{root['id']}/replies?page={number + 1}"))

    scene.ash.otherwise = another
    await looked_at(scene, post)
    assert len([uri for uri in scene.ash.fetched if "page=" in uri]) == replies.PAGES
    # One that leads to itself is asked once.
    root["replies"] = listed(next="https://ash.example/loop")
    scene.ash.serve(
        "https://ash.example/loop", page("https://ash.example/loop", next="https://ash.example/loop")
    )
    scene.town.clock.advance(refresh.PAUSE)
    await looked_at(scene, post)
    assert scene.ash.fetched.count("https://ash.example/loop") == 1


async def test_a_huge_page_is_refused(scene: Scene) -> None:
    root, post = await rooted(scene, scene.mallory)
    address = f"{root['id']}/replies"
    root["replies"] = address
    scene.ash.serve(address, b'{"items": ["' + b"x" * (1 << 20) + b'"]}')
    before = await scene.rows()
    await looked_at(scene, post)
    assert (await scene.rows())["statuses"] == before["statuses"]


async def test_a_list_does_not_turn_the_node_against_another(scene: Scene) -> None:
    """A thousand posts that are said to be at a server that has none of them, and at one that is away."""
    root, post = await rooted(scene, scene.mallory)
    victim = Server(scene.town.network, "fir.example")
    root["replies"] = listed(
        *(f"https://fir.example/{number}" for number in range(500)),
        *(f"https://away.example/{number}" for number in range(500)),
    )
    await looked_at(scene, post)
    assert len(victim.fetched) == replies.FAULTS
    assert len([one for one in scene.town.network.requests if one.url.host == "away.example"]) == 1


async def test_the_budget_bounds_a_tree_without_end(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reply has two more."""
    monkeypatch.setattr(replies, "FETCHES", 40)
    monkeypatch.setattr(replies, "HOST_FETCHES", 30)
    root, post = await rooted(scene, scene.mallory)
    branch = "https://ash.example/tree/"
    root["replies"] = listed(f"{branch}1")

    def node(uri: str) -> Answer:
        number = int(uri.removeprefix(branch))
        parent = root["id"] if number == 1 else f"{branch}{number // 2}"
        note = scene.mallory.note("More", inReplyTo=parent, id=uri)
        return Answer({**note, "replies": listed(f"{branch}{2 * number}", f"{branch}{2 * number + 1}")})

    scene.ash.otherwise = node
    await looked_at(scene, post)
    assert len(scene.ash.fetched) == 30
    assert await scene.town.status(f"{branch}8") is not None


async def test_who_never_answers_does_not_hold_it_for_ever(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, post = await rooted(scene, scene.mallory)
    fresh = scene.carol.note("New", inReplyTo=root["id"])
    root["replies"] = listed(fresh["id"], "https://fir.example/1")
    hangs = asyncio.Event()

    async def never(*_: Any) -> None:
        hangs.set()
        await asyncio.Event().wait()

    scene.town.network.sites["fir.example"] = never
    monkeypatch.setattr(refreshing, "SECONDS", 0.5)
    await looked_at(scene, post)
    assert hangs.is_set()
    row = await refreshes.of_status(scene.town.ctx.db, post.id)
    assert row is not None
    assert (row.result_count, row.finished_at is not None) == (1, True)


async def test_what_is_under_way_stays_with_its_process(scene: Scene) -> None:
    root, post = await rooted(scene, scene.mallory)
    root["replies"] = listed("https://fir.example/1")
    town, hangs = scene.town, asyncio.Event()

    async def never(*_: Any) -> None:
        hangs.set()
        await asyncio.Event().wait()

    town.network.sites["fir.example"] = never
    town.clock.advance(refresh.SETTLED)
    await (await town.client(scene.alice)).get(f"/api/v1/statuses/{post.id}/context")
    one, other = Refresher(town.ctx), Refresher(town.ctx)
    assert await one.take_due() == 1
    await hangs.wait()
    town.clock.advance(refreshing.LEASE - SECOND)
    await one.renew()
    town.clock.advance(2 * SECOND)
    assert await other.take_due() == 0
    await one.running.stop()
    await other.renew()
    town.clock.advance(refreshing.LEASE)
    hangs.clear()
    assert await other.take_due() == 1
    await hangs.wait()
    await other.running.stop()


async def test_another_process_goes_on_when_one_has_died(scene: Scene) -> None:
    root, post = await rooted(scene, scene.mallory)
    fresh = scene.carol.note("New", inReplyTo=root["id"])
    root["replies"] = listed(fresh["id"])
    town = scene.town
    town.clock.advance(refresh.SETTLED)
    await (await town.client(scene.alice)).get(f"/api/v1/statuses/{post.id}/context")
    now = town.clock()
    taken = await town.ctx.db.write(
        lambda tx: refreshes.claim(tx, boot="dead", now=now, until=now + refreshing.LEASE, after=0, limit=9)
    )
    assert [one.status_id for one in taken] == [post.id]
    other = Refresher(town.ctx)
    assert await other.take_due() == 0
    town.clock.advance(refreshing.LEASE + SECOND)
    assert await other.take_due() == 1
    await other.running.settle()
    assert await town.status(fresh["id"]) is not None


async def test_the_rules_of_fetching_hold(scene: Scene) -> None:
    """What another host sends over a redirect, or what is not sent as ActivityPub, is no reply."""
    root, post = await rooted(scene, scene.mallory)
    note = scene.bob.note("Moved", inReplyTo=root["id"])
    away = scene.elm.redirect("https://elm.example/away", "https://ash.example/forged")
    scene.ash.serve("https://ash.example/forged", {**note, "id": away})
    plain = scene.bob.note("Plain", inReplyTo=root["id"])
    scene.elm.serve(plain["id"], plain, content_type="application/json")
    root["replies"] = listed(away, plain["id"])
    before = await scene.rows()
    await looked_at(scene, post)
    assert (await scene.rows())["statuses"] == before["statuses"]
