"""Lists, over HTTP: made, filled, read, and kept apart from home."""

from typing import Any

import httpx
import pytest

from fediserver.actions import block, follow, mute, reblog
from fediserver.db import expiry, list_entries
from tests.web.api.test_timelines import ids, links


async def made(client: httpx.AsyncClient, title: str = "Friends", **options: Any) -> str:
    answer = await client.post("/api/v1/lists", json={"title": title, **options})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def put_in(client: httpx.AsyncClient, list_id: str, *accounts: Any) -> httpx.Response:
    return await client.post(
        f"/api/v1/lists/{list_id}/accounts", json={"account_ids": [str(one.id) for one in accounts]}
    )


async def read(client: httpx.AsyncClient, list_id: str, query: str = "") -> list[str]:
    return ids(await client.get(f"/api/v1/timelines/list/{list_id}{query}"))


async def home(client: httpx.AsyncClient) -> list[str]:
    return ids(await client.get("/api/v1/timelines/home"))


def shown(*statuses: Any) -> list[str]:
    return [str(status.id) for status in statuses]


async def test_a_list_is_made_changed_and_deleted(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    assert (await client.get("/api/v1/lists")).json() == []
    first = (await client.post("/api/v1/lists", data={"title": "  Close\n friends "})).json()
    assert (first["title"], first["replies_policy"], first["exclusive"]) == ("Close friends", "list", False)
    second = await made(client, "Work", replies_policy="none", exclusive=True)
    assert [one["id"] for one in (await client.get("/api/v1/lists")).json()] == [first["id"], second]
    path = f"/api/v1/lists/{first['id']}"
    changed = (await client.put(path, json={"replies_policy": "followed"})).json()
    assert (changed["title"], changed["replies_policy"]) == ("Close friends", "followed")
    assert (await client.get(path)).json() == changed
    assert (await client.delete(path)).json() == {}
    for method in ("GET", "DELETE"):
        assert (await client.request(method, path)).status_code == 404
    assert [one["id"] for one in (await client.get("/api/v1/lists")).json()] == [second]


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({}, 422),
        ({"title": " "}, 422),
        ({"title": "x" * 257}, 422),
        ({"title": "ok", "replies_policy": "some"}, 422),
        ({"title": "ok", "exclusive": "perhaps"}, 422),
        ({"title": "x" * 256}, 200),
    ],
)
async def test_a_list_has_a_title_and_a_policy(town: Any, wish: dict[str, str], status: int) -> None:
    client = await town.client(await town.account("alice"))
    assert (await client.post("/api/v1/lists", json=wish)).status_code == status


