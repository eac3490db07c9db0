"""Hashtags, over HTTP: shown with their use, followed, featured."""

from typing import Any

import httpx
import pytest

from fediserver.actions import block, follow, mute
from fediserver.clock import DAY, SECOND
from tests.web.api.test_lists import home, made, put_in, shown
from tests.web.api.test_timelines import links


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [tag["name"] for tag in answer.json()]


async def test_a_tag_tells_of_its_public_use_in_seven_days(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.post(alice, "#Leek long ago")
    town.clock.advance(6 * DAY)
    for text in ("#leek", "#leek again"):
        await town.post(alice, text)
    town.clock.advance(DAY)
    await town.post(bob, "#leek")
    await town.post(bob, "#leek, not for all", visibility="unlisted")
    stranger = await town.client()
    tag = (await stranger.get("/api/v1/tags/LEEK")).json()
    assert (tag["name"], tag["url"]) == ("Leek", "https://oak.example/tags/leek")
    assert "following" not in tag
    today = town.clock.now // DAY * DAY // SECOND
    assert [one["day"] for one in tag["history"]] == [str(today - n * DAY // SECOND) for n in range(7)]
    used = [(one["uses"], one["accounts"]) for one in tag["history"]]
    assert used == [("1", "1"), ("2", "1"), *[("0", "0")] * 5]


async def test_a_tag_that_nobody_used_is_a_tag_and_other_words_are_none(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    unused = (await client.get("/api/v1/tags/Nothing")).json()
    assert (unused["id"], unused["name"], unused["following"]) == ("", "Nothing", False)
    for word in ("12", "two words", "-", "a%2Fb", "%23%23", "x" * 5000):
        assert (await client.get(f"/api/v1/tags/{word}")).status_code == 404, word
        assert (await client.post(f"/api/v1/tags/{word}/follow")).status_code == 404, word


async def test_a_followed_tag_brings_public_posts_home_once(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(alice, bob)
    client = await town.client(alice)
    for word in ("Leek", "beet"):
        followed = (await client.post(f"/api/v1/tags/{word}/follow")).json()
        assert (followed["name"], followed["following"]) == (word, True)
        assert followed["id"]
    both = await town.post(bob, "#leek and #beet")
    stranger = await town.post(carol, "#LEEK and #beet")
    reply = await town.post(carol, "more #leek", in_reply_to_id=stranger.id)
    for visibility in ("unlisted", "private", "direct"):
        await town.post(carol, "#leek", visibility=visibility)
    await town.post(carol, "#else")
    own = await town.post(alice, "my #leek")
    assert await home(client) == shown(own, reply, stranger, both)


async def test_blocks_mutes_languages_and_exclusive_lists_count_for_tags(town: Any) -> None:
    alice, bob, carol, dora, erin = [
        await town.account(name) for name in ("alice", "bob", "carol", "dora", "erin")
    ]
    client = await town.client(alice)
    await client.post("/api/v1/tags/leek/follow")
    await block.block(town.ctx, bob, alice)
    await mute.mute(town.ctx, alice, carol)
    await follow.follow(town.ctx, alice, dora, languages=["de"])
    await town.follow(alice, erin)
    await put_in(client, await made(client, exclusive=True), erin)
    for author in (bob, carol, erin):
        await town.post(author, "#leek")
    await town.post(dora, "#leek", language="en")
    german = await town.post(dora, "#leek", language="de")
    assert await home(client) == shown(german)


async def test_what_only_a_tag_brought_goes_with_it(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(alice, bob)
    client = await town.client(alice)
    for word in ("leek", "beet"):
        await client.post(f"/api/v1/tags/{word}/follow")
    friend = await town.post(bob, "#leek")
    await town.post(carol, "#leek")
    other = await town.post(carol, "#leek #beet")
    own = await town.post(alice, "#leek")
    left = (await client.post("/api/v1/tags/Leek/unfollow")).json()
    assert left["following"] is False
    assert await home(client) == shown(own, other, friend)
    assert (await client.post("/api/v1/tags/never/unfollow")).json()["following"] is False


async def test_followed_tags_page_by_the_follow(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    words = [f"tag{number}" for number in range(5)]
    for word in [*words, words[0]]:
        await client.post(f"/api/v1/tags/{word}/follow")
    first = await client.get("/api/v1/followed_tags?limit=2")
    assert names(first) == ["tag4", "tag3"]
    second = await client.get(links(first)["next"])
    third = await client.get(links(second)["next"])
    assert [names(second), names(third)] == [["tag2", "tag1"], ["tag0"]]
    assert "next" not in links(third)
    assert names(await client.get(links(second)["prev"])) == ["tag4", "tag3"]


async def test_five_hundred_tags_are_enough(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fediserver.actions.tags.FOLLOWED", 2)
    client = await town.client(await town.account("alice"))
    answers = [await client.post(f"/api/v1/tags/{word}/follow") for word in ("one", "two", "three", "two")]
    assert [answer.status_code for answer in answers] == [200, 200, 422, 200]


async def test_featured_tags_count_the_owners_open_posts(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client, stranger = await town.client(alice), await town.client()
    for visibility in ("public", "unlisted", "private"):
        await town.post(alice, "#leek", visibility=visibility)
    await town.post(bob, "#leek")
    put = (await client.post("/api/v1/featured_tags", data={"name": "#Leek"})).json()
    assert (put["name"], put["statuses_count"]) == ("Leek", "2")
    assert put["last_status_at"] == "2026-09-21"
    assert put["url"] == "https://oak.example/tags/leek"
    await client.post("/api/v1/featured_tags", json={"name": "unused"})
    listed = (await client.get("/api/v1/featured_tags")).json()
    assert [(one["name"], one["statuses_count"]) for one in listed] == [("Leek", "2"), ("unused", "0")]
    assert listed[1]["last_status_at"] is None
    assert (await stranger.get(f"/api/v1/accounts/{alice.id}/featured_tags")).json() == listed
    assert (await stranger.get(f"/api/v1/accounts/{bob.id}/featured_tags")).json() == []
    assert (await stranger.get("/api/v1/accounts/7/featured_tags")).status_code == 404
    assert (await client.get("/api/v1/tags/leek")).json()["featuring"] is True
    assert (await client.delete(f"/api/v1/featured_tags/{put['id']}")).json() == {}
    assert (await client.delete(f"/api/v1/featured_tags/{put['id']}")).status_code == 404
    other = (await (await town.client(bob)).get("/api/v1/featured_tags")).json()
    assert other == []


async def test_ten_different_hashtags_at_most_are_featured(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    for name in ("two words", "", "12"):
        refused = await client.post("/api/v1/featured_tags", json={"name": name})
        assert refused.status_code == 422, name
    assert (await client.post("/api/v1/featured_tags")).status_code == 400
    for number in range(10):
        assert (await client.post("/api/v1/featured_tags", json={"name": f"tag{number}"})).status_code == 200
    for name in ("TAG3", "tag10"):
        assert (await client.post("/api/v1/featured_tags", json={"name": name})).status_code == 422
    assert (await client.post("/api/v1/tags/tag10/feature")).status_code == 422
    assert (await client.post("/api/v1/tags/tag3/feature")).json()["featuring"] is True


async def test_a_tag_is_featured_by_name_or_id(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    await town.post(alice, "#Leek")
    tag = (await client.get("/api/v1/tags/leek")).json()
    for word in (tag["id"], "leek", "unused"):
        assert (await client.post(f"/api/v1/tags/{word}/feature")).json()["featuring"] is True
        assert (await client.post(f"/api/v1/tags/{word}/unfeature")).json()["featuring"] is False
    for word in ("7", "9" * 30):
        assert (await client.post(f"/api/v1/tags/{word}/feature")).status_code == 404


async def test_what_one_uses_most_is_suggested(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    for text in ("#leek", "#leek #beet", "#beet #kale", "#kale", "#kale"):
        await town.post(alice, text)
    await client.post("/api/v1/tags/leek/feature")
    assert names(await client.get("/api/v1/featured_tags/suggestions")) == ["kale", "beet"]


async def test_others_read_featured_tags_as_a_collection(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    await client.post("/api/v1/featured_tags", json={"name": "Leek"})
    document = (await (await town.client()).get("/users/alice/collections/tags")).json()
    assert (document["type"], document["totalItems"]) == ("OrderedCollection", 1)
    assert document["orderedItems"] == [
        {"type": "Hashtag", "href": "https://oak.example/tags/leek", "name": "#Leek"}
    ]
    assert any("Hashtag" in part for part in document["@context"])


async def test_tags_need_a_token_and_its_scope(town: Any) -> None:
    alice = await town.account("alice")
    stranger, reader = await town.client(), await town.client(alice, scopes="read:statuses")
    calls = [("GET", path) for path in ("followed_tags", "featured_tags", "featured_tags/suggestions")]
    calls += [("POST", f"tags/leek/{what}") for what in ("follow", "unfollow", "feature", "unfeature")]
    calls += [("POST", "featured_tags"), ("DELETE", "featured_tags/1")]
    for method, path in calls:
        assert (await stranger.request(method, f"/api/v1/{path}")).status_code == 401, path
        assert (await reader.request(method, f"/api/v1/{path}")).status_code == 403, path
