"""Notifications and markers."""

from typing import Any


async def test_what_happened_is_told_newest_first(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    status = await town.post(alice, "hello")
    other = await town.client(bob)
    await other.post(f"/api/v1/accounts/{alice.id}/follow")
    for what in ("favourite", "reblog"):
        town.clock.advance(1000)
        await other.post(f"/api/v1/statuses/{status.id}/{what}")
    await town.post(bob, "@alice hello")
    client = await town.client(alice)

    async def kinds(query: str = "") -> list[str]:
        return [one["type"] for one in (await client.get(f"/api/v1/notifications{query}")).json()]

    assert await kinds() == ["mention", "reblog", "favourite", "follow"]
    assert await kinds("?types[]=follow&types[]=mention") == ["mention", "follow"]
    assert await kinds("?exclude_types[]=follow&exclude_types[]=reblog") == ["mention", "favourite"]
    assert await kinds(f"?account_id={alice.id}") == []
    assert await kinds(f"?account_id={bob.id}&limit=1") == ["mention"]
    page = await client.get("/api/v1/notifications?limit=3")
    assert [one["type"] for one in (await client.get(page.links["next"]["url"])).json()] == ["follow"]
    first = page.json()[0]
    assert first["status"]["content"].endswith("hello</p>")
    assert (await client.get(f"/api/v1/notifications/{first['id']}")).json() == first
    assert (await other.get(f"/api/v1/notifications/{first['id']}")).status_code == 404


async def test_notifications_are_dismissed_and_cleared(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    for number in range(3):
        await town.post(bob, f"@alice {number}")
    client = await town.client(alice)
    told = (await client.get("/api/v1/notifications")).json()
    path = f"/api/v1/notifications/{told[0]['id']}/dismiss"
    assert (await client.post(path)).json() == {}
    assert (await client.post(path)).status_code == 404
    assert len((await client.get("/api/v1/notifications")).json()) == 2
    assert (await client.post("/api/v1/notifications/clear")).json() == {}
    assert (await client.get("/api/v1/notifications")).json() == []


async def test_whom_one_blocks_or_mutes_is_not_heard(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    for account in (bob, carol):
        await town.post(account, "@alice hello")
    client = await town.client(alice)
    await client.post(f"/api/v1/accounts/{bob.id}/block")
    await client.post(f"/api/v1/accounts/{carol.id}/mute")
    assert (await client.get("/api/v1/notifications")).json() == []


async def test_unread_is_what_came_after_the_marker(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    for number in range(3):
        await town.post(bob, f"@alice {number}")
    client = await town.client(alice)
    assert (await client.get("/api/v1/notifications/unread_count")).json() == {"count": 3}
    assert (await client.get("/api/v1/notifications/unread_count?limit=2")).json() == {"count": 2}
    told = (await client.get("/api/v1/notifications")).json()
    moved = await client.post("/api/v1/markers", json={"notifications": {"last_read_id": told[1]["id"]}})
    assert moved.json()["notifications"]["version"] == 1
    assert (await client.get("/api/v1/notifications/unread_count")).json() == {"count": 1}


async def test_markers_are_kept_for_each_timeline(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    assert (await client.get("/api/v1/markers?timeline[]=home")).json() == {}
    for _ in range(2):
        moved = await client.post("/api/v1/markers", data={"home[last_read_id]": "123"})
        assert list(moved.json()) == ["home"]
    found = (await client.get("/api/v1/markers?timeline[]=home&timeline[]=notifications")).json()
    assert (found["home"]["last_read_id"], found["home"]["version"]) == ("123", 2)
    wrong = await client.post("/api/v1/markers", json={"home": {"last_read_id": "abc"}})
    assert wrong.status_code == 422


async def test_who_is_blocked_hears_nothing_from_who_blocks_them(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    mine, theirs = await town.client(alice), await town.client(bob)
    await theirs.post(f"/api/v1/accounts/{alice.id}/block")
    for visibility in ("public", "direct"):
        await theirs.post("/api/v1/statuses", json={"status": "@alice", "visibility": visibility})
    assert (await mine.get("/api/v1/notifications")).json() == []
    assert (await mine.get("/api/v1/conversations")).json() == []
