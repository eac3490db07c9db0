"""Conversations: direct posts by thread and by who takes part."""

from importlib import resources
from typing import Any

import httpx
import pytest

from fediserver.db import conversations, statuses
from fediserver.db.database import Writer
from fediserver.db.query import Query, for_postgres, for_sqlite, statements
from fediserver.models.conversation import joined
from tests.town import Town

PATH = "/api/v1/conversations"


async def listed(client: httpx.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"{PATH}{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def outline(found: list[dict[str, Any]]) -> list[tuple[set[str], str | None, bool]]:
    """Who takes part, the last post, and whether it is unread."""
    return [
        (
            {one["acct"] for one in row["accounts"]},
            row["last_status"] and row["last_status"]["id"],
            row["unread"],
        )
        for row in found
    ]


async def test_one_conversation_for_a_thread_among_the_same_people(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    mine, theirs = await town.client(alice), await town.client(bob)
    first = await town.post(bob, "@alice hello", "direct")
    assert outline(await listed(mine)) == [({"bob"}, str(first.id), True)]
    assert outline(await listed(theirs)) == [({"alice"}, str(first.id), False)]
    answer = await town.post(alice, "@bob yes?", "direct", in_reply_to_id=first.id)
    assert outline(await listed(mine)) == [({"bob"}, str(answer.id), False)]
    assert outline(await listed(theirs)) == [({"alice"}, str(answer.id), True)]
    # Another thread, other people in the thread, and what is not direct.
    other = await town.post(bob, "@alice by the way", "direct")
    more = await town.post(alice, "@bob @carol come in", "direct", in_reply_to_id=answer.id)
    await town.post(alice, "@bob in public")
    await town.post(alice, "@bob for followers", "private")
    assert outline(await listed(mine)) == [
        ({"bob", "carol"}, str(more.id), False),
        ({"bob"}, str(other.id), True),
        ({"bob"}, str(answer.id), False),
    ]
    assert outline(await listed(await town.client(carol))) == [({"alice", "bob"}, str(more.id), True)]
    # Who writes to nobody talks to themselves.
    note = await town.post(carol, "a note to myself", "direct")
    assert outline(await listed(await town.client(carol)))[0] == ({"carol"}, str(note.id), False)


async def test_conversations_are_marked_and_forgotten(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client, other = await town.client(alice), await town.client(bob)
    first = await town.post(bob, "@alice hello", "direct")
    row = (await listed(client))[0]
    path = f"{PATH}/{row['id']}"
    assert (await client.post(f"{path}/read")).json() == row | {"unread": False}
    assert (await client.post(f"{path}/read")).json()["unread"] is False
    assert (await client.post(f"{path}/unread")).json() == row
    for asker, of in ((other, path), (client, f"{PATH}/7")):
        for method, what in (("POST", "/read"), ("POST", "/unread"), ("DELETE", "")):
            assert (await asker.request(method, of + what)).status_code == 404
    assert (await client.delete(path)).json() == {}
    assert await listed(client) == []
    assert (await client.delete(path)).status_code == 404
    # The posts stay, the other side too, and who writes again is heard again.
    assert (await client.get(f"/api/v1/statuses/{first.id}")).status_code == 200
    assert len(await listed(other)) == 1
    again = await town.post(bob, "@alice are you there?", "direct", in_reply_to_id=first.id)
    assert outline(await listed(client)) == [({"bob"}, str(again.id), True)]


async def test_conversations_are_paged_by_their_last_posts(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    posts = [await town.post(bob, f"@alice {number}", "direct") for number in range(5)]
    await town.post(alice, "@bob back to the first", "direct", in_reply_to_id=posts[0].id)
    client = await town.client(alice)
    every = await listed(client)
    assert len(every) == 5
    first = await client.get(f"{PATH}?limit=2")
    second = await client.get(first.links["next"]["url"])
    third = await client.get(second.links["next"]["url"])
    assert first.json() + second.json() + third.json() == every
    assert f"max_id={every[1]['last_status']['id']}" in first.links["next"]["url"]
    assert "next" not in third.links
    assert (await client.get(third.links["prev"]["url"])).json() == second.json()
    assert await listed(client, f"?since_id={every[1]['last_status']['id']}") == every[:1]


async def test_a_deleted_post_leaves_its_conversation(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client, author = await town.client(alice), await town.client(bob)
    first = await town.post(bob, "@alice one", "direct")
    second = await town.post(bob, "@alice two", "direct", in_reply_to_id=first.id)
    row = (await listed(client))[0]
    await author.delete(f"/api/v1/statuses/{second.id}")
    assert outline(await listed(client)) == [({"bob"}, str(first.id), True)]
    assert (await listed(client))[0]["id"] == row["id"]
    await author.delete(f"/api/v1/statuses/{first.id}")
    assert await listed(client) == await listed(author) == []


async def test_an_edit_may_change_who_takes_part(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    clients = [await town.client(one) for one in (alice, bob, carol)]
    first = await town.post(bob, "@alice one", "direct")
    second = await town.post(bob, "@alice two", "direct", in_reply_to_id=first.id)
    before = [await listed(one) for one in clients]

    async def edited(text: str) -> None:
        done = await clients[1].put(f"/api/v1/statuses/{second.id}", json={"status": text})
        assert done.status_code == 200

    # The same people: nothing moves.
    await clients[0].post(f"{PATH}/{before[0][0]['id']}/read")
    await edited("@alice two and a half")
    assert outline(await listed(clients[0])) == [({"bob"}, str(second.id), False)]
    assert (await listed(clients[0]))[0]["id"] == before[0][0]["id"]
    await edited("@alice @carol two")
    assert outline(await listed(clients[0])) == [
        ({"bob", "carol"}, str(second.id), False),
        ({"bob"}, str(first.id), False),
    ]
    assert len(await listed(clients[1])) == 2
    assert outline(await listed(clients[2])) == [({"alice", "bob"}, str(second.id), True)]
    await edited("@carol two")
    assert outline(await listed(clients[0])) == [({"bob"}, str(first.id), False)]
    assert outline(await listed(clients[2])) == [({"bob"}, str(second.id), True)]


async def test_who_is_not_heard_starts_no_conversation(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    client = await town.client(alice)
    await town.post(bob, "@alice @carol hello", "direct")
    await client.post(f"/api/v1/accounts/{bob.id}/block")
    assert await listed(client) == []
    await town.post(bob, "@alice again", "direct")
    assert await listed(client) == []
    await client.post(f"/api/v1/accounts/{carol.id}/mute")
    await town.post(carol, "@alice hello", "direct")
    assert await listed(client) == []


async def test_a_block_ends_only_what_the_blocked_takes_part_in(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    client = await town.client(alice)
    kept = await town.post(carol, "@alice hello", "direct")
    await town.post(bob, "@alice hello", "direct")
    await client.post(f"/api/v1/accounts/{bob.id}/block")
    assert outline(await listed(client)) == [({"carol"}, str(kept.id), True)]


async def test_whose_post_may_no_longer_be_seen_is_not_shown(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.post(bob, "@alice hello", "direct")
    await (await town.client(bob)).post(f"/api/v1/accounts/{alice.id}/block")
    assert outline(await listed(await town.client(alice))) == [({"bob"}, None, True)]


async def test_what_a_policy_holds_back_comes_when_the_sender_is_let_through(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    await client.patch("/api/v2/notifications/policy", json={"for_private_mentions": "filter"})
    first = await town.post(bob, "@alice hello", "direct")
    last = await town.post(bob, "@alice hello?", "direct", in_reply_to_id=first.id)
    assert await listed(client) == []
    assert len(await listed(await town.client(bob))) == 1
    request = (await client.get("/api/v1/notifications/requests")).json()[0]
    await client.post(f"/api/v1/notifications/requests/{request['id']}/accept")
    assert outline(await listed(client)) == [({"bob"}, str(last.id), True)]
    assert (await client.get("/api/v1/notifications")).json()[0]["status"]["id"] == str(last.id)


async def test_filters_show_in_conversations(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    wish = {"title": "x", "context": ["thread"], "keywords_attributes": [{"keyword": "cat"}]}
    await client.post("/api/v2/filters", json=wish)
    await town.post(bob, "@alice a cat", "direct")
    assert (await listed(client))[0]["last_status"]["filtered"][0]["keyword_matches"] == ["cat"]


async def test_scopes(town: Any) -> None:
    alice = await town.account("alice")
    await town.post(alice, "a note", "direct")
    reader = await town.client(alice, scopes="read:statuses")
    writer = await town.client(alice, scopes="write:conversations")
    row = (await listed(reader))[0]
    assert (await writer.get(PATH)).status_code == 403
    for method, what in (("POST", "/read"), ("POST", "/unread"), ("DELETE", "")):
        assert (await reader.request(method, f"{PATH}/{row['id']}{what}")).status_code == 403
        assert (await writer.request(method, f"{PATH}/{row['id']}{what}")).status_code == 200


async def test_threads_that_turn_out_to_be_one_are_joined(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    one = await town.post(bob, "@alice one", "direct")
    two = await town.post(bob, "@alice two", "direct")
    alone = await town.post(alice, "to myself", "direct", in_reply_to_id=two.id)
    await client.post(f"{PATH}/{(await listed(client))[2]['id']}/read")

    async def work(tx: Writer) -> None:
        await statuses.join_conversation(tx, old=two.conversation_id, new=one.conversation_id)
        await conversations.join(tx, old=two.conversation_id, new=one.conversation_id)
        # What no conversation knows of changes nothing.
        await conversations.join(tx, old=7, new=one.conversation_id)

    await town.ctx.db.write(work)
    assert outline(await listed(client)) == [
        ({"alice"}, str(alone.id), False),
        ({"bob"}, str(two.id), True),
    ]
    last = await town.post(bob, "@alice three", "direct", in_reply_to_id=one.id)
    assert outline(await listed(client))[0] == ({"bob"}, str(last.id), True)
    assert len(await listed(client)) == 2


CONTENTS = Query("""
    select c.account_id, c.conversation_id, c.participants, c.last_status_id, l.status_id
      from conversations c join conversation_statuses l on l.entry_id = c.id
     order by c.account_id, l.status_id
""")


async def test_direct_posts_that_are_there_are_filled_in(town: Town) -> None:
    """The migration makes of the posts what would have been there if they came today."""
    people = [await town.account(name) for name in ("alice", "bob", "carol", "dora")]
    alice, bob, carol, _ = people
    first = await town.post(bob, "@alice one", "direct")
    await town.post(alice, "@bob two", "direct", in_reply_to_id=first.id)
    third = await town.post(alice, "@bob @carol @dora three", "direct", in_reply_to_id=first.id)
    await town.post(carol, "@dora @alice @bob four", "direct", in_reply_to_id=third.id)
    await town.post(bob, "@alice five", "direct")
    await town.post(carol, "to myself", "direct")
    await town.post(carol, "@bob in public")
    before = await town.ctx.db.rows(CONTENTS)
    assert len(before) == 2 + 2 + 4 + 4 + 2 + 1
    expand = for_sqlite if town.ctx.db.url.startswith("sqlite:") else for_postgres
    script = (resources.files("fediserver.db") / "migrations" / "0004_conversations.sql").read_text("utf-8")

    async def again(tx: Writer) -> None:
        await tx.script(["drop table conversation_statuses", "drop table conversations"])
        await tx.script(statements(expand(script)))

    await town.ctx.db.migrating(again)
    assert await town.ctx.db.rows(CONTENTS) == before
    assert {row[2] for row in outline(await listed(await town.client(alice)))} == {False}
    last = await town.post(bob, "@alice six", "direct", in_reply_to_id=first.id)
    assert outline(await listed(await town.client(alice)))[0] == ({"bob"}, str(last.id), True)
    assert len(await listed(await town.client(alice))) == 3


@pytest.mark.parametrize(("ids", "text"), [([3, 1, 3], "1,3"), ([7], "7")])
def test_participants_are_in_order(ids: list[int], text: str) -> None:
    assert joined(ids) == text
