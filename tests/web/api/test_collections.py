"""Collections, over HTTP: accounts that a member recommends, who agree and may take that back."""

from typing import Any

import httpx
import pytest

from fediserver.actions import block, collections, moderate, reblog
from fediserver.actions.moderate import Decision
from fediserver.db import collections as rows
from fediserver.models.account import Account
from tests.conftest import OpenTown
from tests.web.api.test_timelines import links

V1 = "/api/v1/collections"


async def found(town: Any, *names: str) -> list[Account]:
    """People who want to be found."""
    people = [await town.account(name) for name in names]
    for one in people:
        answer = await (await town.client(one)).patch(
            "/api/v1/accounts/update_credentials", json={"discoverable": True}
        )
        assert answer.status_code == 200
    return [await town.now(one) for one in people]


async def shy_one(town: Any) -> Account:
    """Somebody who does not want to be found."""
    shy: Account = await town.account("shy")
    await (await town.client(shy)).patch("/api/v1/accounts/update_credentials", json={"discoverable": False})
    return shy


async def made(client: httpx.AsyncClient, *people: Account, **wish: Any) -> dict[str, Any]:
    given = {"name": "Gardeners", "sensitive": False, "discoverable": True} | wish
    answer = await client.post(V1, json={**given, "account_ids": [str(one.id) for one in people]})
    assert answer.status_code == 200, answer.text
    entity: dict[str, Any] = answer.json()["collection"]
    return entity


async def within(client: httpx.AsyncClient, entity: dict[str, Any]) -> list[str]:
    """Who is in a collection, as somebody sees it, after whose it is."""
    answer = await client.get(f"{V1}/{entity['id']}")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    names = [one["username"] for one in shown["accounts"]]
    ids = [one["id"] for one in shown["accounts"]]
    assert [one["account_id"] for one in shown["collection"]["items"]] == ids[1:]
    assert shown["collection"]["item_count"] == len(ids) - 1
    return names


async def told(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    """What somebody was told of collections: kind and name, newest first."""
    answer = (await client.get("/api/v1/notifications")).json()
    return [(one["type"], one["collection"]["name"]) for one in answer if "collection" in one]


async def test_a_collection_is_made_read_changed_and_deleted(town: Any) -> None:
    alice, bob, carol = await found(town, "alice", "bob", "carol")
    client = await town.client(alice)
    first = await made(client, bob, carol, description=" They know leeks. ", language="EN", tag_name="#Leeks")
    assert (first["name"], first["description"], first["language"]) == ("Gardeners", "They know leeks.", "en")
    assert first["tag"] == {"name": "Leeks", "url": "https://oak.example/tags/leeks"}
    assert first["account_id"] == str(alice.id)
    assert first["uri"] == f"https://oak.example/users/alice/collections/{first['id']}"
    assert [one["state"] for one in first["items"]] == ["accepted", "accepted"]
    assert await within(await town.client(), first) == ["alice", "bob", "carol"]
    path = f"{V1}/{first['id']}"
    town.clock.advance(1000)
    for method, wish, expected in (
        ("PATCH", {"name": "Cooks", "tag_name": ""}, ("Cooks", "en", None)),
        ("PUT", {"language": None, "sensitive": "1"}, ("Cooks", None, None)),
    ):
        changed = (await client.request(method, path, json=wish)).json()["collection"]
        assert (changed["name"], changed["language"], changed["tag"]) == expected
    assert changed["sensitive"] is True
    assert changed["updated_at"] > changed["created_at"] == first["created_at"]
    assert (await client.delete(path)).json() == {}
    for method in ("GET", "PATCH", "DELETE"):
        assert (await client.request(method, path)).status_code == 404


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"description": "x" * 101}, "description"),
        ({"language": "klingon!"}, "language"),
        ({"tag_name": "#two words"}, "tag_name"),
        ({"sensitive": "maybe"}, ""),
    ],
)
async def test_what_is_wrong_is_said(town: Any, wish: dict[str, Any], field: str) -> None:
    [alice] = await found(town, "alice")
    client = await town.client(alice)
    entity = await made(client)
    for method, path in (("POST", V1), ("PATCH", f"{V1}/{entity['id']}")):
        base = {"name": "x", "sensitive": False, "discoverable": True} if method == "POST" else {}
        answer = await client.request(method, path, json=base | wish)
        assert answer.status_code == 422, answer.text
        assert field == "" or field in answer.json()["details"]


