"""What members are told of decisions about them."""

import json
from typing import Any

from fediserver.actions import moderate
from fediserver.actions.moderate import Decision
from tests.entity_checker import check
from tests.push_service import PushService, Subscriber
from tests.web.api.test_moderation import act, reported, staff
from tests.web.api.test_push import subscribed, wish
from tests.web.api.test_staff_notifications import groups, told
from tests.web.streaming.wire import socket


async def test_every_decision_is_told_with_its_words_and_without_who_made_it(town: Any) -> None:
    moderator, bob = await staff(town), await town.account("bob")
    client = await town.client(bob)
    for kind, text in (("none", "Please be kind"), ("sensitive", ""), ("none", "I mean it")):
        assert (await act(moderator, bob, kind, text=text)).status_code == 200
    found = await told(client)
    said = [(one["moderation_warning"]["action"], one["moderation_warning"]["text"]) for one in found]
    assert said == [("none", "I mean it"), ("sensitive", ""), ("none", "Please be kind")]
    assert {(one["type"], one["account"]["id"]) for one in found} == {("moderation_warning", str(bob.id))}
    warning = found[2]["moderation_warning"]
    assert warning["target_account"]["id"] == str(bob.id)
    assert (warning["status_ids"], warning["appeal"]) == (None, None)
    assert (await client.get(f"/api/v1/notifications/{found[2]['id']}")).json() == found[2]
    assert "mona" not in json.dumps(found)
    assert await told(client, "?exclude_types[]=moderation_warning") == []


async def test_it_stands_alone_among_groups(town: Any) -> None:
    moderator, bob = await staff(town), await town.account("bob")
    for text in ("one", "two"):
        await act(moderator, bob, "none", text=text)
    client = await town.client(bob)
    found = await groups(client)
    assert [one["moderation_warning"]["text"] for one in found] == ["two", "one"]
    assert [one["notifications_count"] for one in found] == [1, 1]
    shown = (await client.get(f"/api/v2/notifications/{found[0]['group_key']}")).json()
    assert shown["notification_groups"][0]["moderation_warning"] == found[0]["moderation_warning"]


async def test_what_answers_a_report_names_its_posts(town: Any) -> None:
    moderator = await staff(town)
    alice, bob = await town.account("alice"), await town.account("bob")
    status = await town.post(bob, "buy")
    report_id = await reported(town, alice, bob, status_ids=[str(status.id)])
    await act(moderator, bob, "silence", report_id=report_id)
    (one,) = await told(await town.client(bob))
    assert one["moderation_warning"]["status_ids"] == [str(status.id)]
    assert "report" not in one


async def test_what_is_quiet_and_what_is_taken_back_is_not_told(town: Any) -> None:
    moderator, bob = await staff(town), await town.account("bob")
    await act(moderator, bob, "silence", send_email_notification=False)
    await moderator.post(f"/api/v1/admin/accounts/{bob.id}/unsilence")
    assert await told(await town.client(bob)) == []
    assert await told(moderator) == []


async def test_who_is_let_in_again_reads_why_they_were_not(town: Any) -> None:
    bob = await town.account("bob")
    await moderate.take(town.ctx, bob.id, "suspend", Decision(by=None, reason="spam"))
    await moderate.unsuspend(town.ctx, bob.id, Decision(by=None))
    (one,) = await told(await town.client(bob))
    assert (one["moderation_warning"]["action"], one["moderation_warning"]["text"]) == ("suspend", "spam")


async def test_an_app_that_does_not_know_it_has_words_for_it(town: Any) -> None:
    moderator, bob = await staff(town), await town.account("bob")
    await act(moderator, bob, "none", text="hm")
    client = await town.client(bob)
    (one,) = await told(client, "?supported_types[]=added_to_collection")
    assert (
        one["fallback"]["title"] == "The people who moderate here have decided something about your account"
    )
    (one,) = await told(client, "?supported_types[]=moderation_warning")
    assert "fallback" not in one


async def test_it_is_streamed_and_pushed(town: Any) -> None:
    moderator, bob = await staff(town), await town.account("bob")
    client, app, service = await town.client(bob), Subscriber(), PushService()
    town.network.sites["push.example"] = service
    await subscribed(town, client, **wish(app, "moderation_warning"))
    async with socket(town, bob, stream="user") as stream:
        await stream.in_step()
        await act(moderator, bob, "none", text="Please be kind")
        entity = await stream.hears("notification", "user")
        check("Notification", entity)
        assert entity["moderation_warning"]["text"] == "Please be kind"
    await town.settle()
    ((_, headers, body),) = service.pushed
    said = json.loads(app.read(headers, body))
    assert (said["notification_type"], said["body"]) == ("moderation_warning", "Please be kind")
