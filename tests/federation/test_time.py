"""Time: a stranger's `published` counts when it lies in the week before it came, and nobody misses what comes late."""

from typing import Any

import httpx
import pytest

from fediserver import clock
from fediserver.clock import DAY, HOUR, MINUTE, SECOND
from fediserver.ids import time_of
from fediserver.models.status import Status
from tests.scene import Scene


async def at(scene: Scene, moment: int, text: str = "Hello") -> Status:
    """A post of bob's that says it was made then, and comes now."""
    return await scene.posted(scene.bob, text, published=clock.isoformat(moment))


async def home(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/api/v1/timelines/home", params=query)
    assert answer.status_code == 200
    return [entity["content"].removeprefix("<p>").removesuffix("</p>") for entity in answer.json()]


@pytest.mark.parametrize("age", [0, SECOND, HOUR, 6 * DAY, 7 * DAY])
async def test_published_within_a_week_is_the_posts_time(scene: Scene, age: int) -> None:
    said = scene.town.clock() - age
    post = await at(scene, said)
    assert time_of(post.id) == said
    assert post.created_at == said


@pytest.mark.parametrize("age", [7 * DAY + SECOND, 365 * DAY])
async def test_an_older_post_is_sorted_by_its_arrival_and_keeps_its_date(scene: Scene, age: int) -> None:
    now = scene.town.clock()
    post = await at(scene, now - age)
    assert time_of(post.id) >= now
    assert post.created_at == now - age


@pytest.mark.parametrize("ahead", [MINUTE, 10 * DAY, 10 * 365 * DAY])
async def test_a_post_from_the_future_is_of_now(scene: Scene, ahead: int) -> None:
    now = scene.town.clock()
    post = await at(scene, now + ahead)
    assert now <= time_of(post.id) < now + MINUTE
    assert post.created_at == now


WRITTEN = {
    # Fractions, zones and what is left out.
    "2026-09-20T10:00:00.123Z": "2026-09-20T10:00:00.123Z",
    "2026-09-20T10:00:00.123456789Z": "2026-09-20T10:00:00.123Z",
    "2026-09-20T10:00:00.5Z": "2026-09-20T10:00:00.500Z",
    "2026-09-20T10:00:00,5Z": "2026-09-20T10:00:00.500Z",
    "2026-09-20T12:00:00+02:00": "2026-09-20T10:00:00.000Z",
    "2026-09-20T04:30:00-0530": "2026-09-20T10:00:00.000Z",
    "2026-09-20T10:00:00": "2026-09-20T10:00:00.000Z",
    "2026-09-20T10:00Z": "2026-09-20T10:00:00.000Z",
    "2026-09-20t10:00:00z": "2026-09-20T10:00:00.000Z",
    "2026-09-20 10:00:00Z": "2026-09-20T10:00:00.000Z",
    "2016-12-31T23:59:60Z": "2016-12-31T23:59:59.000Z",
}
NO_TIME: list[Any] = [
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "10000-01-01T00:00:00Z",
    "-2026-01-01T00:00:00Z",
    "+292277026596-12-04T15:30:08Z",
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-09-20T25:00:00Z",
    "2026-09-20",
    "yesterday",
    "",
    1_790_000_000,
    1_790_000_000_000,
    True,
    {},
    ["", None],
]


async def test_times_are_read_as_strangers_write_them(scene: Scene) -> None:
    for written, meant in WRITTEN.items():
        post = await scene.posted(scene.bob, published=written)
        assert clock.isoformat(post.created_at) == meant, written


async def test_what_is_no_time_counts_as_now_and_can_be_shown(scene: Scene) -> None:
    """In every field that holds a time, of posts, polls and people."""
    now = scene.town.clock()
    for written in NO_TIME:
        post = await scene.posted(scene.bob, published=written, updated=written)
        assert post.created_at == now, written
        choices = [{"type": "Note", "name": name} for name in ("tea", "coffee")]
        await scene.posted(scene.bob, type="Question", oneOf=choices, endTime=written, closed=written)
        scene.bob.actor["published"] = written
        await scene.bob.told(scene.town, scene.bob.activity("Update", scene.bob.actor))
    assert scene.town.clock() == now
    client = await scene.town.client(scene.alice)
    known = await scene.known(scene.bob)
    for path in (
        "/api/v1/timelines/home?limit=40",
        f"/api/v1/accounts/{known.id}",
        "/api/v1/timelines/public",
    ):
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
    for entity in (await client.get("/api/v1/timelines/home?limit=40")).json():
        assert clock.parse(entity["created_at"]) is not None


async def test_an_edit_from_the_future_does_not_shut_out_the_next_one(scene: Scene) -> None:
    town, bob = scene.town, scene.bob
    post = await scene.posted(bob, "one")
    note = {**bob.server.answers[post.uri].body}  # type: ignore[dict-item]
    town.clock.advance(MINUTE)
    first = {**note, "content": "<p>two</p>", "updated": "9998-01-01T00:00:00Z"}
    await bob.told(town, bob.activity("Update", first))
    town.clock.advance(MINUTE)
    second = {**note, "content": "<p>three</p>", "updated": clock.isoformat(town.clock())}
    await bob.told(town, bob.activity("Update", second))
    found = await scene.status(note)
    assert (found.content, found.edited_at) == ("<p>three</p>", town.clock())


async def test_a_boost_from_the_future_is_of_now(scene: Scene) -> None:
    post = await scene.posted(scene.bob)
    boost = scene.mallory.activity("Announce", post.uri, published="9998-01-01T00:00:00Z")
    await scene.mallory.told(scene.town, boost)
    made = await scene.status(boost)
    assert made.created_at == scene.town.clock()
    assert time_of(made.id) < scene.town.clock() + MINUTE


async def test_late_posts_are_neither_lost_nor_pinned_on_top(scene: Scene) -> None:
    """Home is in the order of arrival: whoever reads on from what they saw last sees what came since."""
    town = scene.town
    client = await town.client(scene.alice)
    await at(scene, town.clock(), "first")
    town.clock.advance(HOUR)
    await at(scene, town.clock(), "second")
    seen = (await client.get("/api/v1/timelines/home?limit=1")).json()[0]["id"]
    town.clock.advance(HOUR)
    # Made before both, come after both.
    late = await at(scene, town.clock() - 5 * HOUR, "late")
    assert late.id < int(seen)
    assert await home(client, since_id=seen) == ["late"]
    assert await home(client, min_id=seen) == ["late"]
    town.clock.advance(HOUR)
    await at(scene, town.clock(), "third")
    assert await home(client) == ["third", "late", "second", "first"]
    assert await home(client, since_id=str(late.id)) == ["third"]
    assert await home(client, min_id=seen, limit=1) == ["late"]
    assert await home(client, max_id=str(late.id)) == ["second", "first"]


async def test_every_page_is_read_once_however_posts_came(scene: Scene) -> None:
    """Paging back by the ids of what was shown visits every post once."""
    town = scene.town
    client = await town.client(scene.alice)
    ages = [0, 3 * DAY, HOUR, 6 * DAY, 400 * DAY, 0, 2 * HOUR, 30 * DAY, MINUTE]
    for number, age in enumerate(ages):
        town.clock.advance(10 * MINUTE)
        await at(scene, town.clock() - age, str(number))
    found: list[str] = []
    url = "/api/v1/timelines/home?limit=2"
    while url:
        answer = await client.get(url)
        found += [entity["content"].removeprefix("<p>").removesuffix("</p>") for entity in answer.json()]
        url = answer.links.get("next", {}).get("url", "") if answer.json() else ""
    assert found == [str(number) for number in reversed(range(len(ages)))]


async def test_in_profiles_and_public_timelines_posts_stand_by_their_own_time(scene: Scene) -> None:
    town = scene.town
    client = await town.client(scene.alice)
    await at(scene, town.clock() - HOUR, "an hour ago")
    await at(scene, town.clock() - 3 * HOUR, "three hours ago")
    await at(scene, town.clock(), "now")
    known = await scene.known(scene.bob)
    for path in ("/api/v1/timelines/public", f"/api/v1/accounts/{known.id}/statuses"):
        told = [entity["content"] for entity in (await client.get(path)).json()]
        assert told == ["<p>now</p>", "<p>an hour ago</p>", "<p>three hours ago</p>"]
