"""Notifications in groups."""

import random
from typing import Any

import msgspec
import pytest

from fediserver.clock import HOUR, SECOND, parse
from fediserver.db import accounts, notification_groups

V2 = "/api/v2/notifications"


async def many(town: Any, count: int) -> list[Any]:
    return [await town.account(f"fan{number}") for number in range(count)]


async def like(town: Any, who: Any, status: Any, what: str = "favourite") -> None:
    town.clock.advance(SECOND)
    done = await (await town.client(who)).post(f"/api/v1/statuses/{status.id}/{what}")
    assert done.status_code == 200


def told(page: Any) -> list[tuple[str, int]]:
    return [(one["type"], one["notifications_count"]) for one in page.json()["notification_groups"]]


async def test_alike_things_are_told_together(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    fans = await many(town, 3)
    one, two = [await town.post(alice, text) for text in ("one", "two")]
    for fan in fans:
        await town.follow(fan, alice)
        await like(town, fan, one)
    await like(town, fans[0], one, "reblog")
    await like(town, bob, two)
    for number in range(2):
        await town.post(bob, f"@alice {number}")
    client = await town.client(alice)
    page = await client.get(V2)
    assert told(page) == [
        ("mention", 1),
        ("mention", 1),
        ("favourite", 1),
        ("reblog", 1),
        ("favourite", 3),
        ("follow", 3),
    ]
    groups = page.json()["notification_groups"]
    likes = groups[4]
    assert likes["sample_account_ids"] == [str(fan.id) for fan in reversed(fans)]
    assert likes["status_id"] == str(one.id)
    assert likes["most_recent_notification_id"] == likes["page_max_id"]
    assert int(likes["page_min_id"]) < int(likes["page_max_id"])
    assert "status_id" not in groups[5]
    assert groups[0]["group_key"] == f"ungrouped-{groups[0]['most_recent_notification_id']}"
    # Each account and post is there once.
    assert sorted(one["id"] for one in page.json()["accounts"]) == sorted(str(x.id) for x in (bob, *fans))
    ids = [one["id"] for one in page.json()["statuses"]]
    assert len(ids) == len(set(ids)) == 4
    assert "partial_accounts" not in page.json()
    # The first API names the groups, too.
    single = (await client.get("/api/v1/notifications?types[]=favourite")).json()
    assert [row["group_key"] for row in single[1:]] == [likes["group_key"]] * 3


async def test_a_group_lasts_for_twelve_hours(town: Any) -> None:
    alice = await town.account("alice")
    fans = await many(town, 4)
    status = await town.post(alice, "hello")
    for fan, hours in zip(fans, (0, 6, 5, 1), strict=True):
        town.clock.advance(hours * HOUR)
        await like(town, fan, status)
    client = await town.client(alice)
    assert told(await client.get(V2)) == [("favourite", 1), ("favourite", 3)]


async def test_kinds_are_chosen(town: Any) -> None:
    alice = await town.account("alice")
    fans = await many(town, 2)
    status = await town.post(alice, "hello")
    for fan in fans:
        await town.follow(fan, alice)
        await like(town, fan, status)
    client = await town.client(alice)
    assert told(await client.get(f"{V2}?grouped_types[]=favourite&grouped_types[]=nonsense")) == [
        ("favourite", 2),
        ("follow", 1),
        ("follow", 1),
    ]
    assert told(await client.get(f"{V2}?types[]=follow")) == [("follow", 2)]
    assert told(await client.get(f"{V2}?exclude_types[]=follow")) == [("favourite", 2)]


async def test_accounts_may_be_shown_in_part(town: Any) -> None:
    alice = await town.account("alice")
    fans = await many(town, 3)
    status = await town.post(alice, "hello")
    for fan in fans:
        await like(town, fan, status)
    client = await town.client(alice)
    found = (await client.get(f"{V2}?expand_accounts=partial_avatars")).json()
    assert [one["id"] for one in found["accounts"]] == [str(fans[2].id)]
    assert sorted(one["id"] for one in found["partial_accounts"]) == [str(fan.id) for fan in fans[:2]]
    assert set(found["partial_accounts"][0]) == {
        "id",
        "acct",
        "locked",
        "bot",
        "url",
        "avatar",
        "avatar_static",
        "avatar_description",
    }
    assert (await client.get(f"{V2}?expand_accounts=none")).status_code == 400


async def test_pages_lead_there_and_back(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    fans = await many(town, 3)
    status = await town.post(alice, "hello")
    for fan in fans:
        await like(town, fan, status)
        await town.post(bob, "@alice hello")
    client = await town.client(alice)
    every = (await client.get(V2)).json()["notification_groups"]
    assert [one["type"] for one in every] == ["mention", "favourite", "mention", "mention"]
    pages = [await client.get(f"{V2}?limit=2")]
    while "next" in pages[-1].links:
        pages.append(await client.get(pages[-1].links["next"]["url"]))
    assert pages.pop().json()["notification_groups"] == []
    seen = [page.json()["notification_groups"] for page in pages]
    assert [[one["type"] for one in part] for part in seen] == [["mention", "favourite"]] * 3
    # A group that goes on on the next page is put together by its key; its parts do not overlap.
    likes = [one for part in seen for one in part if one["type"] == "favourite"]
    assert {one["group_key"] for one in likes} == {every[1]["group_key"]}
    assert {one["notifications_count"] for one in likes} == {3}
    bounds = [int(one[end]) for one in likes for end in ("page_max_id", "page_min_id")]
    assert bounds == sorted(bounds, reverse=True)
    # And back: what is next above the oldest page, up to where a third group would begin.
    back = (await client.get(pages[-1].links["prev"]["url"])).json()["notification_groups"]
    assert [one["type"] for one in back] == ["favourite", "mention"]
    assert back[0]["page_min_id"] == seen[1][1]["page_min_id"]
    assert back[0]["page_max_id"] == seen[0][1]["page_max_id"]
    newest = await client.get(f"{V2}?since_id={bounds[-1]}&limit=40")
    assert told(newest) == told(await client.get(V2))


async def test_a_large_group_makes_no_page_long(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notification_groups, "_CHUNK", 2)
    monkeypatch.setattr(notification_groups, "_CHUNKS", 2)
    alice = await town.account("alice")
    fans = await many(town, 10)
    one, two = [await town.post(alice, text) for text in ("one", "two")]
    await like(town, fans[0], two)
    for fan in fans:
        await like(town, fan, one)
    client = await town.client(alice)
    page = await client.get(f"{V2}?limit=2")
    assert told(page) == [("favourite", 10)]
    group = page.json()["notification_groups"][0]
    assert group["sample_account_ids"] == [str(fan.id) for fan in reversed(fans[2:])]
    # Five are read; the page after them goes on where this one stopped.
    parts = [group]
    while parts[-1]["status_id"] == str(one.id):
        page = await client.get(page.links["next"]["url"])
        parts.extend(page.json()["notification_groups"])
    assert [part["notifications_count"] for part in parts] == [10, 10, 1]
    assert int(parts[1]["page_max_id"]) < int(parts[0]["page_min_id"])


async def test_one_group_is_shown(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    fans = await many(town, 3)
    status = await town.post(alice, "hello")
    for fan in fans:
        await like(town, fan, status)
    await town.post(bob, "@alice hello")
    client = await town.client(alice)
    mention, likes = (await client.get(V2)).json()["notification_groups"]
    for listed in (mention, likes):
        shown = (await client.get(f"{V2}/{listed['group_key']}")).json()
        on_page = ("page_min_id", "page_max_id", "latest_page_notification_at")
        assert shown["notification_groups"] == [
            {name: value for name, value in listed.items() if name not in on_page}
        ]
        assert len(shown["statuses"]) == 1
    path = f"{V2}/{likes['group_key']}/accounts"
    assert [one["id"] for one in (await client.get(path)).json()] == likes["sample_account_ids"]
    page = await client.get(f"{path}?limit=2")
    rest = await client.get(page.links["next"]["url"])
    assert [one["id"] for one in page.json() + rest.json()] == likes["sample_account_ids"]
    assert "next" not in rest.links
    back = await client.get(rest.links["prev"]["url"])
    assert back.json() == page.json()
    alone = await client.get(f"{V2}/{mention['group_key']}/accounts")
    assert [one["id"] for one in alone.json()] == [str(bob.id)]

    other = await town.client(bob)
    for key in (
        mention["group_key"],
        likes["group_key"],
        "follow-1",
        "ungrouped-x",
        "nonsense",
        "ungrouped-1",
    ):
        asker = other if key in (mention["group_key"], likes["group_key"]) else client
        assert (await asker.get(f"{V2}/{key}")).status_code == 404, key
        assert (await asker.get(f"{V2}/{key}/accounts")).status_code == 404, key
        assert (await asker.post(f"{V2}/{key}/dismiss")).status_code == 404, key
    assert len((await client.get(V2)).json()["notification_groups"]) == 2


async def test_groups_are_dismissed_and_cleared(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    fans = await many(town, 2)
    one, two = [await town.post(alice, text) for text in ("one", "two")]
    for fan in fans:
        for status in (one, two):
            await like(town, fan, status)
    await town.post(bob, "@alice hello")
    client = await town.client(alice)
    mention, first, second = (await client.get(V2)).json()["notification_groups"]
    for group in (mention, first):
        assert (await client.post(f"{V2}/{group['group_key']}/dismiss")).json() == {}
    left = (await client.get(V2)).json()["notification_groups"]
    assert [one["group_key"] for one in left] == [second["group_key"]]
    assert (await client.post(f"{V2}/clear")).json() == {}
    assert (await client.get(V2)).json() == {"accounts": [], "statuses": [], "notification_groups": []}


async def test_unread_groups_are_counted(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    status = await town.post(alice, "hello")
    for fan in await many(town, 3):
        await like(town, fan, status)
    for number in range(3):
        await town.post(bob, f"@alice {number}")
    client = await town.client(alice)
    path = f"{V2}/unread_count"
    assert (await client.get(path)).json() == {"count": 4}
    assert (await client.get(f"{path}?limit=2")).json() == {"count": 2}
    assert (await client.get(f"{path}?types[]=favourite")).json() == {"count": 1}
    assert (await client.get(f"{path}?types[]=favourite&grouped_types[]=follow")).json() == {"count": 3}
    newest = (await client.get("/api/v1/notifications")).json()
    await client.post("/api/v1/markers", json={"notifications": {"last_read_id": newest[1]["id"]}})
    assert (await client.get(path)).json() == {"count": 1}


async def test_who_is_muted_is_not_in_a_group(town: Any) -> None:
    alice = await town.account("alice")
    fans = await many(town, 3)
    status = await town.post(alice, "hello")
    for fan in fans:
        await like(town, fan, status)
    client = await town.client(alice)
    await client.post(f"/api/v1/accounts/{fans[2].id}/mute")
    group = (await client.get(V2)).json()["notification_groups"][0]
    assert group["notifications_count"] == 2
    assert group["sample_account_ids"] == [str(fans[1].id), str(fans[0].id)]
    found = await client.get(f"{V2}/{group['group_key']}/accounts")
    assert [one["id"] for one in found.json()] == group["sample_account_ids"]


async def test_who_is_gone_or_suspended_is_left_out(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    fans = await many(town, 3)
    status = await town.post(alice, "hello")
    for fan in fans:
        await like(town, fan, status)
    await town.follow(bob, alice)
    for account, change in ((fans[2], "suspended_at"), (fans[1], "deleted_at"), (bob, "suspended_at")):
        row = msgspec.structs.replace(await town.now(account), **{change: town.clock()})
        await town.ctx.db.write(lambda tx, row=row: accounts.update(tx, row))
    client = await town.client(alice)
    for query in ("", "?expand_accounts=partial_avatars"):
        found = (await client.get(f"{V2}{query}")).json()
        assert [one["sample_account_ids"] for one in found["notification_groups"]] == [[str(fans[0].id)]]
        assert [one["id"] for one in found["accounts"]] == [str(fans[0].id)]
    single = (await client.get("/api/v1/notifications")).json()
    assert [one["account"]["id"] for one in single] == [str(fans[0].id)]


async def test_scopes(town: Any) -> None:
    alice = await town.account("alice")
    reader, writer = [await town.client(alice, scopes=f"{verb}:notifications") for verb in ("read", "write")]
    assert (await reader.get(V2)).status_code == 200
    assert (await writer.get(V2)).status_code == 403
    assert (await reader.post(f"{V2}/clear")).status_code == 403
    assert (await writer.post(f"{V2}/clear")).status_code == 200


def as_a_model_groups(told: list[dict[str, Any]]) -> list[list[str]]:
    """Ids of notifications (newest first) by group, newest first: one after the other, as they came."""
    groups: list[list[str]] = []
    open_groups: dict[tuple[str, str | None], tuple[int, list[str]]] = {}
    for row in reversed(told):
        status_id = row["status"]["id"] if "status" in row else None
        hour = (parse(row["created_at"]) or 0) // HOUR
        began, members = open_groups.get((row["type"], status_id), (-100, []))
        if row["type"] == "mention" or hour - began >= 12:
            began, members = hour, []
            groups.append(members)
        open_groups[row["type"], status_id] = began, members
        members.insert(0, row["id"])
    return sorted(groups, key=lambda members: int(members[0]), reverse=True)


@pytest.mark.parametrize("seed", range(4))
async def test_any_history_is_grouped_as_a_model_does(town: Any, seed: int) -> None:
    dice = random.Random(seed)
    alice = await town.account("alice")
    fans = await many(town, 6)
    clients = {fan.id: await town.client(fan) for fan in fans}
    posts = [await town.post(alice, text) for text in ("one", "two", "three")]
    for _ in range(40):
        town.clock.advance(dice.choice((SECOND, HOUR, 5 * HOUR, 13 * HOUR)))
        fan, what = dice.choice(fans), dice.choice(("favourite", "favourite", "reblog", "follow", "mention"))
        if what == "mention":
            await town.post(fan, "@alice hello")
        elif what == "follow":
            await town.follow(fan, alice)
        else:
            await clients[fan.id].post(f"/api/v1/statuses/{dice.choice(posts).id}/{what}")
    client = await town.client(alice)
    expected = as_a_model_groups((await client.get("/api/v1/notifications?limit=80")).json())
    found = (await client.get(f"{V2}?limit=80")).json()["notification_groups"]
    assert [(one["most_recent_notification_id"], one["notifications_count"]) for one in found] == [
        (members[0], len(members)) for members in expected
    ]
    # Pages of any length hold every group, and no part of one twice.
    for limit in (1, 3, 7):
        parts: dict[str, list[dict[str, Any]]] = {}
        page = await client.get(f"{V2}?limit={limit}")
        while page.json()["notification_groups"]:
            assert len(page.json()["notification_groups"]) <= limit
            for part in page.json()["notification_groups"]:
                parts.setdefault(part["group_key"], []).append(part)
            page = await client.get(page.links["next"]["url"])
        assert list(parts) == [one["group_key"] for one in found]
        for key, members in zip(parts, expected, strict=True):
            ends = [int(part[end]) for part in parts[key] for end in ("page_max_id", "page_min_id")]
            assert ends == sorted(ends, reverse=True)
            assert (ends[0], ends[-1]) == (int(members[0]), int(members[-1]))
