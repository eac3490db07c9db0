"""Accounts: shown, found, followed, blocked, muted, and one's own profile."""

import io
from typing import Any

import msgspec
import pytest
from PIL import Image

from fediserver.actions import block, follow
from fediserver.db import accounts as account_rows


async def test_an_account_is_shown_to_anybody(town: Any) -> None:
    alice = await town.account("alice")
    stranger = await town.client()
    shown = (await stranger.get(f"/api/v1/accounts/{alice.id}")).json()
    assert (shown["acct"], shown["uri"]) == ("alice", "https://oak.example/users/alice")
    assert shown["created_at"].endswith("T00:00:00.000Z")
    assert shown["avatar"] == "https://oak.example/static/avatar.png"
    assert shown["last_status_at"] is None
    for path in ("7", "abc", "-1", "1e3"):
        assert (await stranger.get(f"/api/v1/accounts/{path}")).status_code == 404


async def test_the_account_is_as_new_as_its_latest_change(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    path = f"/api/v1/accounts/{bob.id}"
    assert (await client.get(path)).json()["followers_count"] == 0
    await client.post(f"{path}/follow")
    assert (await client.get(path)).json()["followers_count"] == 1
    await town.post(bob, "hello")
    assert (await client.get(path)).json()["last_status_at"] == "2026-09-21"


@pytest.mark.parametrize("acct", ["alice", "@alice", "Alice@oak.example", "acct:alice@OAK.example"])
async def test_lookup_knows_every_form_of_a_handle(town: Any, acct: str) -> None:
    alice = await town.account("alice")
    stranger = await town.client()
    found = await stranger.get("/api/v1/accounts/lookup", params={"acct": acct})
    assert found.json()["id"] == str(alice.id)


async def test_lookup_asks_nobody_else(town: Any) -> None:
    stranger = await town.client()
    for acct in ("nobody", "somebody@elm.example", "@@", ""):
        answer = await stranger.get("/api/v1/accounts/lookup", params={"acct": acct})
        assert answer.status_code == 404
    assert (await stranger.get("/api/v1/accounts/lookup")).status_code == 400
    assert town.network.requests == []


async def test_search_finds_by_the_beginning_of_a_name(town: Any) -> None:
    alice, alan, bob = [await town.account(name) for name in ("alice", "alan", "bob")]
    await town.follow(bob, alice)
    client = await town.client(bob)

    async def found(**query: str) -> list[str]:
        answer = await client.get("/api/v1/accounts/search", params=query)
        return [account["username"] for account in answer.json()]

    assert await found(q="al") == ["alice", "alan"]
    assert await found(q="@AL") == ["alice", "alan"]
    assert await found(q="al", limit="1", offset="1") == ["alan"]
    assert await found(q="al", following="true") == ["alice"]
    assert await found(q="alan@oak.example") == ["alan"]
    assert await found(q="%") == []
    assert alan.id


async def test_statuses_of_an_account_by_kind(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    plain = await town.post(alice, "plain #leek")
    own = await town.post(alice, "own reply", in_reply_to_id=plain.id)
    others = await town.post(bob, "by bob")
    reply = await town.post(alice, "@bob reply", in_reply_to_id=others.id)
    private = await town.post(alice, "friends", visibility="private")
    me, stranger = await town.client(alice), await town.client()
    boost = (await me.post(f"/api/v1/statuses/{others.id}/reblog")).json()

    async def listed(client: Any, query: str = "") -> list[str]:
        answer = await client.get(f"/api/v1/accounts/{alice.id}/statuses{query}")
        return [status["id"] for status in answer.json()]

    everything = [boost["id"], *(str(one.id) for one in (private, reply, own, plain))]
    assert await listed(me) == everything
    assert await listed(stranger) == [one for one in everything if one != str(private.id)]
    assert await listed(stranger, "?exclude_reblogs=true") == [str(one.id) for one in (reply, own, plain)]
    named = await town.post(alice, "@bob only", visibility="direct")
    assert await listed(me) == [str(named.id), *everything]
    assert await listed(me, "?exclude_direct=true") == everything
    assert await listed(stranger, "?exclude_replies=1") == [boost["id"], str(own.id), str(plain.id)]
    assert await listed(stranger, "?tagged=LEEK") == [str(plain.id)]
    assert await listed(stranger, "?tagged=nothing") == []
    assert await listed(stranger, "?only_media=true") == []
    assert await listed(stranger, f"?max_id={reply.id}&limit=1") == [str(own.id)]
    assert await listed(stranger, f"?min_id={plain.id}&limit=1") == [str(own.id)]


async def test_a_page_is_filled_although_most_is_not_for_the_viewer(town: Any) -> None:
    alice = await town.account("alice")
    old = await town.post(alice, "old")
    for number in range(6):
        await town.post(alice, f"secret {number}", visibility="private")
    stranger = await town.client()
    seen = await stranger.get(f"/api/v1/accounts/{alice.id}/statuses?limit=2")
    assert [status["id"] for status in seen.json()] == [str(old.id)]


async def test_who_is_blocked_sees_no_posts(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.post(alice, "hello")
    await block.block(town.ctx, alice, bob)
    client = await town.client(bob)
    assert (await client.get(f"/api/v1/accounts/{alice.id}/statuses")).json() == []


async def test_followers_and_following_page_by_relation(town: Any) -> None:
    alice = await town.account("alice")
    friends = [await town.account(f"friend{number}") for number in range(3)]
    for friend in friends:
        await town.follow(friend, alice)
        await town.follow(alice, friend)
    stranger = await town.client()
    for which in ("followers", "following"):
        first = await stranger.get(f"/api/v1/accounts/{alice.id}/{which}?limit=2")
        assert [one["username"] for one in first.json()] == ["friend2", "friend1"]
        assert "since_id=" in first.links["prev"]["url"]
        rest = await stranger.get(first.links["next"]["url"])
        assert [one["username"] for one in rest.json()] == ["friend0"]
        assert "next" not in rest.links


async def test_hidden_followers_are_for_the_owner(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.follow(bob, alice)
    me, other = await town.client(alice), await town.client(bob)
    await me.patch("/api/v1/accounts/update_credentials", data={"hide_collections": "true"})
    assert len((await me.get(f"/api/v1/accounts/{alice.id}/followers")).json()) == 1
    assert (await other.get(f"/api/v1/accounts/{alice.id}/followers")).json() == []


async def test_relations_are_told_as_they_become(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client, other = await town.client(alice), await town.client(bob)
    path = f"/api/v1/accounts/{bob.id}"

    async def done(what: str, **fields: Any) -> dict[str, Any]:
        answer = await client.post(f"{path}/{what}", json=fields)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    followed = await done("follow", reblogs=False, notify=True, languages=["de"])
    assert (followed["following"], followed["showing_reblogs"], followed["notifying"]) == (True, False, True)
    assert followed["languages"] == ["de"]
    seen = (await other.get("/api/v1/accounts/relationships", params={"id[]": str(alice.id)})).json()
    assert (seen[0]["followed_by"], seen[0]["following"]) == (True, False)
    assert (await done("unfollow"))["following"] is False
    muted = await done("mute", notifications=False, duration=60)
    assert (muted["muting"], muted["muting_notifications"]) == (True, False)
    listed = (await client.get("/api/v1/mutes")).json()
    assert listed[0]["mute_expires_at"] is not None
    town.clock.advance(61_000)
    assert (await client.get("/api/v1/mutes")).json() == []
    assert (await done("unmute"))["muting"] is False
    assert (await done("note", comment="met at the market"))["note"] == "met at the market"
    assert (await done("note", comment=""))["note"] == ""
    assert (await done("block"))["blocking"] is True
    assert [one["username"] for one in (await client.get("/api/v1/blocks")).json()] == ["bob"]
    seen = (await other.get(f"/api/v1/accounts/relationships?id={alice.id}")).json()
    assert seen[0]["blocked_by"] is True
    assert (await other.post(f"/api/v1/accounts/{alice.id}/follow")).status_code == 403
    assert (await done("unblock"))["blocking"] is False
    assert (await client.post(f"/api/v1/accounts/{alice.id}/follow")).status_code in (403, 422)
    assert (await client.get("/api/v1/accounts/relationships")).json() == []


async def test_a_locked_account_is_asked(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    locked = await town.client(alice)
    await locked.patch("/api/v1/accounts/update_credentials", json={"locked": True})
    for account in (bob, carol):
        client = await town.client(account)
        asked = (await client.post(f"/api/v1/accounts/{alice.id}/follow")).json()
        assert (asked["requested"], asked["following"]) == (True, False)
    waiting = (await locked.get("/api/v1/follow_requests")).json()
    assert [one["username"] for one in waiting] == ["carol", "bob"]
    me = (await locked.get("/api/v1/accounts/verify_credentials")).json()
    assert me["source"]["follow_requests_count"] == 2
    granted = (await locked.post(f"/api/v1/follow_requests/{bob.id}/authorize")).json()
    assert (granted["followed_by"], granted["requested_by"]) == (True, False)
    refused = (await locked.post(f"/api/v1/follow_requests/{carol.id}/reject")).json()
    assert (refused["followed_by"], refused["requested_by"]) == (False, False)
    assert (await locked.post(f"/api/v1/follow_requests/{carol.id}/authorize")).status_code == 404
    removed = (await locked.post(f"/api/v1/accounts/{bob.id}/remove_from_followers")).json()
    assert removed["followed_by"] is False


async def test_familiar_followers_are_whom_one_follows(town: Any) -> None:
    alice, bob, carol, dora = [await town.account(name) for name in ("alice", "bob", "carol", "dora")]
    await town.follow(alice, bob)
    for follower in (bob, dora):
        await town.follow(follower, carol)
    client = await town.client(alice)
    for request in ({"params": {"id[]": str(carol.id)}}, {"json": {"id": [str(carol.id)]}}):
        answer = await client.request("GET", "/api/v1/accounts/familiar_followers", **request)
        assert answer.json()[0]["id"] == str(carol.id)
        assert [one["username"] for one in answer.json()[0]["accounts"]] == ["bob"]


async def test_a_profile_changes_by_form_and_by_json(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    form = {
        "display_name": "Alice A.",
        "note": "grows #leek",
        "fields_attributes[0][name]": "Web",
        "fields_attributes[0][value]": "https://alice.example",
        "fields_attributes[1][name]": "",
        "source[privacy]": "unlisted",
        "source[language]": "de",
        "bot": "1",
    }
    changed = (await client.patch("/api/v1/accounts/update_credentials", data=form)).json()
    assert (changed["display_name"], changed["bot"]) == ("Alice A.", True)
    assert changed["source"]["note"] == "grows #leek"
    assert "<p>" in changed["note"]
    assert changed["source"]["fields"] == [
        {"name": "Web", "value": "https://alice.example", "verified_at": None}
    ]
    assert "<a " in changed["fields"][0]["value"]
    preferences = (await client.get("/api/v1/preferences")).json()
    assert preferences["posting:default:visibility"] == "unlisted"
    assert preferences["posting:default:language"] == "de"
    again = await client.patch("/api/v1/accounts/update_credentials", json={"note": ""})
    assert (again.json()["display_name"], again.json()["source"]["note"]) == ("Alice A.", "")
    too_long = await client.patch("/api/v1/accounts/update_credentials", json={"note": "x" * 501})
    assert too_long.status_code == 422
    assert "note" in too_long.json()["details"]


async def test_an_avatar_comes_as_a_file(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    data = io.BytesIO()
    Image.new("RGB", (50, 40), (200, 30, 30)).save(data, "PNG")
    files = {"avatar": ("me.png", data.getvalue(), "image/png"), "header": ("", b"", "")}
    answer = await client.patch("/api/v1/accounts/update_credentials", files=files, data={"note": "hi"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["avatar"].startswith("https://oak.example/media/")
    assert answer.json()["header"].endswith("/static/header.png")
    bad = {"avatar": ("me.png", b"no picture", "image/png")}
    assert (await client.patch("/api/v1/accounts/update_credentials", files=bad)).status_code == 422
    removed = await client.delete("/api/v1/profile/avatar")
    assert removed.json()["avatar"].endswith("/static/avatar.png")


async def test_a_suspended_account_is_shown_without_what_it_said(town: Any) -> None:
    alice = await town.account("alice")
    await town.post(alice, "hello")
    row = msgspec.structs.replace(await town.now(alice), display_name="Bad", note="bad", suspended_at=1)
    await town.ctx.db.write(lambda tx: account_rows.update(tx, row))
    stranger = await town.client()
    shown = (await stranger.get(f"/api/v1/accounts/{alice.id}")).json()
    assert (shown["suspended"], shown["display_name"], shown["note"]) == (True, "", "")
    assert (await stranger.get(f"/api/v1/accounts/{alice.id}/statuses")).json() == []
    client = await town.client(await town.account("bob"))
    path = f"/api/v1/accounts/relationships?id={alice.id}"
    assert (await client.get(path)).json() == []
    assert [one["id"] for one in (await client.get(f"{path}&with_suspended=true")).json()] == [str(alice.id)]


async def test_a_group_speaks_and_is_marked(town: Any) -> None:
    alice = await town.account("alice")
    group = await town.group("allotment", owner=alice)
    stranger = await town.client()
    shown = (await stranger.get(f"/api/v1/accounts/{group.id}")).json()
    assert (shown["group"], shown["bot"], shown["acct"]) == (True, False, "allotment")


async def test_a_report_reaches_the_moderators(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    status = await town.post(bob, "buy my pills")
    client = await town.client(alice)
    fields = {
        "account_id": str(bob.id),
        "status_ids[]": str(status.id),
        "category": "spam",
        "comment": "spam",
    }
    answer = (await client.post("/api/v1/reports/", data=fields)).json()
    assert (answer["category"], answer["status_ids"]) == ("spam", [str(status.id)])
    assert answer["target_account"]["id"] == str(bob.id)
    assert (await client.post("/api/v1/reports", json={"comment": "who?"})).status_code == 400


async def test_a_member_follows_only_so_many(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "MOST", 2)
    alice, bob, carol, dora = [await town.account(name) for name in ("alice", "bob", "carol", "dora")]
    client = await town.client(alice)
    await (await town.client(carol)).patch("/api/v1/accounts/update_credentials", json={"locked": True})

    async def wished(target: Any) -> int:
        answer = await client.post(f"/api/v1/accounts/{target.id}/follow")
        return int(answer.status_code)

    # One is followed, one is asked: both count, and following again is nothing new.
    assert [await wished(one) for one in (bob, carol, bob, carol, dora)] == [200, 200, 200, 200, 422]
    await client.post(f"/api/v1/accounts/{carol.id}/unfollow")
    assert await wished(dora) == 200
