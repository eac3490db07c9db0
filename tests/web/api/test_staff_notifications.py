"""What those who moderate are told: who signs up, and who is reported."""

import json
from typing import Any

from fediserver.actions import report
from fediserver.actions.sign_up import sign_up
from fediserver.clock import HOUR
from tests.entity_checker import check
from tests.push_service import PushService, Subscriber
from tests.web.api.test_moderation import reported, staff
from tests.web.api.test_push import subscribed, wish
from tests.web.streaming.wire import socket


async def told(client: Any, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v1/notifications{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def groups(client: Any, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v2/notifications{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["notification_groups"])


async def newcomer(town: Any, name: str) -> Any:
    return await sign_up(
        town.ctx, name=name, email=f"{name}@mail.example", password="long enough", reason="leeks", address=""
    )


async def test_whoever_signs_up_is_told_to_all_who_moderate_and_to_nobody_else(town: Any) -> None:
    clients = {role: await staff(town, role, role) for role in ("member", "admin")}
    clients["moderator"] = await staff(town, "mona", "moderator")
    clients["owner"] = await staff(town, "olga", "owner")
    bob = await newcomer(town, "bob")
    for role, client in clients.items():
        found = [(one["type"], one["account"]["id"]) for one in await told(client)]
        assert found == ([] if role == "member" else [("admin.sign_up", str(bob.id))]), role


async def test_sign_ups_of_one_time_are_one_group(town: Any) -> None:
    client = await staff(town)
    people = [await newcomer(town, name) for name in ("bob", "carol")]
    (group,) = await groups(client)
    assert (group["type"], group["notifications_count"]) == ("admin.sign_up", 2)
    assert set(group["sample_account_ids"]) == {str(one.id) for one in people}
    assert len(await groups(client, "?grouped_types[]=follow")) == 2
    town.clock.advance(13 * HOUR)
    await newcomer(town, "dave")
    assert [one["notifications_count"] for one in await groups(client)] == [1, 2]
    assert await groups(client, "?exclude_types[]=admin.sign_up") == []
    senders = await client.get(f"/api/v2/notifications/{group['group_key']}/accounts")
    assert len(senders.json()) == 2


async def test_who_was_turned_away_is_not_told_of_any_more(town: Any) -> None:
    client = await staff(town)
    bob = await newcomer(town, "bob")
    await client.post(f"/api/v1/admin/accounts/{bob.id}/reject")
    assert await told(client) == []


async def test_each_report_is_told_with_what_it_says(town: Any) -> None:
    client = await staff(town)
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(alice, bob)
    status = await town.post(bob, "buy", "private")
    first = await reported(town, alice, bob, status_ids=[str(status.id)], comment="spam", category="spam")
    second = await reported(town, alice, carol)
    found = await told(client)
    assert [(one["type"], one["account"]["username"]) for one in found] == [("admin.report", "alice")] * 2
    assert [one["report"]["id"] for one in found] == [second, first]
    said = found[1]["report"]
    assert (said["comment"], said["category"], said["status_ids"]) == ("spam", "spam", [str(status.id)])
    assert said["target_account"]["username"] == "bob"
    assert (await client.get(f"/api/v1/notifications/{found[1]['id']}")).json() == found[1]
    assert [one["report"]["id"] for one in await groups(client)] == [second, first]
    key = found[1]["group_key"]
    shown = (await client.get(f"/api/v2/notifications/{key}")).json()
    assert shown["notification_groups"][0]["report"]["target_account"]["username"] == "bob"
    assert [one["username"] for one in shown["accounts"]] == ["alice"]
    assert await told(await town.client(alice)) == []


async def test_nobody_is_told_of_their_own_report_nor_twice_of_the_same(town: Any) -> None:
    client = await staff(town)
    mona, bob = await town.account("nora", role="moderator"), await town.account("bob")
    await reported(town, mona, bob)
    assert await told(await town.client(mona)) == []
    assert len(await told(client)) == 1
    for _ in range(2):
        await report.report(town.ctx, mona, bob, [], "x", uri="https://elm.example/flags/1")
    assert len(await told(client)) == 2


async def test_a_report_by_somebody_of_another_server_is_told(town: Any, open_town: Any) -> None:
    elm = await open_town("elm.example")
    dana = await elm.account("dana")
    client, bob = await staff(town), await town.account("bob")
    theirs = await elm.client(dana)
    found = (await theirs.get("/api/v2/search?q=bob@oak.example&resolve=true")).json()["accounts"]
    answer = await theirs.post(
        "/api/v1/reports", json={"account_id": found[0]["id"], "forward": True, "comment": "rude"}
    )
    assert answer.status_code == 200
    for _ in range(4):
        await elm.settle()
        await town.settle()
    (one,) = await told(client)
    assert (one["type"], one["report"]["comment"]) == ("admin.report", "rude")
    assert one["report"]["target_account"]["id"] == str(bob.id)


async def test_it_is_streamed_and_pushed(town: Any) -> None:
    mona = await town.account("mona", role="moderator")
    alice, bob = await town.account("alice"), await town.account("bob")
    client, app, service = await town.client(mona), Subscriber(), PushService()
    town.network.sites["push.example"] = service
    await subscribed(town, client, **wish(app, "admin.report", "admin.sign_up"))
    async with socket(town, mona, stream="user") as stream:
        await stream.in_step()
        await newcomer(town, "erin")
        assert (await stream.hears("notification", "user"))["type"] == "admin.sign_up"
        report_id = await reported(town, alice, bob)
        entity = await stream.hears("notification", "user")
        check("Notification", entity)
        assert (entity["type"], entity["report"]["id"]) == ("admin.report", report_id)
    await town.settle()
    titles = {json.loads(app.read(headers, body))["title"] for _, headers, body in service.pushed}
    assert titles == {"erin has signed up", "alice has reported somebody"}
