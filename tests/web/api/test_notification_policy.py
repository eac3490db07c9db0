"""What members do about strangers: policies, and requests of those who are held back."""

from typing import Any

import msgspec
import pytest

from fediserver.clock import DAY
from fediserver.db import accounts, notification_policy

V1, V2 = "/api/v1/notifications/policy", "/api/v2/notifications/policy"
REQUESTS = "/api/v1/notifications/requests"


async def kinds(client: Any, query: str = "") -> list[str]:
    return [one["type"] for one in (await client.get(f"/api/v1/notifications{query}")).json()]


async def test_everything_is_accepted_until_said_otherwise(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    nothing = {"pending_requests_count": 0, "pending_notifications_count": 0}
    names = ("not_following", "not_followers", "new_accounts", "private_mentions", "limited_accounts", "bots")
    everything = {f"for_{name}": "accept" for name in names} | {"summary": nothing}
    assert (await client.get(V2)).json() == everything
    changed = await client.patch(V2, json={"for_bots": "drop", "for_new_accounts": "filter"})
    assert changed.json() == everything | {"for_bots": "drop", "for_new_accounts": "filter"}
    first = (await client.get(V1)).json()
    assert (first["filter_bots"], first["filter_new_accounts"], first["filter_not_following"]) == (
        True,
        True,
        False,
    )
    # The first version knows no "drop", and leaves it.
    first = (await client.patch(V1, data={"filter_bots": "1", "filter_new_accounts": "0"})).json()
    assert (first["filter_bots"], first["filter_new_accounts"]) == (True, False)
    assert (await client.get(V2)).json() == everything | {"for_bots": "drop"}
    assert (await client.put(V1, json={"filter_bots": False})).json()["filter_bots"] is False
    assert (await client.put(V2, json={"for_private_mentions": "filter"})).json() == everything | {
        "for_private_mentions": "filter"
    }
    assert (await client.patch(V2, json={"for_bots": "perhaps"})).status_code == 422


async def test_strangers_wait_until_they_are_let_through(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    client = await town.client(alice)
    await client.patch(V2, json={"for_not_following": "filter"})
    await town.follow(alice, carol)
    status = await town.post(alice, "hello")
    first = await town.post(bob, "@alice may I?")
    last = await town.post(bob, "@alice please")
    await (await town.client(bob)).post(f"/api/v1/statuses/{status.id}/favourite")
    await town.post(carol, "@alice hello")

    assert await kinds(client) == ["mention"]
    assert await kinds(client, "?include_filtered=true") == ["mention", "favourite", "mention", "mention"]
    held = (await client.get(f"/api/v1/notifications?account_id={bob.id}")).json()
    assert [one["filtered"] for one in held] == [True] * 3
    groups = (await client.get("/api/v2/notifications")).json()["notification_groups"]
    assert [one["type"] for one in groups] == ["mention"]
    assert (
        len((await client.get("/api/v2/notifications?include_filtered=1")).json()["notification_groups"]) == 4
    )
    assert (await client.get("/api/v1/notifications/unread_count")).json() == {"count": 1}
    assert (await client.get(V2)).json()["summary"] == {
        "pending_requests_count": 1,
        "pending_notifications_count": 2,
    }

    waiting = (await client.get(REQUESTS)).json()
    assert len(waiting) == 1
    request = waiting[0]
    assert (request["account"]["id"], request["notifications_count"]) == (str(bob.id), "2")
    assert request["last_status"]["id"] == str(last.id)
    assert request["created_at"] < request["updated_at"]
    path = f"{REQUESTS}/{request['id']}"
    assert (await client.get(path)).json() == request
    other = await town.client(bob)
    assert (await other.get(path)).status_code == (await other.post(f"{path}/accept")).status_code == 404

    assert (await client.post(f"{path}/accept")).json() == {}
    assert (await client.get(f"{REQUESTS}/merged")).json() == {"merged": True}
    assert await kinds(client) == ["mention", "favourite", "mention", "mention"]
    assert (await client.get(REQUESTS)).json() == []
    assert (await client.get(path)).status_code == (await client.post(f"{path}/accept")).status_code == 404
    # From now on they are heard.
    await town.post(bob, "@alice thanks", in_reply_to_id=first.id)
    assert (await kinds(client))[0] == "mention"
    assert (await client.get(V2)).json()["summary"]["pending_requests_count"] == 0


async def test_what_is_dismissed_is_forgotten_and_may_come_again(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    await client.patch(V2, json={"for_not_following": "filter"})
    await town.post(bob, "@alice one")
    path = f"{REQUESTS}/{(await client.get(REQUESTS)).json()[0]['id']}"
    assert (await client.post(f"{path}/dismiss")).json() == {}
    assert (await client.post(f"{path}/dismiss")).status_code == 404
    assert await kinds(client, "?include_filtered=true") == []
    await town.post(bob, "@alice two")
    again = (await client.get(REQUESTS)).json()
    assert [one["notifications_count"] for one in again] == ["1"]


async def test_several_requests_are_answered_at_once(town: Any) -> None:
    alice = await town.account("alice")
    strangers = [await town.account(f"stranger{number}") for number in range(4)]
    client = await town.client(alice)
    await client.patch(V2, json={"for_not_following": "filter"})
    for one in strangers:
        await town.post(one, "@alice hello")
    waiting = (await client.get(REQUESTS)).json()
    assert [one["account"]["id"] for one in waiting] == [str(one.id) for one in reversed(strangers)]
    page = await client.get(f"{REQUESTS}?limit=3")
    rest = await client.get(page.links["next"]["url"])
    assert page.json() + rest.json() == waiting
    assert (await client.get(rest.links["prev"]["url"])).json() == waiting[:3]

    ids = [one["id"] for one in waiting]
    assert (await client.post(f"{REQUESTS}/accept", data={"id[]": [*ids[:2], "7"]})).json() == {}
    assert (await client.post(f"{REQUESTS}/dismiss", json={"id": ids[2:3]})).json() == {}
    assert [one["id"] for one in (await client.get(REQUESTS)).json()] == ids[3:]
    assert len(await kinds(client)) == 2
    assert (await client.post(f"{REQUESTS}/accept")).json() == {}
    too_many = {"id": [str(number) for number in range(501)]}
    assert (await client.post(f"{REQUESTS}/accept", json=too_many)).status_code == 422


async def test_requests_whose_posts_are_gone_are_gone(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client, author = await town.client(alice), await town.client(bob)
    await client.patch(V2, json={"for_not_following": "filter"})
    status = await town.post(bob, "@alice hello")
    await author.delete(f"/api/v1/statuses/{status.id}")
    assert (await client.get(REQUESTS)).json() == []
    await town.post(bob, "@alice hello")
    await client.post(f"/api/v1/accounts/{bob.id}/block")
    assert (await client.get(REQUESTS)).json() == []
    assert (await client.get(V2)).json()["summary"]["pending_notifications_count"] == 0


async def test_what_is_dropped_is_not_told(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    await client.patch(V2, json={"for_not_following": "drop", "for_not_followers": "filter"})
    await town.follow(bob, alice)
    await town.post(bob, "@alice hello")
    assert await kinds(client, "?include_filtered=true") == []
    assert (await client.get(REQUESTS)).json() == []


async def changed(town: Any, account: Any, **changes: Any) -> Any:
    """The account with other columns."""
    row = msgspec.structs.replace(await town.now(account), **changes)
    await town.ctx.db.write(lambda tx: accounts.update(tx, row))
    return row


@pytest.mark.parametrize(
    "rule",
    ["not_following", "not_followers", "new_accounts", "private_mentions", "limited_accounts", "bots"],
)
async def test_each_rule_is_about_some_and_not_about_others(town: Any, rule: str) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    # Old enough to be no new account, and nothing else against them.
    town.clock.advance(31 * DAY)
    client = await town.client(alice)
    await client.patch(V2, json={f"for_{rule}": "filter"})
    if rule == "limited_accounts":
        bob = await changed(town, bob, silenced_at=1)
    elif rule == "bots":
        bob = await changed(town, bob, bot=True)
    elif rule == "new_accounts":
        bob = await town.account("young")
    visibility = "direct" if rule == "private_mentions" else "public"

    async def held_back() -> bool:
        await town.post(bob, "@alice hello", visibility)
        found = (await client.get("/api/v1/notifications?include_filtered=true")).json()
        return bool(found[0].get("filtered"))

    assert await held_back()
    if rule == "not_followers":
        await town.follow(bob, alice)
        assert await held_back()
        town.clock.advance(3 * DAY)
    else:
        if rule == "new_accounts":
            town.clock.advance(30 * DAY)
            assert not await held_back()
        if rule == "private_mentions":
            visibility = "public"
            assert not await held_back()
            visibility = "direct"
        await town.follow(alice, bob)
    assert not await held_back()


async def test_an_answer_to_a_private_mention_of_ones_own_is_heard(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    await client.patch(V2, json={"for_private_mentions": "filter"})
    asked = await town.post(alice, "@bob a question", "direct")
    await town.post(bob, "@alice the answer", "direct", in_reply_to_id=asked.id)
    await town.post(bob, "@alice out of the blue", "direct")
    assert await kinds(client) == ["mention"]
    assert await kinds(client, "?include_filtered=true") == ["mention", "mention"]


async def test_who_runs_the_node_is_heard(town: Any) -> None:
    alice, olga = await town.account("alice"), await town.account("olga", role="moderator")
    client = await town.client(alice)
    await client.patch(V2, json={"for_not_following": "drop"})
    await town.post(olga, "@alice a word, please")
    assert await kinds(client) == ["mention"]


async def test_what_concerns_ones_own_doings_is_told(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client, author = await town.client(alice), await town.client(bob)
    status = await town.post(bob, "hello")
    await client.post(f"/api/v1/statuses/{status.id}/reblog")
    await client.patch(V2, json={"for_not_following": "drop"})
    await author.put(f"/api/v1/statuses/{status.id}", json={"status": "hello again"})
    assert await kinds(client) == ["update"]


async def test_counts_have_a_bound(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    await client.patch(V2, json={"for_not_following": "filter"})
    for number in range(notification_policy.MOST_COUNTED + 1):
        await town.post(bob, f"@alice {number}")
    assert (await client.get(REQUESTS)).json()[0]["notifications_count"] == "100"


async def test_scopes(town: Any) -> None:
    alice = await town.account("alice")
    reader, writer = [await town.client(alice, scopes=f"{verb}:notifications") for verb in ("read", "write")]
    for path in (V1, V2, REQUESTS, f"{REQUESTS}/merged"):
        assert (await reader.get(path)).status_code == 200
        assert (await writer.get(path)).status_code == 403
    assert (await reader.patch(V2, json={})).status_code == 403
    assert (await reader.post(f"{REQUESTS}/accept")).status_code == 403
    assert (await writer.patch(V1, json={})).status_code == 200
