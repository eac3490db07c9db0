"""Trends: what counts, for how long, who decides, and pages of them."""

from typing import Any

import msgspec

from fediserver.actions import favourite, profile, reblog, trends
from fediserver.actions.profile import ProfileChange
from fediserver.actions.trends import EVERY
from fediserver.clock import DAY, HOUR
from fediserver.db import trends as rows
from fediserver.db.trends import Kind, Use
from tests.stranger import Server

PAGE = "https://paper.example/story"


async def names(client: Any, path: str = "tags", **query: str) -> list[str]:
    answer = await client.get(f"/api/v1/trends/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return [one.get("name") or one.get("title") or one["id"] for one in answer.json()]


async def refreshed(town: Any) -> None:
    town.clock.advance(EVERY)
    await trends.refresh(town.ctx)


async def test_tags_trend_when_several_people_use_them(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    for author in (alice, bob, carol):
        await town.post(author, "#soup")
    for author in (alice, bob):
        await town.post(author, "#Leek")
        await town.post(author, "#secret", "unlisted")
    for _ in range(5):
        await town.post(alice, "#alone")
    stranger, client = await town.client(), await town.client(alice)
    assert await names(stranger) == []
    await refreshed(town)
    assert await names(stranger) == await names(client) == ["soup", "Leek"]
    first = (await stranger.get("/api/v1/trends/tags")).json()[0]
    assert [(day["uses"], day["accounts"]) for day in first["history"]] == [("3", "3"), *[("0", "0")] * 6]
    assert first["history"][0]["day"] == str(town.clock() // DAY * DAY // 1000)
    assert "following" in (await client.get("/api/v1/trends/tags")).json()[0]
    old = await stranger.get("/api/v1/trends")
    assert [tag["name"] for tag in old.json()] == ["soup", "Leek"]
    assert old.headers["deprecation"] == "@1648598400"
    shown = await stranger.get("/api/v1/tags/alone")
    assert (shown.json()["history"][0]["uses"], shown.json()["history"][0]["accounts"]) == ("5", "1")
    found = await client.get("/api/v2/search?q=soup&type=hashtags")
    assert found.json()["hashtags"][0]["history"][0]["uses"] == "3"


async def test_trends_fade(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    for author in (alice, bob, carol):
        await town.post(author, "#old")
    town.clock.advance(DAY)
    for author in (alice, bob):
        await town.post(author, "#new")
    client = await town.client()
    await refreshed(town)
    assert await names(client) == ["new", "old"]
    town.clock.advance(2 * DAY + HOUR)
    await refreshed(town)
    assert await names(client) == ["new"]
    town.clock.advance(DAY)
    await refreshed(town)
    assert await names(client) == []


async def test_who_does_not_want_to_be_discovered_does_not_count(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await profile.update(town.ctx, bob, ProfileChange(discoverable=False))
    for author in (alice, bob):
        await town.post(author, "#leek")
    await refreshed(town)
    assert await names(await town.client()) == []


async def test_pages_of_trends(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    for author in (alice, bob):
        await town.post(author, " ".join(f"#tag{number}" for number in range(5)))
    await refreshed(town)
    client = await town.client()
    everything = await names(client)
    assert len(everything) == 5
    assert await names(client, limit="2") == everything[:2]
    assert await names(client, limit="2", offset="2") == everything[2:4]
    page = await client.get("/api/v1/trends/tags?limit=2&offset=2")
    assert page.headers["link"] == (
        '<https://oak.example/api/v1/trends/tags?limit=2&offset=4>; rel="next", '
        '<https://oak.example/api/v1/trends/tags?limit=2&offset=0>; rel="prev"'
    )
    last = await client.get("/api/v1/trends/tags?limit=2&offset=4")
    assert 'rel="next"' not in last.headers["link"]


async def test_posts_trend_when_people_like_and_boost_them(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    loved, liked, alone = [await town.post(alice, text) for text in ("loved", "liked", "alone")]
    answer = await town.post(alice, "an answer", in_reply_to_id=loved.id)
    behind = await town.post(alice, "behind a warning", sensitive=True)
    for status in (loved, liked, answer, behind):
        await favourite.add(town.ctx, bob, status)
    for status in (liked, answer, behind):
        await favourite.add(town.ctx, carol, status)
    await reblog.add(town.ctx, carol, loved)
    await favourite.add(town.ctx, alice, alone)
    await reblog.add(town.ctx, alice, alone)
    dave = await town.account("dave")
    await favourite.add(town.ctx, dave, loved)
    await refreshed(town)
    stranger, client = await town.client(), await town.client(dave)
    expected = [str(loved.id), str(liked.id)]
    assert await names(stranger, "statuses") == await names(client, "statuses") == expected
    await client.post(f"/api/v1/accounts/{alice.id}/mute")
    assert await names(client, "statuses") == []
    page = await stranger.get("/api/v1/trends/statuses?limit=1")
    assert 'rel="next"' in page.headers["link"]
    await (await town.client(alice)).delete(f"/api/v1/statuses/{loved.id}")
    assert await names(stranger, "statuses") == expected[1:]


async def test_links_trend_with_their_cards(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    paper = Server(town.network, "paper.example")
    paper.serve(PAGE, b"<title>Leek soup</title>", content_type="text/html")
    for author in (alice, bob):
        await town.post(author, f"read {PAGE}")
    await refreshed(town)
    client = await town.client(alice)
    assert await names(client, "links") == []
    await client.get("/api/v1/timelines/public")
    await town.settle()
    assert await names(client, "links") == await names(await town.client(), "links") == ["Leek soup"]
    found = (await client.get("/api/v1/trends/links")).json()[0]
    assert (found["url"], found["history"][0]["uses"], len(found["history"])) == (PAGE, "2", 7)


async def test_organisers_decide(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    paper = Server(town.network, "paper.example")
    paper.serve(PAGE, b"<title>Leek soup</title>", content_type="text/html")
    for author in (alice, bob):
        status = await town.post(author, f"#leek #soup {PAGE}")
    await refreshed(town)
    client = await town.client(alice)
    await client.get(f"/api/v1/statuses/{status.id}")
    await town.settle()

    async def decide(kind: Kind, subject: str, *, allowed: bool) -> None:
        await town.ctx.db.write(lambda tx: rows.review(tx, kind, subject, allowed=allowed, now=town.clock()))

    tags = {tag["name"]: tag["id"] for tag in (await client.get("/api/v1/trends/tags")).json()}
    await decide(Kind.TAG, tags["leek"], allowed=False)
    await decide(Kind.PUBLISHER, "paper.example", allowed=False)
    assert (await names(client), await names(client, "links")) == (["soup"], [])
    await decide(Kind.TAG, tags["leek"], allowed=True)
    await decide(Kind.PUBLISHER, "paper.example", allowed=True)
    assert sorted(await names(client)) == ["leek", "soup"]
    object.__setattr__(town.ctx, "config", _reviewing(town.ctx.config))
    assert (await names(client), await names(client, "links")) == (["leek"], ["Leek soup"])
    found = await client.get("/api/v2/search?q=l&type=hashtags&exclude_unreviewed=true")
    assert [tag["name"] for tag in found.json()["hashtags"]] == ["leek"]
    found = await client.get("/api/v2/search?q=s&type=hashtags&exclude_unreviewed=true")
    assert found.json()["hashtags"] == []


def _reviewing(config: Any) -> Any:
    return msgspec.structs.replace(config, trends_review="on")


async def test_trends_are_computed_by_one_process(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    for author in (alice, bob):
        await town.post(author, "#leek")
    await refreshed(town)
    for author in (alice, bob):
        await town.post(author, "#soup")
    await trends.refresh(town.ctx)
    assert await names(await town.client()) == ["leek"]


def test_one_person_counts_once() -> None:
    now = 1_790_000_000_000
    uses = [Use(1, 7, now), Use(1, 7, now - HOUR), Use(1, 8, now - 12 * HOUR), Use(2, 7, now), Use(2, 7, now)]
    assert [(one.subject_id, one.score) for one in trends.ranked(uses, now)] == [(1, 1.5)]
