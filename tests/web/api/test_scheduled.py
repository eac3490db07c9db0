"""Posts for later, over HTTP: planned, put off, cancelled, published when their time has come."""

from typing import Any

import httpx
import pytest

from fediserver.clock import DAY, HOUR, MINUTE, isoformat
from fediserver.jobs import housekeeping
from tests.web.api.test_lists import home
from tests.web.api.test_media import send
from tests.web.api.test_timelines import ids, links

PATH = "/api/v1/scheduled_statuses"


async def plan(town: Any, client: httpx.AsyncClient, after: int = HOUR, **fields: Any) -> dict[str, Any]:
    wish = {"status": "later", "scheduled_at": isoformat(town.clock.now + after), **fields}
    answer = await client.post("/api/v1/statuses", json=wish)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_post_waits_for_its_time_and_is_published_once(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client, reader = await town.client(alice), await town.client(bob)
    await town.follow(bob, alice)
    parent = await town.post(bob, "hello")
    planned = await plan(
        town,
        client,
        status="@bob later #leek",
        spoiler_text="mind",
        visibility="unlisted",
        language="de",
        in_reply_to_id=str(parent.id),
    )
    assert planned["scheduled_at"] == isoformat(town.clock.now + HOUR)
    assert (planned["params"]["text"], planned["params"]["visibility"]) == ("@bob later #leek", "unlisted")
    assert planned["params"]["in_reply_to_id"] == parent.id
    assert planned["media_attachments"] == []
    assert (await client.get(f"{PATH}/{planned['id']}")).json() == planned
    await town.settle()
    town.clock.advance(HOUR - 1)
    await town.settle()
    assert await home(client) == [] == (await reader.get("/api/v1/notifications?types[]=mention")).json()
    town.clock.advance(1)
    for _ in range(2):
        await town.settle()
    [status] = (await client.get("/api/v1/timelines/home")).json()
    assert (status["visibility"], status["spoiler_text"], status["language"]) == ("unlisted", "mind", "de")
    assert (status["in_reply_to_id"], status["tags"][0]["name"]) == (str(parent.id), "leek")
    assert status["created_at"] == isoformat(town.clock.now)
    assert len((await reader.get("/api/v1/notifications?types[]=mention")).json()) == 1
    assert (await client.get(PATH)).json() == []
    assert (await client.get(f"{PATH}/{planned['id']}")).status_code == 404


async def test_another_time_and_no_time(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    first, second = await plan(town, client), await plan(town, client)
    later = isoformat(town.clock.now + 2 * HOUR)
    put_off = (await client.put(f"{PATH}/{first['id']}", json={"scheduled_at": later})).json()
    assert put_off == first | {"scheduled_at": later}
    assert (await client.put(f"{PATH}/{first['id']}")).json() == put_off
    assert (await client.delete(f"{PATH}/{second['id']}")).json() == {}
    town.clock.advance(HOUR)
    await town.settle()
    assert await home(client) == []
    town.clock.advance(HOUR)
    await town.settle()
    assert len(await home(client)) == 1
    for method in ("GET", "PUT", "DELETE"):
        for one in (first, second):
            gone = await client.request(method, f"{PATH}/{one['id']}", json={"scheduled_at": later})
            assert gone.status_code in (404, 422), method


async def test_files_are_kept_for_a_post_to_come(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    files = [(await send(client)).json()["id"] for _ in range(2)]
    planned = await plan(town, client, 3 * DAY, media_ids=files[::-1])
    assert [one["id"] for one in planned["media_attachments"]] == files[::-1]
    assert planned["params"]["media_ids"] == files[::-1]
    soon = {"status": "now", "media_ids": files[:1]}
    assert (await client.post("/api/v1/statuses", json=soon)).status_code == 422
    soon["scheduled_at"] = isoformat(town.clock.now + DAY)
    assert (await client.post("/api/v1/statuses", json=soon)).status_code == 422
    assert (await client.delete(f"/api/v1/media/{files[0]}")).status_code == 422
    town.clock.advance(2 * DAY)
    await housekeeping.tidy(town.ctx)
    listed = (await client.get(PATH)).json()
    assert [one["id"] for one in listed[0]["media_attachments"]] == files[::-1]
    town.clock.advance(DAY)
    await town.settle()
    [status] = (await client.get("/api/v1/timelines/home")).json()
    assert [one["id"] for one in status["media_attachments"]] == files[::-1]


async def test_files_of_a_cancelled_post_are_free_again(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    file = (await send(client)).json()["id"]
    planned = await plan(town, client, media_ids=[file])
    await client.delete(f"{PATH}/{planned['id']}")
    posted = await client.post("/api/v1/statuses", json={"status": "now", "media_ids": [file]})
    assert [one["id"] for one in posted.json()["media_attachments"]] == [file]


async def test_a_poll_runs_from_when_it_is_published(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    poll = {"options": ["yes", "no"], "expires_in": 600, "multiple": True}
    planned = await plan(town, client, poll=poll)
    assert planned["params"]["poll"]["options"] == ["yes", "no"]
    assert (planned["params"]["poll"]["expires_in"], planned["params"]["poll"]["multiple"]) == ("600", True)
    town.clock.advance(HOUR)
    await town.settle()
    [status] = (await client.get("/api/v1/timelines/home")).json()
    assert status["poll"]["expires_at"] == isoformat(town.clock.now + 10 * MINUTE)


async def test_the_same_request_plans_one_post(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    client.headers["idempotency-key"] = "one"
    first = await plan(town, client)
    assert await plan(town, client) == first
    assert len((await client.get(PATH)).json()) == 1
    await client.delete(f"{PATH}/{first['id']}")
    assert (await plan(town, client))["id"] != first["id"]


@pytest.mark.parametrize(
    "wish",
    [
        {"scheduled_at": "tomorrow"},
        {"scheduled_at": "2026-13-41T00:00:00Z"},
        {"scheduled_at": "9999-12-31T23:59:59-23:00"},
        {"after": 5 * MINUTE - 1},
        {"after": 6 * 365 * DAY},
        {"status": " "},
        {"status": "x" * 501},
        {"media_ids": ["7"]},
        {"poll": {"options": ["one"], "expires_in": 600}},
        {"poll": {"options": ["one", "two"], "expires_in": 1}},
        {"visibility": "everybody"},
    ],
)
async def test_what_cannot_be_published_is_not_planned(town: Any, wish: dict[str, Any]) -> None:
    client = await town.client(await town.account("alice"))
    after = wish.get("after", HOUR)
    fields = {"status": "later", "scheduled_at": isoformat(town.clock.now + after), **wish}
    assert (await client.post("/api/v1/statuses", json=fields)).status_code == 422
    assert (await client.get(PATH)).json() == []


async def test_an_answer_to_nothing_is_not_planned_and_a_time_that_is_past_is_now(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    fields = {"status": "x", "in_reply_to_id": "7", "scheduled_at": isoformat(town.clock.now + HOUR)}
    assert (await client.post("/api/v1/statuses", json=fields)).status_code == 404
    past = {"status": "x", "scheduled_at": isoformat(town.clock.now - HOUR)}
    posted = (await client.post("/api/v1/statuses", json=past)).json()
    assert await home(client) == [posted["id"]]


async def test_what_cannot_be_published_when_its_time_comes_is_not_lost(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client, other = await town.client(alice), await town.client(bob)
    parent = await town.post(bob, "hello")
    planned = await plan(town, client, in_reply_to_id=str(parent.id))
    await other.delete(f"/api/v1/statuses/{parent.id}")
    for _ in range(60):
        town.clock.advance(HOUR)
        await town.settle()
    assert await home(client) == []
    assert [one["id"] for one in (await client.get(PATH)).json()] == [planned["id"]]
    assert (await client.delete(f"{PATH}/{planned['id']}")).json() == {}


async def test_as_many_as_there_may_be(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fediserver.actions.schedule.MOST", 4)
    monkeypatch.setattr("fediserver.actions.schedule.MOST_A_DAY", 3)
    client = await town.client(await town.account("alice"))
    day = DAY - town.clock.now % DAY
    for number in range(3):
        await plan(town, client, day + number * HOUR)

    async def refused(after: int) -> bool:
        wish = {"status": "more", "scheduled_at": isoformat(town.clock.now + after)}
        answer = await client.post("/api/v1/statuses", json=wish)
        return bool(answer.status_code == 422)

    assert await refused(day + DAY - 1)
    last = await plan(town, client, day + DAY)
    assert await refused(day + 2 * DAY)
    first_day = {"scheduled_at": isoformat(town.clock.now + day)}
    assert (await client.put(f"{PATH}/{last['id']}", json=first_day)).status_code == 422
    later = {"scheduled_at": isoformat(town.clock.now + day + DAY + HOUR)}
    assert (await client.put(f"{PATH}/{last['id']}", json=later)).status_code == 200


async def test_posts_to_come_page_in_both_directions(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    planned = [(await plan(town, client, HOUR + number))["id"] for number in range(5)][::-1]
    first = await client.get(f"{PATH}?limit=2")
    second = await client.get(links(first)["next"])
    third = await client.get(links(second)["next"])
    assert [ids(first), ids(second), ids(third)] == [planned[:2], planned[2:4], planned[4:]]
    assert "next" not in links(third)
    assert ids(await client.get(links(third)["prev"])) == planned[2:4]


async def test_posts_to_come_are_their_authors_and_need_a_scope(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    owner, other, stranger = await town.client(alice), await town.client(bob), await town.client()
    without = await town.client(alice, scopes="read:accounts write:accounts")
    planned = await plan(town, owner)
    one = f"{PATH}/{planned['id']}"
    for method, path in (("GET", PATH), ("GET", one), ("PUT", one), ("DELETE", one)):
        assert (await stranger.request(method, path)).status_code == 401
        assert (await without.request(method, path)).status_code == 403
        expected = 200 if path == PATH else 404
        assert (await other.request(method, path)).status_code == expected
    assert (await other.get(PATH)).json() == []
