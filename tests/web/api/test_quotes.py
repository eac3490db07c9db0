"""Quotes: with the consent of who is quoted, shown to those who may see what is quoted."""

from typing import Any

import pytest

from fediserver.actions import block, delete, mute
from fediserver.models.visibility import QuotePolicy


async def quote(town: Any, author: Any, quoted: Any, text: str = "see this", **options: Any) -> Any:
    return await town.post(author, text, quoted_id=quoted.id, **options)


async def shown(client: Any, status: Any) -> Any:
    return (await client.get(f"/api/v1/statuses/{status.id}")).json()


async def test_a_quote_carries_the_post_counts_and_is_told(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    post = await town.post(alice, "plant leeks")
    client, hers = await town.client(bob), await town.client(alice)
    made = (
        await client.post("/api/v1/statuses", json={"status": "so true", "quoted_status_id": str(post.id)})
    ).json()
    assert made["quote"]["state"] == "accepted"
    assert made["quote"]["quoted_status"]["id"] == str(post.id)
    assert made["content"].startswith('<p class="quote-inline">RE: <a href="https://oak.example/@alice/')
    assert made["content"].endswith("<p>so true</p>")
    assert (await shown(hers, post))["quotes_count"] == 1
    told = (await hers.get("/api/v1/notifications")).json()
    assert [(one["type"], one["account"]["username"], one["status"]["id"]) for one in told] == [
        ("quote", "bob", made["id"])
    ]
    assert (await client.get(f"/api/v1/statuses/{made['id']}/source")).json()["text"] == "so true"


async def test_whom_a_quote_is_not_for_is_not_told_of_it(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    await quote(town, bob, await town.post(alice, "plant leeks"), "for friends", visibility="private")
    assert (await (await town.client(alice)).get("/api/v1/notifications")).json() == []


async def test_a_text_that_links_the_post_has_no_second_link_and_may_be_empty(town: Any) -> None:
    alice = await town.account("alice")
    post = await town.post(alice, "plant leeks")
    linked = await quote(town, alice, post, f"look at {town.ctx.uris.page(post)}")
    assert "quote-inline" not in linked.content
    bare = await quote(town, alice, post, "")
    assert "quote-inline" in bare.content


async def test_a_quote_within_what_is_quoted_is_only_named(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    first = await town.post(alice, "one")
    second = await quote(town, alice, first)
    third = await quote(town, alice, second)
    entity = await shown(client, third)
    inner = entity["quote"]["quoted_status"]
    assert inner["quote"] == {"state": "accepted", "quoted_status_id": str(first.id)}
    home = (await client.get("/api/v1/timelines/home")).json()
    assert home[0] == entity


async def test_a_boost_of_a_quote_shows_it_inside(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    post = await town.post(alice, "one")
    made = await quote(town, alice, post)
    boost = (await client.post(f"/api/v1/statuses/{made.id}/reblog")).json()
    assert boost["quote"] is None
    assert boost["reblog"]["quote"]["quoted_status"]["id"] == str(post.id)
    again = await quote(town, alice, await town.status(boost["uri"]))
    assert (await shown(client, again))["quote"]["quoted_status"]["id"] == str(made.id)


@pytest.mark.parametrize(
    ("policy", "follows", "allowed"),
    [
        ("public", False, True),
        ("followers", False, False),
        ("followers", True, True),
        ("nobody", True, False),
    ],
)
async def test_the_policy_decides_who_quotes(town: Any, policy: str, follows: bool, allowed: bool) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    hers, his = await town.client(alice), await town.client(bob)
    if follows:
        await town.follow(bob, alice)
    made = (await hers.post("/api/v1/statuses", json={"status": "x", "quote_approval_policy": policy})).json()
    assert made["quote_approval"] == {
        "automatic": [] if policy == "nobody" else [policy],
        "manual": [],
        "current_user": "automatic",
    }
    seen = (await his.get(f"/api/v1/statuses/{made['id']}")).json()
    assert seen["quote_approval"]["current_user"] == ("automatic" if allowed else "denied")
    stranger = (await (await town.client()).get(f"/api/v1/statuses/{made['id']}")).json()
    assert stranger["quote_approval"]["current_user"] == "denied"
    answer = await his.post("/api/v1/statuses", json={"status": "y", "quoted_status_id": made["id"]})
    assert answer.status_code == (200 if allowed else 422)


async def test_what_is_not_open_is_quoted_by_its_author_only_and_as_narrowly(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    await town.follow(bob, alice)
    hers, his = await town.client(alice), await town.client(bob)
    private = await town.post(alice, "for friends", "private", quote_policy=QuotePolicy.PUBLIC)
    answer = await his.post("/api/v1/statuses", json={"status": "y", "quoted_status_id": str(private.id)})
    assert answer.status_code == 422
    made = await hers.post("/api/v1/statuses", json={"status": "y", "quoted_status_id": str(private.id)})
    assert made.json()["visibility"] == "private"
    direct = await town.post(alice, "@bob psst", "direct")
    for client in (hers, his):
        answer = await client.post(
            "/api/v1/statuses", json={"status": "y", "quoted_status_id": str(direct.id)}
        )
        assert answer.status_code == 422
    changed = await hers.put(
        f"/api/v1/statuses/{private.id}/interaction_policy", json={"quote_approval_policy": "public"}
    )
    assert changed.json()["quote_approval"]["automatic"] == []


async def test_a_post_that_cannot_be_seen_cannot_be_quoted(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    private = await town.post(alice, "for friends", "private")
    client = await town.client(bob)
    for wanted in (str(private.id), "1"):
        answer = await client.post("/api/v1/statuses", json={"status": "y", "quoted_status_id": wanted})
        assert answer.status_code == 404
    answer = await client.post("/api/v1/statuses", json={"status": "y", "quote_approval_policy": "friends"})
    assert answer.status_code == 422


async def test_the_state_is_the_viewers(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    post = await town.post(alice, "plant leeks")
    made = await quote(town, bob, post)
    client = await town.client(carol)

    async def state() -> tuple[str, bool]:
        found = (await shown(client, made))["quote"]
        return found["state"], found["quoted_status"] is not None

    assert await state() == ("accepted", True)
    await mute.mute(town.ctx, carol, alice)
    assert await state() == ("muted_account", True)
    await block.block(town.ctx, carol, alice)
    assert await state() == ("blocked_account", True)
    await block.unblock(town.ctx, carol, alice)
    await block.block(town.ctx, alice, carol)
    assert await state() == ("unauthorized", False)


async def test_a_quote_of_a_deleted_post_says_so_and_deleted_quotes_do_not_count(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    post = await town.post(alice, "plant leeks")
    first, second = await quote(town, bob, post), await quote(town, bob, post)
    client = await town.client(bob)
    await delete.delete(town.ctx, bob, second)
    assert (await shown(client, post))["quotes_count"] == 1
    await delete.delete(town.ctx, alice, post)
    assert (await shown(client, first))["quote"] == {"state": "deleted", "quoted_status": None}


async def test_quotes_are_listed_there_and_back_for_those_who_may_see_them(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    post = await town.post(alice, "plant leeks")
    made = [await quote(town, bob, post) for _ in range(3)]
    await quote(town, bob, post, "for friends", visibility="private")
    client = await town.client(alice)
    first = await client.get(f"/api/v1/statuses/{post.id}/quotes", params={"limit": 2})
    assert [one["id"] for one in first.json()] == [str(one.id) for one in (made[2], made[1])]
    rest = await client.get(first.links["next"]["url"])
    assert [one["id"] for one in rest.json()] == [str(made[0].id)]
    assert "since_id" in first.links["prev"]["url"]
    back = await client.get(rest.links["prev"]["url"])
    assert [one["id"] for one in back.json()] == [str(one.id) for one in (made[2], made[1])]
    assert (await client.get("/api/v1/statuses/1/quotes")).status_code == 404
    assert (await (await town.client()).get(f"/api/v1/statuses/{post.id}/quotes")).status_code == 401
    narrow = await town.client(alice, scopes="write")
    assert (await narrow.get(f"/api/v1/statuses/{post.id}/quotes")).status_code == 403


async def test_consent_is_taken_back_by_who_gave_it(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    post, other = await town.post(alice, "plant leeks"), await town.post(alice, "other")
    made = await quote(town, bob, post)
    hers, his = await town.client(alice), await town.client(bob)
    path = f"/api/v1/statuses/{post.id}/quotes/{made.id}/revoke"
    assert (await his.post(path)).status_code == 403
    assert (await (await town.client()).post(path)).status_code == 401
    assert (await (await town.client(alice, scopes="read")).post(path)).status_code == 403
    assert (await hers.post(f"/api/v1/statuses/{other.id}/quotes/{made.id}/revoke")).status_code == 404
    for _ in range(2):
        answer = await hers.post(path)
        assert answer.json()["quote"] == {"state": "revoked", "quoted_status": None}
    assert (await shown(hers, post))["quotes_count"] == 0
    assert (await hers.get("/api/v1/notifications")).json() == []
    assert (await hers.get(f"/api/v1/statuses/{post.id}/quotes")).json() == []


async def test_the_policy_of_a_post_is_changed_by_its_author(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    post = await town.post(alice, "plant leeks")
    hers, his = await town.client(alice), await town.client(bob)
    path = f"/api/v1/statuses/{post.id}/interaction_policy"
    wish = {"quote_approval_policy": "followers"}
    assert (await hers.put(path, json=wish)).json()["quote_approval"]["automatic"] == ["followers"]
    assert (await hers.patch(path, json={"quote_approval_policy": "public"})).json()["quote_approval"][
        "automatic"
    ] == ["public"]
    edited = await hers.put(
        f"/api/v1/statuses/{post.id}", json={"status": "plant leeks", "quote_approval_policy": "nobody"}
    )
    assert edited.json()["quote_approval"]["automatic"] == []
    assert (await his.put(path, json=wish)).status_code == 404
    assert (await (await town.client()).put(path, json=wish)).status_code == 401
    assert (await (await town.client(alice, scopes="read")).put(path, json=wish)).status_code == 403
    for wrong in ({}, {"quote_approval_policy": "friends"}):
        assert (await hers.put(path, json=wrong)).status_code == 422


async def test_an_edit_keeps_the_quote_and_tells_who_quotes(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    post = await town.post(alice, "plant leeks")
    made = await quote(town, bob, post)
    hers, his = await town.client(alice), await town.client(bob)
    edited = (
        await his.put(f"/api/v1/statuses/{made.id}", json={"status": "", "quoted_status_id": "1"})
    ).json()
    assert edited["quote"]["quoted_status"]["id"] == str(post.id)
    assert "quote-inline" in edited["content"]
    versions = (await his.get(f"/api/v1/statuses/{made.id}/history")).json()
    assert [one["quote"]["quoted_status"]["id"] for one in versions] == [str(post.id)] * 2
    await hers.put(f"/api/v1/statuses/{post.id}", json={"status": "plant more leeks"})
    told = (await his.get("/api/v1/notifications")).json()
    assert [(one["type"], one["status"]["id"]) for one in told] == [("quoted_update", str(made.id))]


async def test_new_posts_follow_the_members_setting(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    answer = await client.patch(
        "/api/v1/accounts/update_credentials", json={"source": {"quote_policy": "followers"}}
    )
    assert answer.json()["source"]["quote_policy"] == "followers"
    preferences = (await client.get("/api/v1/preferences")).json()
    assert preferences["posting:default:quote_policy"] == "followers"
    made = (await client.post("/api/v1/statuses", json={"status": "x"})).json()
    assert made["quote_approval"]["automatic"] == ["followers"]
    wrong = await client.patch("/api/v1/accounts/update_credentials", json={"source": {"quote_policy": "x"}})
    assert wrong.status_code == 422


async def test_filters_match_what_is_quoted(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    made = await quote(town, bob, await town.post(alice, "plant leeks"))
    client = await town.client(alice)
    await client.post(
        "/api/v2/filters",
        json={"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "leeks"}]},
    )
    entity = await shown(client, made)
    assert entity["filtered"] == []
    assert [one["keyword_matches"] for one in entity["quote"]["quoted_status"]["filtered"]] == [["leeks"]]


async def test_a_scheduled_quote_is_kept_with_its_policy(town: Any) -> None:
    alice = await town.account("alice")
    post = await town.post(alice, "plant leeks")
    client = await town.client(alice)
    kept = await client.post(
        "/api/v1/statuses",
        json={
            "status": "later",
            "scheduled_at": "2027-01-01T00:00:00Z",
            "quoted_status_id": str(post.id),
            "quote_approval_policy": "nobody",
        },
    )
    params = kept.json()["params"]
    assert (params["quoted_status_id"], params["quote_approval_policy"]) == (str(post.id), "nobody")
