"""Conversations between towns."""

from typing import Any

from fediserver.actions import delete, edit, publish
from fediserver.actions.edit import Revision
from fediserver.db import statuses
from fediserver.text.handles import Handle
from tests.conftest import OpenTown
from tests.federation.test_two_towns import met
from tests.town import Town, settle


async def outline(town: Town, member: Any) -> list[tuple[set[str], str, bool]]:
    """Who takes part, the last post by its id on the network, and whether it is unread."""
    found = (await (await town.client(member)).get("/api/v1/conversations")).json()
    return [
        ({one["acct"] for one in row["accounts"]}, row["last_status"]["uri"], row["unread"]) for row in found
    ]


async def test_both_sides_have_the_conversation(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob, carol = await oak.account("alice"), await elm.account("bob"), await elm.account("carol")
    await met(oak, bob, elm)
    first = await oak.post(alice, "@bob@elm.example hello", "direct")
    await settle(oak, elm)
    assert await outline(oak, alice) == [({"bob@elm.example"}, first.uri, False)]
    assert await outline(elm, bob) == [({"alice@oak.example"}, first.uri, True)]
    copy = await elm.status(first.uri)
    assert copy is not None
    answer = await elm.post(bob, "@alice@oak.example yes?", "direct", in_reply_to_id=copy.id)
    await settle(oak, elm)
    assert await outline(oak, alice) == [({"bob@elm.example"}, answer.uri, True)]
    assert await outline(elm, bob) == [({"alice@oak.example"}, answer.uri, False)]

    # Somebody new, met only after the post was written, comes in.
    last = await oak.post(alice, "@bob@elm.example @carol@elm.example both", "direct")
    await settle(oak, elm)
    assert (await outline(oak, alice))[0] == ({"bob@elm.example", "carol@elm.example"}, last.uri, False)
    assert (await outline(elm, bob))[0] == ({"alice@oak.example", "carol"}, last.uri, True)
    assert await outline(elm, carol) == [({"alice@oak.example", "bob"}, last.uri, True)]

    # An edit of another server takes somebody out, a deletion everybody.
    oak.clock.advance(1000)
    await edit.edit(oak.ctx, alice, last, Revision(text="@carol@elm.example only you"))
    await settle(oak, elm)
    assert [row[1] for row in await outline(elm, bob)] == [answer.uri]
    assert await outline(elm, carol) == [({"alice@oak.example"}, last.uri, True)]
    await delete.delete(oak.ctx, alice, last)
    await settle(oak, elm)
    assert await outline(elm, carol) == []
    assert [row[1] for row in await outline(oak, alice)] == [answer.uri]


async def test_somebody_named_later_hears_of_a_post_that_their_server_has(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob, carol = await oak.account("alice"), await elm.account("bob"), await elm.account("carol")
    await met(oak, bob, elm)
    carol_there = await met(oak, carol, elm)
    post = await oak.post(alice, "@bob@elm.example hello", "direct")
    await settle(oak, elm)
    assert await outline(elm, carol) == []
    handle = Handle("carol", "elm.example")
    await oak.ctx.db.write(lambda tx: statuses.add_pending_mentions(tx, post.id, [str(handle)]))
    await publish.name_later(oak.ctx, alice, post, handle, carol_there, post.content)
    await settle(oak, elm)
    assert await outline(elm, carol) == [({"alice@oak.example", "bob"}, post.uri, True)]
    assert [row[0] for row in await outline(elm, bob)] == [{"alice@oak.example", "carol"}]
    told = (await (await elm.client(carol)).get("/api/v1/notifications")).json()
    assert [(one["type"], one["account"]["acct"]) for one in told] == [("mention", "alice@oak.example")]

    # What was edited meanwhile says itself who is named: an older version that comes late adds nobody.
    oak.clock.advance(1000)
    await edit.edit(oak.ctx, alice, post, Revision(text="@bob@elm.example only you"))
    await settle(oak, elm)
    assert await outline(elm, carol) == []