async def test_what_is_missing_is_said(town: Any) -> None:
    [alice] = await found(town, "alice")
    client = await town.client(alice)
    answer = await client.post(V1, json={})
    assert answer.status_code == 422
    assert set(answer.json()["details"]) == {"name", "sensitive", "discoverable"}
    entity = await made(client)
    assert (await client.post(f"{V1}/{entity['id']}/items", json={})).status_code == 400


async def test_who_may(town: Any) -> None:
    alice, bob = await found(town, "alice", "bob")
    entity = await made(await town.client(alice), bob)
    item = entity["items"][0]["id"]
    calls = [
        ("POST", V1, {"name": "x", "sensitive": False, "discoverable": False}),
        ("PATCH", f"{V1}/{entity['id']}", {"name": "Mine"}),
        ("POST", f"{V1}/{entity['id']}/items", {"account_id": str(bob.id)}),
        ("DELETE", f"{V1}/{entity['id']}/items/{item}", {}),
        ("POST", f"{V1}/{entity['id']}/items/{item}/revoke", {}),
        ("DELETE", f"{V1}/{entity['id']}", {}),
    ]
    stranger = await town.client()
    narrow = await town.client(alice, scopes="read write:lists")
    other = await town.client((await found(town, "carol"))[0])
    for method, path, body in calls:
        assert (await stranger.request(method, path, json=body)).status_code == 401, path
        assert (await narrow.request(method, path, json=body)).status_code == 403, path
        expected = 200 if path == V1 else 403
        assert (await other.request(method, path, json=body)).status_code == expected, path
        assert (await other.request(method, path.replace(entity["id"], "17"), json=body)).status_code in (
            200,
            404,
        )
    blind = await town.client(alice, scopes="write read:lists")
    assert (await blind.get(f"/api/v1/accounts/{alice.id}/collections")).status_code == 403
    assert (await stranger.get(f"/api/v1/accounts/{alice.id}/in_collections")).status_code == 401
    assert (await other.get(f"/api/v1/accounts/{bob.id}/in_collections")).status_code == 403
    assert (await stranger.get("/api/v1/accounts/17/collections")).status_code == 404


async def test_who_is_put_in_has_to_agree_and_is_told(town: Any) -> None:
    alice, bob = await found(town, "alice", "bob")
    shy = await shy_one(town)
    client, hers = await town.client(alice), await town.client(bob)
    entity = await made(client)
    items = f"{V1}/{entity['id']}/items"
    refused = await client.post(items, json={"account_id": str(shy.id)})
    assert refused.status_code == 403
    assert "@shy" in refused.json()["error"]
    assert (await client.post(items, json={"account_id": "17"})).status_code == 404
    answer = await client.post(
        V1, json={"name": "x", "sensitive": False, "discoverable": True, "account_ids": [str(shy.id)]}
    )
    assert answer.status_code == 403
    assert (await client.get(f"/api/v1/accounts/{alice.id}/collections")).json()["collections"][0][
        "id"
    ] == entity["id"]
    item = (await client.post(items, json={"account_id": str(bob.id)})).json()["collection_item"]
    assert (item["state"], item["account_id"]) == ("accepted", str(bob.id))
    assert (await client.post(items, json={"account_id": str(bob.id)})).status_code == 422
    assert await told(hers) == [("added_to_collection", "Gardeners")]
    for name in ("Cooks", "Bakers"):
        await client.patch(f"{V1}/{entity['id']}", json={"name": name})
    await client.patch(f"{V1}/{entity['id']}", json={"sensitive": True})
    assert await told(hers) == [("collection_update", "Bakers"), ("added_to_collection", "Bakers")]
    # Another collection is another matter.
    await made(client, bob, name="Second")
    assert len(await told(hers)) == 3
    assert (await client.delete(f"{items}/{item['id']}")).json() == {}
    assert await told(hers) == [("added_to_collection", "Second")]
    assert await within(client, entity) == ["alice"]
    assert (await client.delete(f"{items}/{item['id']}")).status_code == 404
    # Taken out by its owner, somebody may be put in again.
    assert (await client.post(items, json={"account_id": str(bob.id)})).status_code == 200


