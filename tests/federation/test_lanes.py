"""Lanes: what is said at an awkward moment still leaves at once, and in the order it was said."""

from typing import Any

import pytest

from fediserver.actions import delete, edit
from fediserver.actions.edit import Revision
from fediserver.actions.publish import Draft, publish
from fediserver.activitypub.delivery import Deliverer
from fediserver.clock import MINUTE, SECOND
from fediserver.models.status import Status
from tests.conftest import OpenTown
from tests.federation.test_two_towns import followed
from tests.town import settle


async def test_what_is_said_while_a_lane_ends_is_sent_at_once(
    open_town: OpenTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await followed(oak, alice, elm, bob)
    noted = Deliverer._note
    later: list[Status] = []

    async def note_and_speak(self: Deliverer, *rest: Any, **named: Any) -> None:
        await noted(self, *rest, **named)
        if not later:
            later.append(await publish(elm.ctx, bob, Draft(text="two")))

    monkeypatch.setattr(Deliverer, "_note", note_and_speak)
    await elm.post(bob, "one")
    # The clock stands still: what is put off by a second is never sent.
    await settle(oak, elm)
    assert await oak.status(later[0].uri) is not None


async def test_a_host_that_comes_back_gets_everything_in_the_order_it_was_said(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await followed(oak, alice, elm, bob)
    elm.network.down.add("oak.example")
    first = await elm.post(bob, "Meet at nine")
    await elm.settle()
    elm.clock.advance(MINUTE)
    edited = await edit.edit(elm.ctx, bob, first, Revision(text="Meet at ten"))
    posts: list[Status] = [await elm.post(bob, f"note {number}") for number in range(5)]
    await elm.settle()
    elm.network.down.clear()
    for _ in range(30):
        elm.clock.advance(10 * SECOND)
        await settle(oak, elm)
    copies = [await oak.status(post.uri) for post in (first, *posts)]
    assert all(copies)
    assert copies[0] is not None
    assert (copies[0].content, copies[0].edited_at) == ("<p>Meet at ten</p>", edited.edited_at)


async def test_a_post_that_was_deleted_meanwhile_does_not_go_out_late(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await followed(oak, alice, elm, bob)
    elm.network.down.add("oak.example")
    post = await elm.post(bob, "Said too much")
    await elm.settle()
    await delete.delete(elm.ctx, bob, post)
    elm.network.down.clear()
    sent_before = len(elm.network.requests)
    elm.clock.advance(MINUTE)
    for _ in range(5):
        await settle(oak, elm)
        elm.clock.advance(MINUTE)
    bodies = [request.content for request in elm.network.requests[sent_before:] if request.method == "POST"]
    assert bodies
    assert not [body for body in bodies if b"Said too much" in body]
