"""Endorsements, suggestions and the directory, over HTTP."""

from typing import Any

import httpx
import msgspec
import pytest

from fediserver.actions import block, follow, mute
from fediserver.db import accounts as account_rows
from tests.conftest import OpenTown
from tests.federation.test_two_towns import met
from tests.web.api.test_timelines import links


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [account["username"] for account in answer.json()]


async def changed(town: Any, account: Any, **fields: Any) -> None:
    row = msgspec.structs.replace(await town.now(account), **fields)
    await town.ctx.db.write(lambda tx: account_rows.update(tx, row))


@pytest.mark.parametrize(("on", "off"), [("endorse", "unendorse"), ("pin", "unpin")])
async def test_whom_one_follows_one_may_endorse(town: Any, on: str, off: str) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client, stranger = await town.client(alice), await town.client()
    path = f"/api/v1/accounts/{bob.id}"
    assert (await client.post(f"{path}/{on}")).status_code == 422
    await town.follow(alice, bob)
    for _ in range(2):
        assert (await client.post(f"{path}/{on}")).json()["endorsed"] is True
    assert names(await client.get("/api/v1/endorsements")) == ["bob"]
    assert names(await stranger.get(f"/api/v1/accounts/{alice.id}/endorsements")) == ["bob"]
    assert (await client.post(f"{path}/{off}")).json()["endorsed"] is False
    assert names(await stranger.get(f"/api/v1/accounts/{alice.id}/endorsements")) == []
    await client.post(f"{path}/{on}")
    assert (await client.post(f"{path}/unfollow")).json()["endorsed"] is False
    assert names(await client.get("/api/v1/endorsements")) == []
    for word in (on, off):
        assert (await client.post(f"/api/v1/accounts/7/{word}")).status_code == 404
    assert (await stranger.get("/api/v1/accounts/7/endorsements")).status_code == 404


async def test_endorsements_page_or_come_at_once(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    friends = [await town.account(f"friend{number:02}") for number in range(42)]
    for friend in friends:
        await town.follow(alice, friend)
        assert (await client.post(f"/api/v1/accounts/{friend.id}/endorse")).status_code == 200
    expected = [friend.username for friend in friends][::-1]
    first = await client.get("/api/v1/endorsements")
    assert names(first) == expected[:40]
    rest = await client.get(links(first)["next"])
    assert names(rest) == expected[40:]
    assert "next" not in links(rest)
    assert names(await client.get(links(first)["prev"])) == []
    assert names(await client.get("/api/v1/endorsements?limit=0")) == expected
    monkeypatch.setattr("fediserver.actions.endorse.MOST", 42)
    more = await town.account("more")
    await town.follow(alice, more)
    assert (await client.post(f"/api/v1/accounts/{more.id}/endorse")).status_code == 422


async def test_suggestions_are_staff_friends_of_friends_and_popular(town: Any) -> None:
    owner = await town.account("owner", role="owner")
    alice, bob, carol, dora, erin = [
        await town.account(name) for name in ("alice", "bob", "carol", "dora", "erin")
    ]
    await town.follow(alice, bob)
    await town.follow(bob, carol)
    for fan in (bob, carol, owner):
        await town.follow(fan, dora)
    await town.follow(dora, alice)
    client = await town.client(alice)
    found = (await client.get("/api/v2/suggestions")).json()
    assert [(one["account"]["username"], one["source"], one["sources"]) for one in found] == [
        ("owner", "staff", ["featured", "most_followed"]),
        ("dora", "past_interactions", ["friends_of_friends", "most_followed"]),
        ("carol", "past_interactions", ["friends_of_friends", "most_followed"]),
        ("erin", "global", ["most_followed"]),
    ]
    old = await client.get("/api/v1/suggestions?limit=2&offset=1")
    assert names(old) == ["dora", "carol"]
    assert old.headers["deprecation"].startswith("@")
    assert (await client.delete(f"/api/v1/suggestions/{dora.id}")).json() == {}
    assert names(await client.get("/api/v1/suggestions")) == ["owner", "carol", "erin"]
    assert (await client.delete("/api/v1/suggestions/7")).status_code == 404
    assert erin.id


async def test_nobody_unwanted_is_suggested(town: Any) -> None:
    people = ("alice", "blocked", "blocker", "muted", "asked", "hidden", "gone", "silent", "moved", "fine")
    alice, *others = [await town.account(name) for name in people]
    blocked, blocker, muted, asked, hidden, gone, silent, moved, fine = others
    await block.block(town.ctx, alice, blocked)
    await block.block(town.ctx, blocker, alice)
    await mute.mute(town.ctx, alice, muted)
    await changed(town, asked, locked=True)
    await follow.follow(town.ctx, alice, await town.now(asked))
    await changed(town, hidden, discoverable=False)
    await changed(town, gone, suspended_at=1)
    await changed(town, silent, silenced_at=1)
    await changed(town, moved, moved_to_id=fine.id)
    client = await town.client(alice)
    assert names(await client.get("/api/v1/suggestions")) == ["fine"]
    for query in ("", "?order=new", "?local=true", "?local=true&order=new"):
        assert set(names(await client.get(f"/api/v1/directory{query}"))) == {"alice", "asked", "fine"}, query
        seen = names(await (await town.client()).get(f"/api/v1/directory{query}"))
        assert set(seen) == {"alice", "asked", "fine", "blocked", "blocker", "muted"}, query


async def test_the_directory_has_the_active_or_the_new_first(town: Any, open_town: OpenTown) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    elm = await open_town("elm.example")
    await met(town, await elm.account("zoe"), elm)
    for author in (carol, alice):
        await town.post(author, "hello")
    stranger = await town.client()
    path = "/api/v1/directory"
    assert names(await stranger.get(path)) == ["alice", "carol", "zoe", "bob"]
    assert names(await stranger.get(f"{path}?order=new")) == ["zoe", "carol", "bob", "alice"]
    assert names(await stranger.get(f"{path}?order=new&local=true")) == ["carol", "bob", "alice"]
    assert names(await stranger.get(f"{path}?limit=2&offset=1&local=1")) == ["carol", "bob"]
    assert (await stranger.get(f"{path}?order=best")).status_code == 422
    assert bob.id


async def test_who_hides_followers_has_no_familiar_ones(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(alice, bob)
    await town.follow(bob, carol)
    await changed(town, carol, hide_collections=True)
    client = await town.client(alice)
    answer = await client.get(f"/api/v1/accounts/familiar_followers?id[]={carol.id}")
    assert answer.json() == [{"id": str(carol.id), "accounts": []}]


async def test_suggestions_and_endorsements_need_a_token_and_its_scope(town: Any) -> None:
    alice = await town.account("alice")
    stranger, other = await town.client(), await town.client(alice, scopes="read:statuses write:follows")
    reads = ["/api/v1/suggestions", "/api/v2/suggestions", "/api/v1/endorsements"]
    calls = [("GET", path) for path in reads] + [("DELETE", "/api/v1/suggestions/1")]
    calls += [("POST", f"/api/v1/accounts/1/{word}") for word in ("endorse", "unendorse", "pin", "unpin")]
    for method, path in calls:
        assert (await stranger.request(method, path)).status_code == 401, path
        assert (await other.request(method, path)).status_code == 403, path
