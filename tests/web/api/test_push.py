"""Web Push: subscriptions, and what arrives at a push service."""

import json
from typing import Any

import httpx
import pytest

from fediserver.actions import access, favourite
from fediserver.clock import DAY, HOUR, MINUTE
from fediserver.db.query import Query
from fediserver.web.api import push
from tests.entity_checker import check
from tests.push_service import PushService, Subscriber, claims
from tests.town import Town

PATH = "/api/v1/push/subscription"
TOKEN_ID = Query("select token_id from push_subscriptions")
GERMAN = Query("update users set locale = 'de' where account_id = :account_id")
LEFT = Query("select count(*) from pushes")


def wish(app: Subscriber, *kinds: str, standard: bool = True, policy: str = "all") -> dict[str, Any]:
    address = {"endpoint": "https://push.example/box", "keys": app.keys(), "standard": standard}
    return {"subscription": address, "data": {"alerts": dict.fromkeys(kinds, True), "policy": policy}}


@pytest.fixture
def service(town: Town) -> PushService:
    made = PushService()
    town.network.sites["push.example"] = made
    return made


async def subscribed(town: Town, client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post(PATH, json=fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_subscription_is_made_shown_changed_replaced_and_ended(town: Town) -> None:
    client, app = await town.client(await town.account("alice")), Subscriber()
    assert (await client.get(PATH)).status_code == 404
    assert (await client.put(PATH, json={"data": {"alerts": {"poll": True}}})).status_code == 404
    form = {
        "subscription[endpoint]": "https://push.example/box",
        "subscription[keys][p256dh]": app.keys()["p256dh"],
        "subscription[keys][auth]": app.keys()["auth"],
        "data[alerts][mention]": "1",
        "data[alerts][admin.sign_up]": "false",
    }
    made = (await client.post(PATH, data=form)).json()
    check("WebPushSubscription", made)
    assert made["alerts"] == {"mention": True, "admin.sign_up": False}
    assert (made["standard"], made["policy"]) == (False, "all")
    assert (await client.get(PATH)).json() == made
    changed = (await client.put(PATH, data={"data[alerts][poll]": "true", "data[policy]": "followed"})).json()
    assert (changed["alerts"], changed["policy"], changed["id"]) == ({"poll": True}, "followed", made["id"])
    by_id = await client.put(
        f"/api/web/push_subscriptions/{made['id']}", json={"data": {"alerts": {"follow": True}}}
    )
    assert by_id.json()["alerts"] == {"follow": True}
    assert (await client.put("/api/web/push_subscriptions/1", json={})).status_code == 404
    wish_for_all = {"data": {"alerts": {"update": True}}}
    for path in (PATH, f"/api/web/push_subscriptions/{made['id']}"):
        assert (await client.patch(path, json=wish_for_all)).json()["alerts"] == {"update": True}
    again = await client.post("/api/web/push_subscriptions", json=wish(app, "poll"))
    assert again.json()["standard"] is True
    assert again.json()["id"] != made["id"]
    assert (await client.delete(PATH)).json() == {}
    assert (await client.delete(PATH)).json() == {}
    assert (await client.get(PATH)).status_code == 404


async def test_the_key_is_announced_everywhere(town: Town) -> None:
    client = await town.client(await town.account("alice"))
    made = await subscribed(town, client, **wish(Subscriber(), "mention"))
    key = (await client.get("/api/v2/instance")).json()["configuration"]["vapid"]["public_key"]
    app = await client.post(
        "/api/v1/apps", json={"client_name": "app", "redirect_uris": "https://app.example/"}
    )
    assert made["server_key"] == key == app.json()["vapid_key"] == town.ctx.vapid.public
    assert (await client.get("/api/v1/apps/verify_credentials")).json()["vapid_key"] == key


async def test_what_is_wrong_is_refused(town: Town) -> None:
    alice = await town.account("alice")
    client, app = await town.client(alice), Subscriber()
    assert (await (await town.client()).get(PATH)).status_code == 401
    narrow = await town.client(alice, scopes="read write")
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert (await narrow.request(method, PATH, json=wish(app))).status_code == 403
    assert (await client.post(PATH, json={})).status_code == 400
    for spoilt in (
        {"endpoint": "nonsense"},
        {"endpoint": "http://push.example/"},
        {"endpoint": "https://127.0.0.1/"},
        {"endpoint": "https://push.example/" + "x" * 3000},
        {"keys": {"p256dh": "x", "auth": "y"}},
    ):
        asked = wish(app, "mention")
        asked["subscription"] |= spoilt
        assert (await client.post(PATH, json=asked)).status_code == 422, spoilt
    assert (await client.post(PATH, json=wish(app, policy="friends"))).status_code == 422


@pytest.mark.parametrize("standard", [True, False])
async def test_a_notification_is_pushed(town: Town, service: PushService, standard: bool) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    token, app = await town.token(alice), Subscriber()
    client = await town.client(alice)
    client.headers["authorization"] = f"Bearer {token}"
    made = await subscribed(town, client, **wish(app, "mention", standard=standard))
    await town.post(bob, "hello @alice " + "x" * 200)
    await favourite.add(town.ctx, bob, await town.post(alice, "not wanted"))
    await town.settle()
    [(path, headers, body)] = service.pushed
    assert path == "/box"
    said = json.loads(app.read(headers, body))
    check("WebPushPayload", said)
    told = (await client.get("/api/v1/notifications?types[]=mention")).json()[0]
    assert (said["access_token"], said["notification_id"]) == (token, int(told["id"]))
    assert (said["notification_type"], said["title"]) == ("mention", "bob mentioned you")
    assert said["icon"] == told["account"]["avatar"]
    assert said["body"].startswith("hello @alice x")
    assert len(said["body"]) == 140
    assert (headers["ttl"], headers["content-encoding"]) == ("172800", "aes128gcm" if standard else "aesgcm")
    proven = claims(headers, made["server_key"])
    assert (proven["aud"], proven["sub"]) == ("https://push.example", "https://oak.example")
    assert 0 < proven["exp"] * 1000 - town.clock() <= DAY
    assert await town.ctx.db.value(LEFT) == 0
    stranger = await town.client()
    ends = headers["unsubscribe-url"].removeprefix("https://oak.example")
    assert (await stranger.delete(ends[:-1] + ("0" if ends[-1] != "0" else "1"))).status_code == 404
    assert (await stranger.delete(ends)).json() == {}
    assert (await stranger.delete(ends)).status_code == 404
    assert (await client.get(PATH)).status_code == 404


@pytest.mark.parametrize(
    ("policy", "heard"),
    [("all", {"bob", "carol"}), ("followed", {"bob"}), ("follower", {"carol"}), ("none", set())],
)
async def test_policies(town: Town, service: PushService, policy: str, heard: set[str]) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(alice, bob)
    await town.follow(carol, alice)
    app = Subscriber()
    await subscribed(town, await town.client(alice), **wish(app, "mention", policy=policy))
    for sender in (bob, carol):
        await town.post(sender, "@alice hello")
    await town.settle()
    titles = [json.loads(app.read(headers, body))["title"] for _, headers, body in service.pushed]
    assert {title.split()[0] for title in titles} == heard


async def test_a_service_that_fails_is_asked_again(town: Town, service: PushService) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    await subscribed(town, client, **wish(Subscriber(), "mention"))
    service.status = 503
    await town.post(bob, "@alice hello")
    await town.settle()
    assert len(service.pushed) == 1
    town.network.down.add("push.example")
    town.clock.advance(MINUTE)
    await town.settle()
    assert len(service.pushed) == 1
    town.network.down.clear()
    service.status = 201
    town.clock.advance(HOUR)
    await town.settle()
    assert len(service.pushed) == 2
    assert await town.ctx.db.value(LEFT) == 0
    service.status = 429
    await town.post(bob, "@alice again")
    await town.settle()
    assert await town.ctx.db.value(LEFT) == 1
    town.clock.advance(3 * DAY)
    await town.settle()
    assert await town.ctx.db.value(LEFT) == 0
    assert (await client.get(PATH)).status_code == 200


@pytest.mark.parametrize("status", [400, 403, 404, 410])
async def test_a_service_that_refuses_ends_the_subscription(
    town: Town, service: PushService, status: int
) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    await subscribed(town, client, **wish(Subscriber(), "mention"))
    service.status = status
    for _ in range(2):
        await town.post(bob, "@alice hello")
        await town.settle()
    assert len(service.pushed) == 1
    assert (await client.get(PATH)).status_code == 404


async def test_the_message_is_in_the_members_language_and_shows_no_more_than_the_warning(
    town: Town, service: PushService
) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.ctx.db.write(lambda tx: tx.run(GERMAN, account_id=alice.id))
    app, other = Subscriber(), await town.client(bob)
    await other.patch(
        "/api/v1/accounts/update_credentials",
        json={"display_name": "Bob der Gärtner", "note": "I grow beans"},
    )
    await subscribed(town, await town.client(alice), **wish(app, "mention", "follow"))
    await town.post(bob, "@alice the whole story", spoiler_text="careful")
    await other.post(f"/api/v1/accounts/{alice.id}/follow")
    await town.settle()
    said = [json.loads(app.read(headers, body)) for _, headers, body in service.pushed]
    found = {one["notification_type"]: (one["preferred_locale"], one["title"], one["body"]) for one in said}
    assert found == {
        "mention": ("de", "Bob der Gärtner hat dich erwähnt", "careful"),
        "follow": ("de", "Bob der Gärtner folgt dir", "I grow beans"),
    }


async def test_a_revoked_token_hears_no_more(town: Town, service: PushService) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await subscribed(town, await town.client(alice), **wish(Subscriber(), "mention"))
    await access.revoke_token(town.ctx, await town.ctx.db.value(TOKEN_ID))
    await town.post(bob, "@alice hello")
    await town.settle()
    assert service.pushed == []
    assert await town.ctx.db.value(TOKEN_ID) is None


async def test_what_is_taken_back_is_not_pushed(town: Town, service: PushService) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    client = await town.client(alice)
    await subscribed(town, client, **wish(Subscriber(), "mention", "favourite"))
    status = await town.post(bob, "@alice hello")
    await (await town.client(bob)).delete(f"/api/v1/statuses/{status.id}")
    await town.post(bob, "@alice hello")
    await client.post(f"/api/v1/accounts/{bob.id}/block")
    await town.settle()
    assert service.pushed == []
    assert await town.ctx.db.value(LEFT) == 0


async def test_a_member_has_only_so_many_subscriptions(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "MOST", 2)
    alice, bob = await town.account("alice"), await town.account("bob")
    first, second, third, other = [await town.client(one) for one in (alice, alice, alice, bob)]
    for client in (other, first, second, first, third):
        await subscribed(town, client, **wish(Subscriber(), "follow"))
    standing = [(await client.get(PATH)).status_code for client in (first, second, third, other)]
    assert standing == [200, 404, 200, 200], "the oldest goes, and nobody else's"