async def test_nobody_has_more_than_fifty_lists(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    for number in range(50):
        await made(client, f"list {number}")
    refused = await client.post("/api/v1/lists", json={"title": "one more"})
    assert refused.status_code == 422
    assert "50 lists" in refused.json()["error"]


async def test_lists_need_their_scope_and_are_their_owners(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    owner, other, stranger = await town.client(alice), await town.client(bob), await town.client()
    reader = await town.client(alice, scopes="read:lists")
    follower = await town.client(alice, scopes="follow read:statuses write:follows")
    list_id = await made(owner)
    one, people = f"/api/v1/lists/{list_id}", f"/api/v1/lists/{list_id}/accounts"
    wish = {"title": "Mine", "account_ids": [str(bob.id)]}
    reads = ["/api/v1/lists", one, people, f"/api/v1/timelines/list/{list_id}"]
    reads.append(f"/api/v1/accounts/{bob.id}/lists")
    writes = [("POST", "/api/v1/lists"), ("PUT", one), ("DELETE", one), ("POST", people), ("DELETE", people)]
    for method, path in [*(("GET", path) for path in reads), *writes]:
        assert (await stranger.request(method, path, json=wish)).status_code == 401, path
        assert (await follower.request(method, path, json=wish)).status_code == 403, path
        expected = 200 if method == "GET" else 403
        assert (await reader.request(method, path, json=wish)).status_code == expected, path
        if list_id in path:
            assert (await other.request(method, path, json=wish)).status_code == 404, path
    assert (await owner.post(people, json={})).status_code == 400


async def test_only_followed_accounts_come_in_and_all_or_none(town: Any) -> None:
    alice, bob, carol, dora = [await town.account(name) for name in ("alice", "bob", "carol", "dora")]
    for target in (bob, carol):
        await town.follow(alice, target)
    client = await town.client(alice)
    list_id = await made(client)
    path = f"/api/v1/lists/{list_id}/accounts"

    async def names(query: str = "") -> list[str]:
        return [one["username"] for one in (await client.get(path + query)).json()]

    assert (await put_in(client, list_id, bob, dora)).status_code == 404
    assert await names() == []
    assert (await put_in(client, list_id, bob, alice)).json() == {}
    again = await put_in(client, list_id, carol, bob)
    assert again.status_code == 422
    assert sorted(await names()) == ["alice", "bob"]
    await put_in(client, list_id, carol)
    holding = (await client.get(f"/api/v1/accounts/{bob.id}/lists")).json()
    assert [one["id"] for one in holding] == [list_id]
    assert (await client.get(f"/api/v1/accounts/{dora.id}/lists")).json() == []
    assert (await client.get("/api/v1/accounts/7/lists")).status_code == 404
    removed = await client.request("DELETE", path, json={"account_ids": [str(bob.id)]})
    assert removed.json() == {}
    assert (await client.delete(f"{path}?account_ids[]={alice.id}&account_ids[]={dora.id}")).json() == {}
    assert await names() == ["carol"]
    await follow.unfollow(town.ctx, alice, carol)
    assert await names() == []


async def test_accounts_of_a_list_page_by_their_ids_or_come_at_once(town: Any) -> None:
    alice = await town.account("alice")
    friends = [await town.account(f"friend{number:02}") for number in range(42)]
    client = await town.client(alice)
    for friend in friends:
        await town.follow(alice, friend)
    list_id = await made(client)
    await put_in(client, list_id, *friends)
    path = f"/api/v1/lists/{list_id}/accounts"
    newest_first = [friend.username for friend in friends][::-1]

    def names(answer: httpx.Response) -> list[str]:
        return [one["username"] for one in answer.json()]

    first = await client.get(path)
    assert names(first) == newest_first[:40]
    rest = await client.get(links(first)["next"])
    assert names(rest) == newest_first[40:]
    assert "next" not in links(rest)
    assert names(await client.get(links(first)["prev"])) == []
    everybody = await client.get(f"{path}?limit=0")
    assert names(everybody) == newest_first


async def test_a_list_shows_what_its_accounts_say_newest_first(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    for target in (bob, carol):
        await town.follow(alice, target)
    before = await town.post(bob, "before the list was made")
    client = await town.client(alice)
    list_id = await made(client)
    await put_in(client, list_id, bob)
    after = await town.post(bob, "after", visibility="private")
    await town.post(bob, "for others", visibility="direct")
    others = await town.post(carol, "not in the list")
    boosted = await reblog.add(town.ctx, bob, others)
    assert await read(client, list_id) == shown(boosted, after, before)
    assert await read(client, list_id, "?limit=1") == shown(boosted)


async def test_pages_of_a_list_follow_their_links_to_both_ends(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.follow(alice, bob)
    client = await town.client(alice)
    list_id = await made(client)
    await put_in(client, list_id, bob)
    posted = [str((await town.post(bob, f"post {number}")).id) for number in range(7)][::-1]
    path = f"/api/v1/timelines/list/{list_id}"
    first = await client.get(f"{path}?limit=3")
    assert ids(first) == posted[:3]
    second = await client.get(links(first)["next"])
    third = await client.get(links(second)["next"])
    beyond = await client.get(links(third)["next"])
    assert [ids(second), ids(third), ids(beyond)] == [posted[3:6], posted[6:], []]
    assert ids(await client.get(links(third)["prev"])) == posted[3:6]
    assert ids(await client.get(f"{path}?since_id={posted[-1]}&limit=2")) == posted[:2]


@pytest.mark.parametrize(
    ("policy", "seen"),
    [
        ("none", ["to herself", "to alice"]),
        ("list", ["to herself", "to alice", "to carol, who is in the list"]),
        ("followed", ["to herself", "to alice", "to carol, who is in the list", "to dora, who is followed"]),
    ],
)
async def test_the_policy_decides_which_answers_are_shown(town: Any, policy: str, seen: list[str]) -> None:
    alice, bob, carol, dora, erin = [
        await town.account(name) for name in ("alice", "bob", "carol", "dora", "erin")
    ]
    for target in (bob, carol, dora):
        await town.follow(alice, target)
    client = await town.client(alice)
    list_id = await made(client, replies_policy=policy)
    asked = {
        "to herself": await town.post(bob, "a thought"),
        "to alice": await town.post(alice, "hello"),
        "to carol, who is in the list": await town.post(carol, "hello"),
        "to dora, who is followed": await town.post(dora, "hello"),
        "to erin, who is nobody": await town.post(erin, "hello"),
    }
    await put_in(client, list_id, bob, carol)
    begun = len(await read(client, list_id))
    answers = {}
    for name, parent in asked.items():
        answers[str((await town.post(bob, name, in_reply_to_id=parent.id)).id)] = name
    found = await read(client, list_id)
    assert [answers[one] for one in found[: len(found) - begun]] == seen[::-1]


async def test_blocks_mutes_boosts_and_languages_count_in_lists(town: Any) -> None:
    alice, bob, carol, dora = [await town.account(name) for name in ("alice", "bob", "carol", "dora")]
    for target in (bob, carol):
        await town.follow(alice, target)
    client = await town.client(alice)
    list_id = await made(client)
    await put_in(client, list_id, bob, carol)
    await follow.follow(town.ctx, alice, bob, show_reblogs=False, languages=["de"])
    german = await town.post(bob, "Guten Tag", language="de")
    unsaid = await town.post(bob, "?")
    await town.post(bob, "Good day", language="en")
    loud = await town.post(dora, "loud")
    await reblog.add(town.ctx, bob, loud)
    boosted = await reblog.add(town.ctx, carol, loud)
    assert await read(client, list_id) == shown(boosted, unsaid, german)
    assert await home(client) == shown(boosted, unsaid, german)
    await mute.mute(town.ctx, alice, dora, duration=60)
    assert await read(client, list_id) == shown(unsaid, german)
    town.clock.advance(61_000)
    assert await read(client, list_id) == shown(boosted, unsaid, german)
    await block.block(town.ctx, bob, alice)
    assert await read(client, list_id) == shown(boosted)


async def test_a_boost_shows_a_post_once_in_a_list(town: Any) -> None:
    alice, bob, carol, dora = [await town.account(name) for name in ("alice", "bob", "carol", "dora")]
    for target in (bob, carol):
        await town.follow(alice, target)
    client = await town.client(alice)
    list_id = await made(client)
    await put_in(client, list_id, bob, carol)
    own, others = await town.post(bob, "by bob"), await town.post(dora, "by dora")
    await reblog.add(town.ctx, carol, own)
    first = await reblog.add(town.ctx, bob, others)
    await reblog.add(town.ctx, carol, others)
    assert await read(client, list_id) == shown(first, own)


async def test_an_exclusive_list_takes_its_accounts_out_of_home(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    for target in (bob, carol):
        await town.follow(alice, target)
    client = await town.client(alice)
    list_id = await made(client)
    await put_in(client, list_id, bob)
    first, other = await town.post(bob, "first"), await town.post(carol, "other")
    assert await home(client) == shown(other, first)
    path = f"/api/v1/lists/{list_id}"
    await client.put(path, json={"exclusive": True})
    assert await home(client) == shown(other)
    second = await town.post(bob, "second")
    boosted = await reblog.add(town.ctx, bob, other)
    assert await home(client) == shown(other)
    assert await read(client, list_id) == shown(boosted, second, first)
    await put_in(client, list_id, carol)
    assert await home(client) == []
    await client.request("DELETE", f"{path}/accounts", json={"account_ids": [str(carol.id)]})
    assert await home(client) == shown(other)
    await client.put(path, json={"exclusive": False})
    assert await home(client) == shown(boosted, second, other, first)


async def test_who_is_in_two_exclusive_lists_comes_home_with_the_last(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.follow(alice, bob)
    client = await town.client(alice)
    one, two = [await made(client, title, exclusive=True) for title in ("one", "two")]
    for list_id in (one, two):
        await put_in(client, list_id, bob)
    status = await town.post(bob, "hello")
    assert await home(client) == []
    await client.delete(f"/api/v1/lists/{one}")
    assert await home(client) == []
    await client.delete(f"/api/v1/lists/{two}")
    assert await home(client) == shown(status)


async def test_who_is_unfollowed_leaves_with_what_they_said(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    for target in (bob, carol):
        await town.follow(alice, target)
    client = await town.client(alice)
    list_id = await made(client)
    await put_in(client, list_id, bob, carol)
    await town.post(bob, "hello")
    await town.post(carol, "hello")
    await follow.unfollow(town.ctx, alice, bob)
    await follow.remove_follower(town.ctx, carol, alice)
    assert await read(client, list_id) == []
    assert (await client.get(f"/api/v1/lists/{list_id}/accounts")).json() == []


async def test_long_lists_are_cut_at_their_end(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.follow(alice, bob)
    client = await town.client(alice)
    list_id = await made(client)
    await put_in(client, list_id, bob)
    posted = [await town.post(bob, f"post {number}") for number in range(4)]
    assert await expiry.full_lists(town.ctx.db, 2) == [int(list_id)]
    await town.ctx.db.write(lambda tx: list_entries.trim(tx, int(list_id), 2))
    assert await read(client, list_id) == shown(*posted[:1:-1])
    assert await expiry.full_lists(town.ctx.db, 2) == []
