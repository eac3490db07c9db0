"""A member blocks a server: nothing of it reaches them any more, over HTTP."""

from typing import Any

import httpx
import pytest

from fediserver.actions import reblog, visibility
from fediserver.models.account import Account
from tests.conftest import OpenTown
from tests.federation.test_two_towns import followed, met
from tests.town import Town, settle
from tests.web.api.test_lists import home, read
from tests.web.api.test_timelines import ids, links

PATH = "/api/v1/domain_blocks"


class Scene:
    """alice and dora of oak and bob of elm follow each other; bob's post is known at oak."""

    def __init__(self, oak: Town, elm: Town) -> None:
        self.oak, self.elm = oak, elm
        self.alice: Account
        self.dora: Account
        self.bob: Account
        self.client: httpx.AsyncClient

    async def open(self) -> None:
        oak, elm = self.oak, self.elm
        self.alice, self.dora = [await oak.account(name) for name in ("alice", "dora")]
        bob = await elm.account("bob")
        for one in (self.alice, self.dora):
            self.bob = await followed(oak, one, elm, bob)
        await elm.follow(bob, await met(elm, self.alice, oak))
        await oak.follow(self.alice, self.dora)
        await settle(oak, elm)
        self.client = await oak.client(self.alice)

    async def says(self, text: str, **options: Any) -> str:
        """bob posts; answers the id of the copy at oak."""
        row = await self.elm.known("bob@")
        post = await self.elm.post(row, text, **options)
        await settle(self.oak, self.elm)
        copy = await self.oak.status(post.uri)
        assert copy is not None
        return str(copy.id)

    async def standing(self) -> dict[str, Any]:
        answer = await self.client.get(f"/api/v1/accounts/relationships?id={self.bob.id}")
        found: dict[str, Any] = answer.json()[0]
        return found


@pytest.fixture
async def scene(town: Town, open_town: OpenTown) -> Scene:
    made = Scene(town, await open_town("elm.example"))
    await made.open()
    return made


async def test_a_block_cuts_ties_and_is_told(scene: Scene) -> None:
    preview = await scene.client.get(f"{PATH}/preview?domain=elm.example")
    assert preview.json() == {"following_count": 1, "followers_count": 1}
    assert (await scene.standing())["domain_blocking"] is False
    assert (await scene.client.post(PATH, json={"domain": "ELM.example"})).json() == {}
    await settle(scene.oak, scene.elm)
    standing = await scene.standing()
    assert (standing["domain_blocking"], standing["following"], standing["followed_by"]) == (
        True,
        False,
        False,
    )
    assert (await scene.client.get(PATH)).json() == ["elm.example"]
    bob = await scene.elm.known("bob@")
    assert (bob.following_count, bob.followers_count) == (0, 1)
    assert (await scene.client.post(f"/api/v1/accounts/{scene.bob.id}/follow")).status_code == 403
    await scene.elm.follow(bob, await scene.elm.known("alice@oak.example"))
    await settle(scene.oak, scene.elm)
    assert (await scene.standing())["followed_by"] is False
    assert (await scene.client.delete(f"{PATH}?domain=elm.example")).json() == {}
    assert (await scene.client.get(PATH)).json() == []
    assert (await scene.standing())["domain_blocking"] is False


async def test_nothing_of_a_blocked_server_is_shown(scene: Scene) -> None:
    own = await scene.oak.post(scene.alice, "who knows #leek?")
    await settle(scene.oak, scene.elm)
    before = await scene.says("#leek, said before")
    await scene.client.post(PATH, json={"domain": "elm.example"})
    await scene.client.post("/api/v1/tags/leek/follow")
    assert str(before) not in await home(scene.client)
    await settle(scene.oak, scene.elm)
    list_id = (await scene.client.post("/api/v1/lists", json={"title": "Friends"})).json()["id"]
    await scene.client.post(f"/api/v1/lists/{list_id}/accounts", json={"account_ids": [str(scene.dora.id)]})
    asked = await scene.elm.status(own.uri)
    assert asked is not None
    told = await scene.says("@alice@oak.example #leek is this", in_reply_to_id=asked.id)
    loud = await scene.says("#leek for all")
    copy = await scene.oak.status((await scene.client.get(f"/api/v1/statuses/{loud}")).json()["uri"])
    assert copy is not None
    await reblog.add(scene.oak.ctx, scene.dora, copy)
    assert await home(scene.client) == [str(own.id)]
    assert await read(scene.client, list_id) == []
    for path in ("public", "public?remote=1", "tag/leek"):
        seen = ids(await scene.client.get(f"/api/v1/timelines/{path}"))
        assert set(seen) <= {str(own.id)}, path
        assert loud in ids(await (await scene.oak.client()).get(f"/api/v1/timelines/{path}")), path
    assert (await scene.client.get("/api/v1/notifications?types[]=mention")).json() == []
    thread = (await scene.client.get(f"/api/v1/statuses/{own.id}/context")).json()
    assert thread["descendants"] == []
    dora = await scene.oak.client(scene.dora)
    thread = (await dora.get(f"/api/v1/statuses/{own.id}/context")).json()
    assert [one["id"] for one in thread["descendants"]] == [told]


