"""Announcements over HTTP: who sees which, that they can be dismissed, and how people react."""

from typing import Any

import pytest

from fediserver.actions import announce
from fediserver.actions.announce import Draft
from fediserver.clock import DAY, HOUR, MINUTE, isoformat
from fediserver.db import announcements as rows
from fediserver.db import media
from fediserver.errors import Invalid
from fediserver.models.media import CustomEmoji

PATH = "/api/v1/announcements"


async def told(client: Any, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"{PATH}{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def announced(town: Any, text: str = "The well is dry", **more: Any) -> str:
    return str((await announce.create(town.ctx, Draft(text=text, **more))).id)


async def emoji(town: Any, shortcode: str) -> None:
    row = CustomEmoji(
        town.ctx.ids.next(), shortcode, "", "", f"emoji/{shortcode}.png", True, "", town.clock()
    )
    await town.ctx.db.write(lambda tx: media.put_emoji(tx, row))


async def test_an_announcement_is_shown_to_members_with_all_that_its_text_names(town: Any) -> None:
    alice = await town.account("alice")
    await emoji(town, "leek")
    post, secret = await town.post(alice, "soup"), await town.post(alice, "mine", "private")
    links = " ".join(f"https://oak.example/@alice/{one.id}" for one in (post, secret))
    made = await announced(town, f"Ask @alice about #Soup :leek: & see {links}")
    (found,) = await told(await town.client(alice))
    assert (found["id"], found["read"], found["all_day"], found["starts_at"]) == (made, False, False, None)
    assert found["published_at"] == isoformat(town.clock())
    assert [one["acct"] for one in found["mentions"]] == ["alice"]
    assert [one["name"] for one in found["tags"]] == ["soup"]
    assert [one["shortcode"] for one in found["emojis"]] == ["leek"]
    assert [one["id"] for one in found["statuses"]] == [str(post.id)]
    assert "&amp;" in found["content"]
    assert 'class="u-url mention"' in found["content"]
    assert found["reactions"] == []


async def test_announcements_are_for_members(town: Any) -> None:
    assert (await (await town.client()).get(PATH)).status_code == 401
    made = await announced(town)
    stranger = await town.client()
    assert (await stranger.post(f"{PATH}/{made}/dismiss")).status_code == 401
    assert (await stranger.put(f"{PATH}/{made}/reactions/🎉")).status_code == 401
    reading = await town.client(await town.account("alice"), scopes="read")
    assert len(await told(reading)) == 1
    assert (await reading.post(f"{PATH}/{made}/dismiss")).status_code == 403
    for method in ("PUT", "PATCH", "DELETE"):
        assert (await reading.request(method, f"{PATH}/{made}/reactions/🎉")).status_code == 403


async def test_a_dismissed_announcement_is_read_for_that_member_only(town: Any) -> None:
    alice, bob = [await town.client(await town.account(name)) for name in ("alice", "bob")]
    made = await announced(town)
    for _ in range(2):
        assert (await alice.post(f"{PATH}/{made}/dismiss")).json() == {}
    assert [one["read"] for one in await told(alice)] == [True]
    assert [one["read"] for one in await told(alice, "?with_dismissed=true")] == [True]
    assert await told(alice, "?with_dismissed=false") == []
    assert [one["read"] for one in await told(bob, "?with_dismissed=false")] == [False]
    assert (await alice.post(f"{PATH}/1/dismiss")).status_code == 404
    assert (await alice.post(f"{PATH}/x/dismiss")).status_code == 404


async def test_an_announcement_comes_at_its_time_and_goes_when_it_is_over(town: Any) -> None:
    client, now = await town.client(await town.account("alice")), town.clock()
    later = await announced(town, publish_at=now + HOUR, starts_at=now + DAY, ends_at=now + 2 * DAY)
    assert await told(client) == []
    assert (await client.post(f"{PATH}/{later}/dismiss")).status_code == 404
    assert (await client.put(f"{PATH}/{later}/reactions/🎉")).status_code == 404
    await town.settle()
    town.clock.advance(HOUR)
    await town.settle()
    (found,) = await told(client)
    assert (found["id"], found["published_at"]) == (later, isoformat(now + HOUR))
    assert (found["starts_at"], found["ends_at"]) == (isoformat(now + DAY), isoformat(now + 2 * DAY))
    town.clock.advance(2 * DAY - HOUR)
    assert await told(client) == []
    await town.settle()
    assert (await client.put(f"{PATH}/{later}/reactions/🎉")).status_code == 404


async def test_a_whole_day_ends_with_its_midnight(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    today = town.clock() // DAY * DAY
    await announced(town, starts_at=today, ends_at=today, all_day=True)
    town.clock.advance(today + DAY - MINUTE - town.clock())
    assert len(await told(client)) == 1
    town.clock.advance(MINUTE)
    assert await told(client) == []


async def test_they_stand_in_the_order_of_what_they_tell_of(town: Any) -> None:
    client, now = await town.client(await town.account("alice")), town.clock()
    second = await announced(town, starts_at=now + 2 * DAY, ends_at=now + 3 * DAY)
    first = await announced(town, starts_at=now + DAY, ends_at=now + 2 * DAY)
    assert [one["id"] for one in await told(client)] == [first, second]


async def test_people_react_with_emoji_each_once(town: Any) -> None:
    alice, bob = [await town.client(await town.account(name)) for name in ("alice", "bob")]
    await emoji(town, "leek")
    made = await announced(town)
    for _ in range(2):
        assert (await alice.put(f"{PATH}/{made}/reactions/🎉")).json() == {}
    await bob.put(f"{PATH}/{made}/reactions/🎉")
    town.clock.advance(1000)
    await bob.patch(f"{PATH}/{made}/reactions/leek")
    (found,) = await told(alice)
    picture = "https://oak.example/media/emoji/leek.png"
    assert found["reactions"] == [
        {"name": "🎉", "count": 2, "me": True},
        {"name": "leek", "count": 1, "me": False, "url": picture, "static_url": picture},
    ]
    assert (await alice.delete(f"{PATH}/{made}/reactions/🎉")).json() == {}
    assert (await alice.delete(f"{PATH}/{made}/reactions/🎉")).status_code == 404
    (found,) = await told(alice)
    assert found["reactions"][0] == {"name": "🎉", "count": 1, "me": False}


async def test_a_member_who_is_gone_does_not_count(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    made = await announced(town)
    await (await town.client(bob)).put(f"{PATH}/{made}/reactions/🎉")
    mona = await town.client(await town.account("mona", role="moderator"), scopes="admin:write")
    await mona.post(f"/api/v1/admin/accounts/{bob.id}/action", json={"type": "suspend"})
    assert (await told(await town.client(alice)))[0]["reactions"] == []


async def test_what_is_no_emoji_and_too_many_of_them_are_refused(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    made = await announced(town)
    for name in ("no_such", "x", "🎉🎉", "%20", "a" * 3000):
        assert (await client.put(f"{PATH}/{made}/reactions/{name}")).status_code == 422, name
    for name in "🎉👍👎😄😕🚀👀🍲":
        assert (await client.put(f"{PATH}/{made}/reactions/{name}")).status_code == 200, name
    assert (await client.put(f"{PATH}/{made}/reactions/🥕")).status_code == 422
    assert (await client.put(f"{PATH}/{made}/reactions/🎉")).status_code == 200
    assert (await client.put(f"{PATH}/1/reactions/🎉")).status_code == 404
    assert len((await told(client))[0]["reactions"]) == announce.KINDS


async def test_what_makes_no_sense_is_not_announced(town: Any) -> None:
    now = town.clock()
    wrong: list[dict[str, Any]] = [
        {"text": " "},
        {"text": "x" * 5001},
        {"text": "x", "starts_at": now},
        {"text": "x", "ends_at": now + DAY},
        {"text": "x", "starts_at": now + DAY, "ends_at": now},
        {"text": "x", "starts_at": now - DAY, "ends_at": now},
        {"text": "x", "all_day": True},
        {"text": "x", "starts_at": now, "ends_at": now + DAY, "publish_at": now + 2 * DAY},
    ]
    for each in wrong:
        with pytest.raises(Invalid):
            await announce.create(town.ctx, Draft(**each))
    for _ in range(announce.MOST):
        await announced(town)
    with pytest.raises(Invalid):
        await announced(town)
    assert await rows.count(town.ctx.db) == announce.MOST
