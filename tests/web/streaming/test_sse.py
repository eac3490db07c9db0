"""Streams as server-sent events."""

from typing import Any

import pytest

from fediserver.actions import reblog
from fediserver.models.event import FiltersChanged, NotificationsMerged
from fediserver.web.streaming import connection, hub, sse
from tests.entity_checker import check
from tests.town import Town
from tests.web.streaming.wire import events, quiet


async def test_a_stream_begins_with_a_comment_and_brings_events(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.follow(alice, bob)
    async with events(town, "user", alice) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["cache-control"] == "private, no-store"
        assert stream.headers["x-accel-buffering"] == "no"
        assert stream.headers["access-control-allow-origin"] == "*"
        assert "content-length" not in stream.headers
        assert await stream.text() == ":)\n"
        status = await town.post(bob, "hello\n\nalice @alice")
        entity = await stream.hears("update")
        check("Status", entity)
        assert entity["id"] == str(status.id)
        check("Notification", await stream.hears("notification"))
        await (await town.client(bob)).delete(f"/api/v1/statuses/{status.id}")
        assert await stream.hears("delete") == status.id


async def test_events_without_content(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    async with events(town, "user", alice) as stream, events(town, "user", bob) as other:
        for one in (stream, other):
            await one.text()
        for event in (FiltersChanged(alice.id), NotificationsMerged(alice.id)):
            await town.ctx.db.write(lambda tx, event=event: tx.tell(event))  # type: ignore[misc]
        assert await stream.hears("filters_changed") == "undefined"
        assert await stream.hears("notifications_merged") == 1
        await quiet(town)
        assert other.wire.waiting() == 0


async def test_silence_is_broken_by_heartbeats(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT", 0.02)
    async with events(town, "direct", await town.account("alice")) as stream:
        assert [await stream.text() for _ in range(3)] == [":)\n", ":thump\n", ":thump\n"]


@pytest.mark.parametrize(
    ("path", "query", "heard"),
    [
        ("public", {}, {"plain", "tagged"}),
        ("public", {"only_media": "true"}, set()),
        ("public", {"only_media": "0"}, {"plain", "tagged"}),
        ("public/local", {}, {"plain", "tagged"}),
        ("public/local", {"only_media": "1"}, set()),
        ("public/remote", {}, set()),
        ("hashtag", {"tag": "Leek"}, {"tagged"}),
        ("hashtag/local", {"tag": "leek"}, {"tagged"}),
        ("user", {}, {"boost", "mention"}),
        ("user/notification", {}, {"mention"}),
        ("direct", {}, {"conversation"}),
    ],
)
async def test_every_path_has_what_it_should(
    town: Town, path: str, query: dict[str, str], heard: set[str]
) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(alice, carol)
    async with events(town, path, alice, **query) as stream:
        assert await stream.text() == ":)\n"
        made = {"plain": await town.post(bob, "hello"), "tagged": await town.post(bob, "#leek")}
        await town.post(bob, "@alice", visibility="direct")
        made["boost"] = await reblog.add(town.ctx, carol, made["plain"])
        names = {str(status.id): name for name, status in made.items()}
        await quiet(town)
        told = []
        while stream.wire.waiting():
            text = await stream.text()
            event = text.partition("\n")[0].removeprefix("event: ")
            said = {"notification": "mention", "conversation": "conversation"}.get(event)
            told.append(said or names[_id(text)])
        assert sorted(told) == sorted(heard)


def _id(text: str) -> str:
    return text.partition('"id":"')[2].partition('"')[0]


async def test_who_may_not_stream_gets_an_error(town: Any) -> None:
    alice = await town.account("alice")
    stranger, client = await town.client(), await town.client(alice, scopes="read:statuses push")
    for path in ("user", "public/local", "hashtag?tag=x"):
        assert (await stranger.get(f"/api/v1/streaming/{path}")).status_code == 401
    assert (await stranger.get("/api/v1/streaming/user?access_token=wrong")).status_code == 401
    assert (await client.get("/api/v1/streaming/user/notification")).status_code == 403
    writer = await town.client(alice, scopes="write")
    assert (await writer.get("/api/v1/streaming/user")).status_code == 403
    for path in (
        "hashtag",
        "hashtag?tag=%23",
        "list",
        "list?list=x",
        "nonsense",
        "public/nonsense",
        "user/x/y",
    ):
        assert (await client.get(f"/api/v1/streaming/{path}")).status_code == 400, path
    assert (await client.get("/api/v1/streaming/list?list=123")).status_code == 404
    assert (await client.get("/api/v1/streaming")).status_code == 404
    head = await client.head("/api/v1/streaming/user")
    assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    preflight = await stranger.options("/api/v1/streaming/user")
    assert "Authorization" in preflight.headers["access-control-allow-headers"]


async def test_health_is_two_letters(town: Town) -> None:
    for path in ("/api/v1/streaming/health", "/api/v1/streaming/health/"):
        answer = await (await town.client()).get(path)
        assert (answer.status_code, answer.text) == (200, "OK")


async def test_the_token_may_stand_in_the_query(town: Town) -> None:
    alice = await town.account("alice")
    async with events(town, "user", access_token=await town.token(alice)) as stream:
        assert (stream.status, await stream.text()) == (200, ":)\n")
        await town.post(alice, "hello")
        await stream.hears("update")


async def test_streams_end_when_they_have_to(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "FRAMES", 2)
    alice = await town.account("alice")
    async with events(town, "public", alice) as slow, events(town, "user", alice) as stopped:
        for stream in (slow, stopped):
            await stream.text()
        slow.wire.may_send.clear()
        for number in range(5):
            await town.post(alice, f"post {number}")
            await stopped.hears("update")
        await slow.wire.over()
        assert slow.wire.aborted.is_set()
        town.ctx.bus.publish(hub.STOPPING)
        assert await stopped.text() == ""
        await stopped.wire.over()
    assert (await (await town.client(alice)).get("/api/v1/streaming/user")).status_code == 503