async def test_consent_is_taken_back_for_good(town: Any) -> None:
    alice, bob = await found(town, "alice", "bob")
    client, hers = await town.client(alice), await town.client(bob)
    entity = await made(client, bob)
    mine = f"/api/v1/accounts/{bob.id}/in_collections"
    assert [one["id"] for one in (await hers.get(mine)).json()["collections"]] == [entity["id"]]
    items = f"{V1}/{entity['id']}/items"
    item = f"{items}/{entity['items'][0]['id']}"
    assert (await client.post(f"{item}/revoke")).status_code == 403
    assert (await hers.post(f"{item}/revoke")).json() == {}
    assert (await hers.get(mine)).json() == {"collections": []}
    assert await within(client, entity) == ["alice"]
    assert (await client.post(items, json={"account_id": str(bob.id)})).status_code == 422
    assert (await client.delete(item)).status_code == 404
    assert (await client.post(items, json={"account_id": str(bob.id)})).status_code == 422


async def test_there_are_limits(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob, carol = await found(town, "alice", "bob", "carol")
    client = await town.client(alice)
    role = (await client.get("/api/v1/accounts/verify_credentials")).json()["role"]
    assert role["collection_limit"] == collections.MOST == 10
    monkeypatch.setattr(collections, "MOST", 2)
    monkeypatch.setattr(collections, "ITEMS", 1)
    wish = {"name": "x", "sensitive": False, "discoverable": True}
    two = {**wish, "account_ids": [str(bob.id), str(carol.id)]}
    assert (await client.post(V1, json=two)).status_code == 422
    entity = await made(client, bob)
    answer = await client.post(f"{V1}/{entity['id']}/items", json={"account_id": str(carol.id)})
    assert answer.status_code == 422
    await made(client)
    assert (await client.post(V1, json=wish)).status_code == 422


async def test_blocks_and_suspensions(town: Any) -> None:
    alice, bob, carol, dora = await found(town, "alice", "bob", "carol", "dora")
    client = await town.client(alice)
    entity = await made(client, bob, carol, dora)
    hers, his, strangers = await town.client(carol), await town.client(dora), await town.client()
    # carol blocks bob: she does not see him, nor he her.
    await block.block(town.ctx, carol, bob)
    assert await within(hers, entity) == ["alice", "carol", "dora"]
    assert await within(await town.client(bob), entity) == ["alice", "bob", "dora"]
    assert await within(strangers, entity) == ["alice", "bob", "carol", "dora"]
    # alice blocks dora, who sees nothing of hers any more; but dora may still leave.
    await block.block(town.ctx, alice, dora)
    assert (await his.get(f"{V1}/{entity['id']}")).status_code == 404
    assert (await his.get(f"/api/v1/accounts/{alice.id}/collections")).json() == {"collections": []}
    assert (await his.patch(f"{V1}/{entity['id']}", json={"name": "x"})).status_code == 404
    assert await within(client, entity) == ["alice", "bob", "carol"]
    assert len((await his.get(f"/api/v1/accounts/{dora.id}/in_collections")).json()["collections"]) == 1
    items = f"{V1}/{entity['id']}/items"
    assert (await his.post(f"{items}/{entity['items'][2]['id']}/revoke")).status_code == 200
    for one, other in ((bob, carol), (carol, bob)):
        own = await made(await town.client(one))
        answer = await (await town.client(one)).post(
            f"{V1}/{own['id']}/items", json={"account_id": str(other.id)}
        )
        assert answer.status_code == 403
    await moderate.take(town.ctx, bob.id, "suspend", Decision(by=None))
    assert await within(client, entity) == ["alice", "carol"]
    assert (await client.post(items, json={"account_id": str(bob.id)})).status_code == 403
    await moderate.take(town.ctx, alice.id, "suspend", Decision(by=None))
    assert (await strangers.get(f"{V1}/{entity['id']}")).status_code == 404
    assert (await strangers.get(f"/api/v1/accounts/{alice.id}/collections")).json() == {"collections": []}
    assert (await hers.get(f"/api/v1/accounts/{carol.id}/in_collections")).json() == {"collections": []}
    assert await told(hers) == []


async def test_who_is_deleted_leaves_nothing(town: Any) -> None:
    alice, bob = await found(town, "alice", "bob")
    client, hers = await town.client(alice), await town.client(bob)
    of_alice, of_bob = await made(client, bob), await made(hers, alice)
    assert len(await told(hers)) == 1
    await moderate.take(town.ctx, alice.id, "suspend", Decision(by=None))
    await moderate.delete(town.ctx, alice.id, Decision(by=None))
    assert (await hers.get(f"{V1}/{of_alice['id']}")).status_code == 404
    assert await within(hers, of_bob) == ["bob"]
    assert await told(hers) == []
    assert await rows.accepted(town.ctx.db, int(of_bob["id"])) == []


async def test_pages_lead_there_and_back(town: Any) -> None:
    alice, bob = await found(town, "alice", "bob")
    client, hers = await town.client(alice), await town.client(bob)
    ids = [(await made(client, bob, name=str(number)))["id"] for number in range(5)]
    hidden = (await made(client, name="hidden", discoverable=False))["id"]
    listing = f"/api/v1/accounts/{alice.id}/collections"
    for path, asks, every in (
        (listing, hers, ids[::-1]),
        (listing, client, [hidden, *ids[::-1]]),
        (f"/api/v1/accounts/{bob.id}/in_collections", hers, ids[::-1]),
    ):
        seen: list[str] = []
        url, back = f"{path}?limit=2", ""
        while url:
            answer = await asks.get(url)
            page = [one["id"] for one in answer.json()["collections"]]
            seen += page
            there = links(answer)
            if back and "prev" in there:
                assert (await asks.get(there["prev"])).json()["collections"][0]["id"] == back
            back, url = (page or [""])[0], there.get("next", "")
        assert seen == every
    # Whoever has its address may open one that is not listed.
    assert (await hers.get(f"{V1}/{hidden}")).status_code == 200


@pytest.mark.parametrize(("root", "old"), [("/api/v1", None), ("/api/v1_alpha", "@1781049600")])
async def test_the_paths_of_the_trial_answer_too_and_say_that_they_are_old(
    town: Any, root: str, old: str | None
) -> None:
    alice, bob = await found(town, "alice", "bob")
    client, hers = await town.client(alice), await town.client(bob)
    wish = {"name": "x", "sensitive": False, "discoverable": True}
    answer = await client.post(f"{root}/collections", json=wish)
    entity = answer.json()["collection"]
    path, nowhere = f"{root}/collections/{entity['id']}", f"{root}/collections/17"
    added = await client.post(f"{path}/items", json={"account_id": str(bob.id)})
    item = f"items/{added.json()['collection_item']['id']}"
    listings = (f"{root}/accounts/{alice.id}/collections", f"{root}/accounts/{bob.id}/in_collections")
    answers = [answer, added, await client.get(path)]
    answers += [await client.get(f"{listings[0]}?offset=0"), await hers.get(f"{listings[1]}?offset=0")]
    for method in ("PATCH", "PUT"):
        answers.append(await client.request(method, path, json={"name": "y"}))
        assert (await client.request(method, path, json={"name": ""})).status_code == 422
        assert (await client.request(method, nowhere, json={"name": "y"})).status_code == 404
    answers.append(await hers.post(f"{path}/{item}/revoke"))
    assert (await client.post(f"{root}/collections", json={})).status_code == 422
    assert (await client.post(f"{path}/items", json={"account_id": str(bob.id)})).status_code == 422
    again = await made(client, bob)
    inside = f"{root}/collections/{again['id']}/items/{again['items'][0]['id']}"
    answers += [await client.delete(inside), await client.delete(path)]
    for method, missing in (
        ("GET", nowhere),
        ("DELETE", nowhere),
        ("POST", f"{nowhere}/items"),
        ("DELETE", f"{nowhere}/{item}"),
        ("POST", f"{nowhere}/{item}/revoke"),
        ("GET", f"{root}/accounts/17/collections"),
        ("GET", f"{root}/accounts/17/in_collections"),
    ):
        response = await client.request(method, missing, json={"account_id": str(bob.id)})
        assert response.status_code == 404, missing
    for one in answers:
        assert (one.status_code, one.headers.get("deprecation")) == (200, old), one.request.url


async def test_accounts_say_who_may_recommend_them(town: Any, open_town: OpenTown) -> None:
    [alice] = await found(town, "alice")
    shy = await shy_one(town)
    client, strangers = await town.client(alice), await town.client()

    async def approval(asks: httpx.AsyncClient, account: Account) -> tuple[list[str], list[str], str]:
        said = (await asks.get(f"/api/v1/accounts/{account.id}")).json()["feature_approval"]
        return said["automatic"], said["manual"], said["current_user"]

    assert await approval(client, alice) == (["public"], [], "automatic")
    assert await approval(strangers, alice) == (["public"], [], "denied")
    assert await approval(client, shy) == ([], [], "denied")
    elm = await open_town("elm.example")
    await elm.account("eve")
    answer = await client.get("/api/v2/search?q=eve@elm.example&resolve=true")
    remote = answer.json()["accounts"][0]
    assert remote["feature_approval"] == {"automatic": [], "manual": [], "current_user": "missing"}
    entity = await made(client)
    refused = await client.post(f"{V1}/{entity['id']}/items", json={"account_id": remote["id"]})
    assert refused.status_code == 403


async def test_an_address_leads_there(town: Any) -> None:
    alice, bob = await found(town, "alice", "bob")
    client = await town.client(alice)
    entity = await made(client, bob)
    for address in (entity["url"], entity["uri"], entity["url"].removeprefix("https://")):
        answer = (await client.get("/api/v2/search", params={"q": address, "resolve": "true"})).json()
        assert [one["id"] for one in answer["collections"]] == [entity["id"]]
        assert answer["accounts"] == answer["statuses"] == []
    people = await client.get("/api/v2/search", params={"q": entity["url"], "type": "accounts"})
    assert people.json()["collections"] == []
    assert (await client.get("/api/v2/search?q=leeks")).json()["collections"] == []
    await block.block(town.ctx, alice, bob)
    hers = await town.client(bob)
    assert (await hers.get("/api/v2/search", params={"q": entity["url"]})).json()["collections"] == []


async def test_posts_show_the_collections_that_they_link_to(town: Any) -> None:
    alice, bob, carol = await found(town, "alice", "bob", "carol")
    client, hers = await town.client(alice), await town.client(carol)
    entity = await made(client, bob)
    away = "https://elm.example/collections/17 https://oak.example/collections/17"
    post = await town.post(bob, f"See {entity['url']} and {away}")
    boost = await reblog.add(town.ctx, carol, post)

    async def tagged(asks: httpx.AsyncClient, status_id: int = post.id) -> list[str]:
        status = (await asks.get(f"/api/v1/statuses/{status_id}")).json()
        assert (status["reblog"] or {"tagged_collections": []})["tagged_collections"] in ([], [entity])
        return [one["id"] for one in (status["reblog"] or status)["tagged_collections"]]

    for _ in range(2):
        for asks in (client, hers, await town.client()):
            assert await tagged(asks) == [entity["id"]]
            assert await tagged(asks, boost.id) == [entity["id"]]
    # What it says is as it is now, and not for everybody.
    changed = (await client.patch(f"{V1}/{entity['id']}", json={"name": "Cooks"})).json()["collection"]
    shown = (await hers.get(f"/api/v1/statuses/{post.id}")).json()["tagged_collections"]
    assert shown == [changed]
    await block.block(town.ctx, alice, carol)
    assert await tagged(hers) == []
    await client.delete(f"{V1}/{entity['id']}")
    assert await tagged(client) == []
    assert (await client.get(f"/api/v1/statuses/{(await town.post(alice, 'x')).id}")).json()[
        "tagged_collections"
    ] == []


async def test_reports_name_collections(town: Any) -> None:
    alice, bob = await found(town, "alice", "bob")
    of_alice, of_bob = await made(await town.client(alice)), await made(await town.client(bob))
    wish = {"account_id": str(alice.id), "collection_ids": [of_alice["id"], of_bob["id"]]}
    answer = await (await town.client(bob)).post("/api/v1/reports", json=wish)
    assert answer.json()["collection_ids"] == [of_alice["id"]]


async def test_apps_that_do_not_know_these_notifications_are_told_in_words(town: Any) -> None:
    alice, bob = await found(town, "alice", "bob")
    hers = await town.client(bob)
    entity = await made(await town.client(alice), bob)
    await town.post(alice, "@bob hello")
    single, grouped = "/api/v1/notifications", "/api/v2/notifications"

    async def fallbacks(query: str) -> list[Any]:
        one_by_one = (await hers.get(f"{single}{query}")).json()
        groups = (await hers.get(f"{grouped}{query}")).json()["notification_groups"]
        assert [one.get("fallback") for one in groups] == [one.get("fallback") for one in one_by_one]
        assert [one.get("collection", {}).get("id") for one in groups] == [None, entity["id"]]
        for path in (f"{single}/{one_by_one[1]['id']}", f"{grouped}/{groups[1]['group_key']}"):
            said = (await hers.get(f"{path}{query}")).json()
            assert said.get("notification_groups", [said])[0].get("fallback") == one_by_one[1].get("fallback")
        return [one.get("fallback") for one in one_by_one]

    assert await fallbacks("") == [None, None]
    assert await fallbacks("?supported_types[]=added_to_collection") == [None, None]
    mention, added = await fallbacks("?supported_types[]=mention")
    assert mention is None
    assert added["title"].endswith("</span> added you to a collection")
    assert 'href="https://oak.example/@alice"' in added["title"]
    assert 'href="https://oak.example"' in added["summary"]
    assert added["description"] is None


async def test_a_policy_holds_back_what_strangers_do(town: Any) -> None:
    alice, bob = await found(town, "alice", "bob")
    hers = await town.client(bob)
    await hers.patch("/api/v2/notifications/policy", json={"for_not_following": "filter"})
    theirs = await town.client(alice)
    entity = await made(theirs, bob)
    await theirs.patch(f"{V1}/{entity['id']}", json={"name": "Buy leeks"})
    assert await told(hers) == []
    kept = (await hers.get("/api/v1/notifications?include_filtered=true")).json()
    assert [(one["type"], one["filtered"]) for one in kept] == [
        ("collection_update", True),
        ("added_to_collection", True),
    ]