async def test_what_was_told_before_is_taken_back(scene: Scene) -> None:
    await scene.says("@alice@oak.example hello")
    assert (await scene.client.get("/api/v1/notifications?types[]=mention")).json() != []
    await scene.client.post(PATH, json={"domain": "elm.example"})
    told = await scene.client.get("/api/v1/notifications?exclude_types[]=severed_relationships")
    assert told.json() == []
    await scene.client.delete(f"{PATH}?domain=elm.example")
    assert await home(scene.client) == []


async def test_who_is_of_a_blocked_server_may_not_see_the_members_posts(scene: Scene) -> None:
    posts = [await scene.oak.post(scene.alice, word, visibility=word) for word in ("public", "private")]
    db = scene.oak.ctx.db
    assert await visibility.filter_visible(db, scene.bob, posts) == posts
    await scene.client.post(PATH, json={"domain": "elm.example"})
    assert await visibility.filter_visible(db, scene.bob, posts) == []
    assert not await visibility.can_see(db, scene.bob, posts[0])
    assert await visibility.can_see(db, scene.dora, posts[0])


@pytest.mark.parametrize("domain", ["", "no host", "https://elm.example/", "oak.example", "x" * 300])
async def test_a_server_has_a_name_and_is_another(town: Any, domain: str) -> None:
    client = await town.client(await town.account("alice"))
    for method, path in (("POST", PATH), ("DELETE", PATH), ("GET", f"{PATH}/preview")):
        answer = await client.request(method, path, params={"domain": domain})
        assert answer.status_code == 422, (method, domain)
    assert (await client.post(PATH)).status_code == 400


async def test_blocked_servers_page_by_the_block_and_are_bounded(
    town: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fediserver.actions.domain_block.MOST", 5)
    client = await town.client(await town.account("alice"))
    for number in range(5):
        assert (await client.post(PATH, data={"domain": f"h{number}.example"})).status_code == 200
    assert (await client.post(PATH, data={"domain": "more.example"})).status_code == 422
    first = await client.get(f"{PATH}?limit=2")
    assert first.json() == ["h4.example", "h3.example"]
    second = await client.get(links(first)["next"])
    third = await client.get(links(second)["next"])
    assert [second.json(), third.json()] == [["h2.example", "h1.example"], ["h0.example"]]
    assert "next" not in links(third)
    assert (await client.get(links(third)["prev"])).json() == ["h4.example", "h3.example"]


async def test_blocking_servers_needs_a_token_and_its_scope(town: Any) -> None:
    alice = await town.account("alice")
    stranger, reader = await town.client(), await town.client(alice, scopes="read")
    wish = {"domain": "elm.example"}
    for method, path in (("GET", PATH), ("POST", PATH), ("DELETE", PATH), ("GET", f"{PATH}/preview")):
        assert (await stranger.request(method, path, params=wish)).status_code == 401
        expected = 200 if (method, path) == ("GET", PATH) else 403
        assert (await reader.request(method, path, params=wish)).status_code == expected


async def test_what_a_block_cuts_is_told_once(open_town: OpenTown) -> None:
    scene = Scene(await open_town("oak.example"), await open_town("elm.example"))
    await scene.open()
    for domain in ("elm.example", "elm.example", "fir.example"):
        assert (await scene.client.post(PATH, json={"domain": domain})).status_code == 200
    found = (await scene.client.get("/api/v1/notifications?types[]=severed_relationships")).json()
    (one,) = found
    event = one["event"]
    assert (one["account"]["id"], event["type"], event["target_name"]) == (
        str(scene.alice.id),
        "user_domain_block",
        "elm.example",
    )
    assert (event["followers_count"], event["following_count"], event["purged"]) == (1, 1, True)
    answer = await scene.client.get("/api/v2/notifications?types[]=severed_relationships")
    (group,) = answer.json()["notification_groups"]
    assert group["event"] == event
