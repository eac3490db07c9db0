"""Streams by WebSocket: tokens, subscriptions, what is heard and what is not."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from fediserver.actions import access, block, collections, edit, favourite, keep_out, mute, reblog, vote
from fediserver.actions.edit import Revision
from fediserver.actions.moderate import Decision
from fediserver.actions.write import PollDraft
from fediserver.clock import HOUR, SECOND
from fediserver.db import access as access_rows
from fediserver.db import accounts as account_rows
from fediserver.db.query import Query
from fediserver.models.sign_up_block import IpBlock
from fediserver.models.visibility import QuotePolicy
from fediserver.web.streaming import connection, hub
from tests.entity_checker import check
from tests.stranger import Server
from tests.town import Town
from tests.web.streaming.wire import quiet, refused, socket

_RUN_OUT = Query("update access_tokens set expires_at = :now where account_id = :account_id")


async def test_a_post_comes_home(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.follow(alice, bob)
    async with socket(town, alice) as stream:
        await stream.subscribe("user")
        status = await town.post(bob, "hello")
        entity = await stream.hears("update", "user")
        check("Status", entity)
        client = await town.client(alice)
        assert entity == (await client.get(f"/api/v1/statuses/{status.id}")).json()


async def test_what_becomes_of_a_post_is_heard(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.follow(alice, bob)
    async with socket(town, alice, stream="user") as stream:
        await stream.in_step()
        status = await town.post(bob, "hello")
        await stream.hears("update", "user")
        await edit.edit(town.ctx, bob, status, Revision(text="hello again"))
        edited = await stream.hears("status.update", "user")
        assert (edited["id"], edited["edited_at"] is None) == (str(status.id), False)
        assert "hello again" in edited["content"]
        boost = await reblog.add(town.ctx, bob, status)
        await reblog.remove(town.ctx, bob, status)
        assert await stream.hears("delete", "user") == str(boost.id)
        client = await town.client(bob)
        await client.delete(f"/api/v1/statuses/{status.id}")
        assert await stream.hears("delete", "user") == str(status.id)


async def test_the_counts_of_a_poll_are_heard_once_for_many_votes(town: Town) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(alice, bob)
    draft = PollDraft(options=["leeks", "kale"], expires_in=HOUR // SECOND)
    status = await town.post(bob, "Which?", poll=draft)
    async with socket(town, alice, stream="user") as stream:
        await stream.in_step()
        for voter, choice in ((alice, 0), (carol, 1)):
            client = await town.client(voter)
            path = f"/api/v1/polls/{status.poll_id}/votes"
            assert (await client.post(path, json={"choices": [choice]})).status_code == 200
        await town.settle()
        await quiet(town)
        assert stream.wire.waiting() == 0
        town.clock.advance(vote.HEARD_AFTER)
        await town.settle()
        poll = (await stream.hears("status.update", "user"))["poll"]
        assert ([one["votes_count"] for one in poll["options"]], poll["voted"]) == ([1, 1], True)
        town.clock.advance(HOUR)
        await town.settle()
        assert (await stream.hears("notification", "user"))["type"] == "poll"
        assert (await stream.hears("status.update", "user"))["poll"]["expired"] is True


async def test_who_is_recommended_hears_of_it(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    async with socket(town, bob, stream="user:notification") as stream:
        await stream.in_step()
        wish = collections.Change(name="Gardeners", sensitive=False, discoverable=True)
        row = await collections.create(town.ctx, alice, wish, [bob.id])
        told = await stream.hears("notification", "user:notification")
        check("Notification", told)
        assert (told["type"], told["collection"]["id"]) == ("added_to_collection", str(row.id))


async def test_a_card_is_heard_when_it_comes(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.follow(alice, bob)
    paper = Server(town.network, "paper.example")
    page = b"<html><head><title>Leeks</title></head></html>"
    paper.serve("https://paper.example/leeks", page, content_type="text/html")
    paper.serve("https://paper.example/empty", b"<html></html>", content_type="text/html")
    async with socket(town, alice, stream="user") as stream:
        await stream.in_step()
        await town.post(bob, "Nothing at https://paper.example/empty")
        await stream.hears("update", "user")
        status = await town.post(bob, "Read https://paper.example/leeks")
        assert (await stream.hears("update", "user"))["card"] is None
        await (await town.client(alice)).get("/api/v1/timelines/home")
        await town.settle()
        entity = await stream.hears("status.update", "user")
        assert (entity["id"], entity["card"]["title"], entity["edited_at"]) == (str(status.id), "Leeks", None)
        await quiet(town)
        assert stream.wire.waiting() == 0


async def test_a_boost_carries_the_marks_of_whoever_listens(town: Town) -> None:
    alice, bob, carol, dave = [await town.account(name) for name in ("alice", "bob", "carol", "dave")]
    for reader in (alice, dave):
        await town.follow(reader, bob)
    status = await town.post(carol, "worth it")
    await favourite.add(town.ctx, alice, status)
    async with socket(town, alice, stream="user") as hers, socket(town, dave, stream="user") as his:
        for stream in (hers, his):
            await stream.in_step()
        boost = await reblog.add(town.ctx, bob, status)
        seen = {"alice": await hers.hears("update", "user"), "dave": await his.hears("update", "user")}
        for name, entity in seen.items():
            assert entity["id"] == str(boost.id)
            assert entity["reblog"]["favourited"] is entity["favourited"] is (name == "alice")
            account = alice if name == "alice" else dave
            assert entity == (await (await town.client(account)).get(f"/api/v1/statuses/{boost.id}")).json()


async def test_a_quote_is_heard_as_it_is_shown_to_each(town: Town) -> None:
    alice, bob, carol, dave, erin = [
        await town.account(name) for name in ("alice", "bob", "carol", "dave", "erin")
    ]
    post = await town.post(bob, "worth it", quote_policy=QuotePolicy.PUBLIC)
    for reader in (carol, dave, erin):
        await town.follow(reader, alice)
    await block.block(town.ctx, bob, carol)
    await mute.mute(town.ctx, dave, bob)
    await favourite.add(town.ctx, erin, post)
    async with (
        socket(town, carol, stream="user") as hers,
        socket(town, dave, stream="user") as his,
        socket(town, erin, stream="user") as theirs,
    ):
        listening = [(carol, hers), (dave, his), (erin, theirs)]
        for _, stream in listening:
            await stream.in_step()
        quote = await town.post(alice, "see this", quoted_id=post.id, quote_policy=QuotePolicy.FOLLOWERS)
        states = []
        for account, stream in listening:
            entity = await stream.hears("update", "user")
            assert entity == (await (await town.client(account)).get(f"/api/v1/statuses/{quote.id}")).json()
            assert entity["quote_approval"]["current_user"] == "automatic"
            states.append(entity["quote"]["state"])
        assert states == ["unauthorized", "muted_account", "accepted"]


async def test_an_author_hears_their_own_post_as_theirs(town: Town) -> None:
    alice = await town.account("alice")
    async with socket(town, alice, stream="user") as stream:
        await stream.in_step()
        client = await town.client(alice)
        poll = {"options": ["a", "b"], "expires_in": 3600}
        made = (await client.post("/api/v1/statuses", json={"status": "mine", "poll": poll})).json()
        assert await stream.hears("update", "user") == made
        assert (made["pinned"], made["poll"]["voted"]) == (False, True)


async def test_notifications_need_their_scope(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    async with (
        socket(town, alice, stream="user") as full,
        socket(town, alice, scopes="read:notifications", stream="user:notification") as only,
        socket(town, alice, scopes="read:statuses", stream="user") as without,
    ):
        for stream in (full, only, without):
            await stream.in_step()
        await town.post(bob, "hello @alice")
        told = await full.hears("notification", "user")
        check("Notification", told)
        assert (told["type"], told["account"]["username"]) == ("mention", "bob")
        assert await only.hears("notification", "user:notification") == told
        await without.hears_nothing(town)
        for denied, socket_of in (("user", only), ("user:notification", without)):
            socket_of.say(type="subscribe", stream=denied)
            answer = await socket_of.hear()
            assert answer["status"] == 403, answer


async def test_public_streams_are_for_what_is_public(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    async with socket(town, alice, stream="public") as stream:
        for name in ("public:local", "public:remote", "public:media", "public:local:media"):
            await stream.subscribe(name)
        status = await town.post(bob, "for all")
        for name in ("public", "public:local"):
            assert (await stream.hears("update", name))["id"] == str(status.id)
        for visibility in ("unlisted", "private", "direct"):
            await town.post(bob, "@alice not for all", visibility=visibility)
        await town.post(bob, "an answer", in_reply_to_id=status.id)
        await reblog.add(town.ctx, alice, status)
        await stream.hears_nothing(town)
        await (await town.client(bob)).delete(f"/api/v1/statuses/{status.id}")
        for name in ("public", "public:local"):
            assert await stream.hears("delete", name) == str(status.id)


async def test_hashtags_are_heard_in_any_case_also_of_answers(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    async with socket(town, alice, stream="hashtag", tag="LEEK") as stream:
        await stream.subscribe("hashtag:local", tag="#leek")
        first = await town.post(bob, "#Leek")
        for said in (("hashtag", "LEEK"), ("hashtag:local", "#leek")):
            assert (await stream.hears("update", *said))["id"] == str(first.id)
        await town.post(bob, "more #leek", in_reply_to_id=first.id)
        await stream.hears("update", "hashtag", "LEEK")
        await stream.hears("update", "hashtag:local", "#leek")
        await town.post(bob, "#beet")
        await town.post(bob, "quiet #leek", visibility="unlisted")
        await stream.hears_nothing(town)
        stream.say(type="unsubscribe", stream="hashtag", tag="Leek")
        await town.post(bob, "#leek")
        await stream.hears("update", "hashtag:local", "#leek")
        await stream.hears_nothing(town)
        await (await town.client(bob)).delete(f"/api/v1/statuses/{first.id}")
        assert await stream.hears("delete", "hashtag:local", "#leek") == str(first.id)


async def test_nobody_hears_whom_they_block_or_mute_or_who_blocks_them(town: Town) -> None:
    alice, bob, carol, dave = [await town.account(name) for name in ("alice", "bob", "carol", "dave")]
    await mute.mute(town.ctx, bob, alice)
    await block.block(town.ctx, carol, alice)
    await block.block(town.ctx, alice, dave)
    async with (
        socket(town, bob, stream="public") as muting,
        socket(town, carol, stream="public") as blocking,
        socket(town, dave, stream="public") as blocked,
        socket(town, alice, stream="public") as own,
    ):
        for stream in (muting, blocking, blocked, own):
            await stream.in_step()
        status = await town.post(alice, "hello")
        assert (await own.hears("update", "public"))["id"] == str(status.id)
        boosts = await town.account("erin")
        for reader in (bob, carol):
            await town.follow(reader, boosts)
        for stream in (muting, blocking):
            await stream.subscribe("user")
        await reblog.add(town.ctx, boosts, status)
        await (await town.client(alice)).delete(f"/api/v1/statuses/{status.id}")
        for stream in (muting, blocking, blocked):
            await stream.hears_nothing(town)


async def test_private_posts_are_heard_by_those_who_may_see_them(town: Town) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(bob, alice)
    await town.follow(carol, alice)
    async with socket(town, bob, stream="user") as follower, socket(town, carol, stream="user") as named:
        for stream in (follower, named):
            await stream.in_step()
        private = await town.post(alice, "friends", visibility="private")
        for stream in (follower, named):
            assert (await stream.hears("update", "user"))["id"] == str(private.id)
        direct = await town.post(alice, "@carol only you", visibility="direct")
        assert (await named.hears("update", "user"))["id"] == str(direct.id)
        await named.hears("notification", "user")
        await follower.hears_nothing(town)
        client = await town.client(alice)
        for status in (private, direct):
            await client.delete(f"/api/v1/statuses/{status.id}")
        assert await follower.hears("delete", "user") == str(private.id)
        assert [await named.hears("delete", "user") for _ in range(2)] == [str(private.id), str(direct.id)]
        await follower.hears_nothing(town)


async def test_the_token_may_come_in_three_ways(town: Town) -> None:
    alice = await town.account("alice")
    token = await town.token(alice)
    ways: tuple[dict[str, Any], ...] = (
        {"token": token},
        {"access_token": token},
        {"subprotocols": [token]},
        {"token": token, "subprotocols": ["mastodon"]},
    )
    for given in ways:
        async with socket(town, **given) as stream:
            await stream.subscribe("user")
            assert stream.subprotocol == given.get("subprotocols", [None])[0]
            await town.post(alice, "hello")
            await stream.hears("update", "user")


async def test_who_may_not_stream_is_told_so_in_http(town: Town) -> None:
    alice = await town.account("alice")
    assert (await refused(town))[0] == 401
    assert (await refused(town, token="wrong"))[0] == 401
    assert (await refused(town, token=await town.token(alice, "write push")))[0] == 403
    good = await town.token(alice)
    status, body = await refused(town, token=good, path="/api/v1/nowhere")
    assert (status, body) == (404, {"error": "Record not found"})
    application = await access.register_application(
        town.ctx, name="app", redirect_uris=["https://app.example/"], scopes_asked="read"
    )
    issued = await access.client_credentials(town.ctx, application=application.application, asked="read")
    assert (await refused(town, token=issued.token))[0] == 422


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({"type": "subscribe", "stream": "nonsense"}, 400),
        ({"type": "subscribe"}, 400),
        ({"type": "subscribe", "stream": "hashtag"}, 400),
        ({"type": "subscribe", "stream": "hashtag", "tag": "#"}, 400),
        ({"type": "subscribe", "stream": "hashtag", "tag": "x" * 300}, 400),
        ({"type": "subscribe", "stream": "list"}, 400),
        ({"type": "subscribe", "stream": "list", "list": "12345"}, 404),
        ({"type": "subscribe", "stream": ["user"]}, 400),
        ({"type": "dance", "stream": "user"}, 400),
        ([], 400),
        ("user", 400),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_what_is_wrong_is_said_and_the_socket_goes_on(town: Town, message: Any, status: int) -> None:
    alice = await town.account("alice")
    async with socket(town, alice) as stream:
        stream.wire.give({"type": "websocket.receive", "text": json.dumps(message)})
        answer = await stream.hear()
        assert answer["status"] == status
        assert answer["error"]
        stream.wire.give({"type": "websocket.receive", "text": "{"})
        assert (await stream.hear())["status"] == 400
        await stream.subscribe("user")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_binary_ends_it(town: Town) -> None:
    async with socket(town, await town.account("alice")) as stream:
        stream.wire.give({"type": "websocket.receive", "bytes": b"\x00"})
        assert await stream.closed() == 1003


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_everything_is_bounded(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "PER_TOKEN", 2)
    monkeypatch.setattr(hub, "PER_ADDRESS", 3)
    monkeypatch.setattr(hub, "CHANNELS", 4)
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    token = await town.token(alice)
    async with socket(town, token=token) as first, socket(town, token=token):
        assert (await refused(town, token=token))[0] == 429
        async with socket(town, bob):
            assert (await refused(town, token=await town.token(bob)))[0] == 429
        for number in range(4):
            await first.subscribe("hashtag", tag=f"tag{number}")
        first.say(type="subscribe", stream="user")
        assert (await first.hear())["status"] == 422
        for _ in range(301):
            first.say(type="unsubscribe", stream="user")
        assert await first.closed() == 1008
    async with socket(town, token=token):
        monkeypatch.setattr(hub, "CONNECTIONS", 1)
        assert (await refused(town, token=await town.token(bob)))[0] == 503


async def test_a_reader_who_does_not_keep_up_is_cut_off_and_the_others_go_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "FRAMES", 5)
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    async with socket(town, alice, stream="public") as slow, socket(town, bob, stream="public") as quick:
        for stream in (slow, quick):
            await stream.in_step()
        slow.wire.may_send.clear()
        for number in range(8):
            await town.post(bob, f"post {number}")
            assert f"post {number}" in (await quick.hears("update", "public"))["content"]
        await slow.wire.over()
        assert slow.wire.aborted.is_set()
        assert not quick.wire.aborted.is_set()
        await town.post(bob, "more")
        await quick.hears("update", "public")


@pytest.mark.parametrize("how", ["revoked", "suspended", "run out"])
async def test_a_stream_ends_with_its_token(town: Town, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(hub, "LOOK", 0.02)
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    async with socket(town, alice, stream="user") as stream, socket(town, bob, stream="public") as other:
        for one in (stream, other):
            await one.in_step()
        if how == "revoked":
            await town.ctx.db.write(lambda tx: access_rows.drop_tokens_of(tx, alice.id))
        elif how == "suspended":
            row = await town.now(alice)
            await town.ctx.db.write(lambda tx: account_rows.update(tx, replace(row, suspended_at=1)))
        else:
            await town.ctx.db.write(lambda tx: tx.run(_RUN_OUT, account_id=alice.id, now=town.clock()))
        assert await stream.closed() == 1008
        await town.post(bob, "hello")
        await other.hears("update", "public")


async def test_a_stream_from_a_network_that_is_blocked_ends(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "LOOK", 0.02)
    alice = await town.account("alice")

    async def block_network(ip: str) -> None:
        row = IpBlock(0, ip, "no_access", "", town.clock(), None)
        await keep_out.put_ip_block(town.ctx, row, Decision(by=None), own_address="")

    async with socket(town, alice, stream="user") as stream:
        await block_network("198.51.100.0/24")
        await town.post(alice, "still here")
        await stream.hears("update", "user")
        await block_network("192.0.2.0/24")
        assert await stream.closed() == 1008


async def test_when_the_node_stops_every_stream_ends(town: Town) -> None:
    alice = await town.account("alice")
    token = await town.token(alice)
    async with socket(town, token=token, stream="user") as stream:
        await stream.in_step()
        town.ctx.bus.publish(hub.STOPPING)
        assert await stream.closed() == 1012
    assert (await refused(town, token=token))[0] == 503


async def test_filters_conversations_and_what_is_let_through_are_heard(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.follow(alice, bob)
    client = await town.client(alice)
    async with socket(town, alice, stream="user") as stream:
        await stream.in_step()
        words = [{"keyword": "slug", "whole_word": True}]
        wish = {"title": "Pests", "context": ["home"], "keywords_attributes": words}
        assert (await client.post("/api/v2/filters", json=wish)).status_code == 200
        assert await stream.hears("filters_changed", "user") is None
        for text, expected in (("a slug", ["slug"]), ("a snail", None)):
            await town.post(bob, text)
            filtered = (await stream.hears("update", "user"))["filtered"]
            assert [one["keyword_matches"] for one in filtered] == ([expected] if expected else [])
        await stream.subscribe("direct")
        await town.post(bob, "@alice only you", visibility="direct")
        frames = {frame["event"]: frame for frame in [await stream.hear() for _ in range(3)]}
        assert set(frames) == {"update", "notification", "conversation"}
        conversation = frames["conversation"]
        assert conversation["stream"] == ["direct"]
        check("Conversation", conversation["payload"])
        assert conversation["payload"] == (await client.get("/api/v1/conversations")).json()[0]
        carol = await town.account("carol")
        await client.patch("/api/v2/notifications/policy", json={"for_not_following": "filter"})
        await town.post(carol, "@alice hello")
        await stream.hears_nothing(town)
        [request] = (await client.get("/api/v1/notifications/requests")).json()
        await client.post(f"/api/v1/notifications/requests/{request['id']}/accept")
        assert await stream.hears("notifications_merged", "user") == "1"


async def test_a_list_is_heard_by_its_owner_only(town: Town) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    for target in (bob, carol):
        await town.follow(alice, target)
    client = await town.client(alice)
    made = (await client.post("/api/v1/lists", json={"title": "Bobs"})).json()["id"]
    await client.post(f"/api/v1/lists/{made}/accounts", json={"account_ids": [str(bob.id)]})
    async with socket(town, alice, stream="list", list=made) as stream, socket(town, bob) as other:
        await stream.in_step()
        other.say(type="subscribe", stream="list", list=made)
        assert (await other.hear())["status"] == 404
        status = await town.post(bob, "friends", visibility="private")
        assert (await stream.hears("update", "list", made))["id"] == str(status.id)
        await town.post(carol, "not in the list")
        await (await town.client(bob)).delete(f"/api/v1/statuses/{status.id}")
        assert await stream.hears("delete", "list", made) == str(status.id)
        await stream.hears_nothing(town)
        await client.delete(f"/api/v1/lists/{made}")
        await town.post(bob, "hello")
        await stream.hears_nothing(town)


async def test_a_followed_hashtag_comes_home_and_goes(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.post(bob, "the first #leek")
    await (await town.client(alice)).post("/api/v1/tags/leek/follow")
    async with socket(town, alice, stream="user") as stream:
        await stream.in_step()
        status = await town.post(bob, "#leek")
        assert (await stream.hears("update", "user"))["id"] == str(status.id)
        await (await town.client(bob)).delete(f"/api/v1/statuses/{status.id}")
        assert await stream.hears("delete", "user") == str(status.id)


async def test_nobody_connected_leaves_nothing_behind(town: Town) -> None:
    alice = await town.account("alice")
    async with socket(town, alice, stream="user") as stream:
        await stream.subscribe("hashtag", tag="leek")
        await quiet(town)
    await town.post(alice, "#leek")
    async with socket(town, alice, stream="public") as stream:
        await stream.hears_nothing(town)
