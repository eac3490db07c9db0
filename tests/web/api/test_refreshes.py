"""Replies that were never sent here: when an app is told to wait for them, and who may make the node look."""

import re
from typing import Any

import httpx
import pytest

from fediserver.actions import block, refresh
from fediserver.clock import DAY, MINUTE, SECOND
from fediserver.db import refreshes
from fediserver.jobs.housekeeping import tidy
from fediserver.models.status import Status
from tests.scene import Scene

TOLD = re.compile(r'id="(\d+)", retry=3, result_count=(\d+)')


@pytest.fixture
async def scene(town: Any, caplog: pytest.LogCaptureFixture) -> Scene:
    made = Scene(town, caplog)
    await made.open()
    return made


async def context(client: httpx.AsyncClient, status: Status) -> httpx.Response:
    answer = await client.get(
        f"/api/v1/statuses/{status.id}/context", headers={"origin": "https://app.example"}
    )
    assert answer.status_code == 200, answer.text
    return answer


async def told(client: httpx.AsyncClient, status: Status) -> str | None:
    """The id of the refresh that the app is to ask for."""
    header = (await context(client, status)).headers.get("mastodon-async-refresh")
    if header is None:
        return None
    found = TOLD.fullmatch(header)
    assert found is not None, header
    return found[1]


async def state(client: httpx.AsyncClient, refresh_id: str | None) -> tuple[str, int]:
    answer = await client.get(f"/api/v1_alpha/async_refreshes/{refresh_id}")
    assert answer.status_code == 200, answer.text
    found = answer.json()["async_refresh"]
    assert found["id"] == refresh_id
    return found["status"], found["result_count"]


async def test_a_member_is_told_to_wait_and_then_sees_the_replies(scene: Scene) -> None:
    note = scene.bob.note("Who has a ladder?")
    missed = scene.carol.note("I have", inReplyTo=note["id"])
    note["replies"] = {"type": "Collection", "first": {"type": "CollectionPage", "items": [missed["id"]]}}
    await scene.bob.told(scene.town, scene.bob.activity("Create", note))
    post = await scene.status(note)
    scene.town.clock.advance(refresh.SETTLED)
    client = await scene.town.client(scene.alice)
    first = await context(client, post)
    assert first.json()["descendants"] == []
    assert "Mastodon-Async-Refresh" in first.headers["access-control-expose-headers"]
    found = TOLD.fullmatch(first.headers["mastodon-async-refresh"])
    assert found is not None
    assert found[2] == "0"
    assert await state(client, found[1]) == ("running", 0)
    # Whoever else looks meanwhile waits for the same.
    assert await told(client, post) == found[1]
    await scene.town.settle()
    assert await state(client, found[1]) == ("finished", 1)
    after = await context(client, post)
    assert "mastodon-async-refresh" not in after.headers
    assert [one["uri"] for one in after.json()["descendants"]] == [missed["id"]]


async def test_it_is_looked_again_after_a_while(scene: Scene) -> None:
    post = await scene.posted(scene.bob)
    client = await scene.town.client(scene.alice)
    scene.town.clock.advance(refresh.SETTLED - SECOND)
    assert await told(client, post) is None
    scene.town.clock.advance(SECOND)
    first = await told(client, post)
    await scene.town.settle()
    scene.town.clock.advance(refresh.PAUSE - SECOND)
    assert await told(client, post) is None
    scene.town.clock.advance(SECOND)
    second = await told(client, post)
    assert second is not None
    assert second != first
    assert (await client.get(f"/api/v1_alpha/async_refreshes/{first}")).status_code == 404


async def test_what_never_ends_is_given_up(scene: Scene) -> None:
    post = await scene.posted(scene.bob)
    client = await scene.town.client(scene.alice)
    scene.town.clock.advance(refresh.SETTLED)
    given = await told(client, post)
    scene.town.clock.advance(refresh.GIVEN_UP)
    assert await state(client, given) == ("finished", 0)
    assert await told(client, post) is None
    scene.town.clock.advance(DAY)
    await tidy(scene.town.ctx)
    assert (await client.get(f"/api/v1_alpha/async_refreshes/{given}")).status_code == 404


async def test_strangers_cause_nothing(scene: Scene) -> None:
    post = await scene.posted(scene.bob)
    scene.town.clock.advance(refresh.SETTLED)
    scene.forget()
    assert await told(await scene.town.client(), post) is None
    await scene.town.settle()
    assert scene.elm.fetched == []
    # Not even what a member has caused is theirs to know.
    given = await told(await scene.town.client(scene.alice), post)
    assert given is not None
    assert await told(await scene.town.client(), post) is None
    answer = await (await scene.town.client()).get(f"/api/v1_alpha/async_refreshes/{given}")
    assert answer.status_code == 401


async def test_our_own_posts_and_those_for_few_are_not_looked_after(scene: Scene) -> None:
    own = await scene.town.post(scene.alice, "Ours")
    private = await scene.posted(scene.bob, "For friends", to=[f"{scene.bob.uri}/followers"], cc=[])
    client = await scene.town.client(scene.alice)
    scene.town.clock.advance(refresh.SETTLED)
    assert await told(client, own) is None
    assert await told(client, private) is None
    # A reply of another server to a post of ours is.
    reply = await scene.posted(scene.bob, "Theirs", inReplyTo=own.uri)
    scene.town.clock.advance(refresh.SETTLED)
    given = await told(client, reply)
    assert given is not None
    row = await refreshes.by_id(scene.town.ctx.db, int(given))
    assert row is not None
    assert row.status_id == reply.id


async def test_it_begins_at_the_root(scene: Scene) -> None:
    root = await scene.posted(scene.bob, "Root")
    reply = await scene.posted(scene.mallory, "Reply", inReplyTo=root.uri)
    scene.town.clock.advance(refresh.SETTLED)
    client = await scene.town.client(scene.alice)
    given = await told(client, reply)
    row = await refreshes.by_id(scene.town.ctx.db, int(given or 0))
    assert row is not None
    assert row.status_id == root.id
    assert await told(client, root) == given


async def test_who_may_not_see_the_post_may_not_ask(scene: Scene) -> None:
    post = await scene.posted(scene.bob)
    scene.town.clock.advance(refresh.SETTLED)
    given = await told(await scene.town.client(scene.alice), post)
    carl = await scene.town.account("carl")
    client = await scene.town.client(carl)
    assert await state(client, given) == ("running", 0)
    await block.block(scene.town.ctx, await scene.known(scene.bob), carl)
    assert (await client.get(f"/api/v1_alpha/async_refreshes/{given}")).status_code == 404
    for wrong in ("1", "x", "0"):
        assert (await client.get(f"/api/v1_alpha/async_refreshes/{wrong}")).status_code == 404
    narrow = await scene.town.client(scene.alice, scopes="read:statuses")
    assert (await narrow.get(f"/api/v1_alpha/async_refreshes/{given}")).status_code == 403


async def test_the_node_looks_after_so_many_threads_at_a_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "WAITING", 2)
    posts = [await scene.posted(scene.bob, str(number)) for number in range(3)]
    scene.town.clock.advance(refresh.SETTLED + MINUTE)
    client = await scene.town.client(scene.alice)
    assert [await told(client, post) is not None for post in posts] == [True, True, False]
    await scene.town.settle()
    assert await told(client, posts[2]) is not None
