"""Posts: written, read, changed and answered."""

from typing import Any

import pytest

from fediserver.actions import block
from tests.garden import unlisted

ERRANDS = unlisted("select count(*) from jobs where kind = 'mentions'")


async def test_a_post_has_everything_that_was_asked_for(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    answer = await client.post(
        "/api/v1/statuses",
        json={
            "status": "Hello @alice #Leek https://garden.example/path",
            "spoiler_text": "greeting",
            "visibility": "unlisted",
            "language": "de",
        },
    )
    status = answer.json()
    assert answer.status_code == 200
    assert (status["visibility"], status["language"], status["spoiler_text"]) == (
        "unlisted",
        "de",
        "greeting",
    )
    assert status["sensitive"] is True
    assert status["tags"] == [{"name": "leek", "url": "https://oak.example/tags/leek"}]
    assert status["mentions"] == [
        {"id": str(alice.id), "username": "alice", "acct": "alice", "url": "https://oak.example/@alice"}
    ]
    assert status["application"] == {"name": "test read write follow push", "website": None}
    assert status["created_at"].endswith("Z")
    assert status["url"].endswith(status["id"])
    assert status["account"]["statuses_count"] == 1
    assert (await client.get(f"/api/v1/statuses/{status['id']}")).json() == status


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"status": "hello", "visibility": "private"}},
        {"json": {"status": "hello", "visibility": "private"}},
        {"files": {"status": (None, "hello"), "visibility": (None, "private")}},
        {"params": {"status": "hello", "visibility": "private"}},
    ],
)
async def test_a_post_comes_in_any_form(town: Any, body: dict[str, Any]) -> None:
    client = await town.client(await town.account("alice"))
    status = (await client.post("/api/v1/statuses/", **body)).json()
    assert (status["content"], status["visibility"]) == ("<p>hello</p>", "private")


@pytest.mark.parametrize("form", ["json", "data"])
async def test_a_post_names_nobody_beside_those_who_are_meant(town: Any, form: str) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    client = await town.client(alice)
    name = "allowed_mentions" if form == "json" else "allowed_mentions[]"
    wanted = {"status": "@alice @bob and @carol", name: [str(bob.id)]}
    refused = await client.post("/api/v1/statuses", **{form: wanted})
    assert refused.status_code == 422
    assert refused.json()["error"] == "Post would be sent to unexpected accounts"
    assert [one["id"] for one in refused.json()["unexpected_accounts"]] == [str(carol.id)]
    assert (await client.get(f"/api/v1/accounts/{alice.id}/statuses")).json() == []
    made = await client.post("/api/v1/statuses", **{form: wanted | {name: [str(bob.id), str(carol.id)]}})
    assert [one["acct"] for one in made.json()["mentions"]] == ["alice", "bob", "carol"]


async def test_where_all_who_are_meant_are_listed_nobody_is_looked_for_later(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    wanted = {"status": "@dora@away.example secret", "allowed_mentions": []}
    assert (await client.post("/api/v1/statuses", json=wanted)).json()["mentions"] == []
    assert await town.ctx.db.value(ERRANDS) == 0
    del wanted["allowed_mentions"]
    await client.post("/api/v1/statuses", json=wanted)
    assert await town.ctx.db.value(ERRANDS) == 1


async def test_the_same_key_makes_one_post(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    first, second = [
        (
            await client.post("/api/v1/statuses", json={"status": "once"}, headers={"Idempotency-Key": "k"})
        ).json()["id"]
        for _ in range(2)
    ]
    assert first == second


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": " "}, 422),
        ({"status": "x" * 501}, 422),
        ({"status": "x", "visibility": "secret"}, 422),
        ({"status": "x", "scheduled_at": "tomorrow"}, 422),
        ({"status": "x", "media_ids": ["1"]}, 422),
        ({"status": "x", "in_reply_to_id": "1"}, 404),
        ({"status": "x", "poll": {"options": ["a"], "expires_in": 600}}, 422),
        ({"status": "@nobody psst", "visibility": "direct"}, 422),
    ],
)
async def test_a_post_that_breaks_a_rule_is_refused(town: Any, body: dict[str, Any], status: int) -> None:
    client = await town.client(await town.account("alice"))
    answer = await client.post("/api/v1/statuses", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]


async def test_who_may_not_see_a_post_hears_that_there_is_none(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(bob, alice)
    private = await town.post(alice, "friends", visibility="private")
    direct = await town.post(alice, "@carol psst", visibility="direct")
    people = {"alice": alice, "bob": bob, "carol": carol, "nobody": None}
    seen = {
        (name, which.visibility.word)
        for name, account in people.items()
        for which in (private, direct)
        if (await (await town.client(account)).get(f"/api/v1/statuses/{which.id}")).status_code == 200
    }
    assert seen == {("alice", "private"), ("alice", "direct"), ("bob", "private"), ("carol", "direct")}
    stranger = await town.client()
    assert (await stranger.get("/api/v1/statuses/abc")).status_code == 404
    assert (await stranger.get("/api/v1/statuses/99999999999999999999")).status_code == 404


async def test_several_posts_are_those_that_one_may_see_in_the_order_asked(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    one, two = [await town.post(alice, text) for text in ("one", "two")]
    hidden = await town.post(alice, "friends", visibility="private")
    client = await town.client(bob)
    seen = await client.get(f"/api/v1/statuses?id[]={two.id}&id[]={hidden.id}&id[]={one.id}&id[]=7")
    assert [status["id"] for status in seen.json()] == [str(two.id), str(one.id)]
    many = await client.get("/api/v1/statuses", params={"id[]": [str(number) for number in range(1, 22)]})
    assert many.status_code == 422


async def test_a_thread_is_told_from_its_middle(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    root = await town.post(alice, "root")
    middle = await town.post(bob, "middle", in_reply_to_id=root.id)
    bobs = await town.post(alice, "other branch", in_reply_to_id=root.id)
    first = await town.post(alice, "first answer", in_reply_to_id=middle.id)
    own = await town.post(bob, "own continuation", in_reply_to_id=middle.id)
    deep = await town.post(alice, "deep", in_reply_to_id=first.id)
    secret = await town.post(bob, "secret", in_reply_to_id=first.id, visibility="private")
    stranger, author = await town.client(), await town.client(bob)
    told = (await stranger.get(f"/api/v1/statuses/{middle.id}/context")).json()
    assert [status["id"] for status in told["ancestors"]] == [str(root.id)]
    assert [status["id"] for status in told["descendants"]] == [str(one.id) for one in (own, first, deep)]
    told = (await author.get(f"/api/v1/statuses/{middle.id}/context")).json()
    assert str(secret.id) in [status["id"] for status in told["descendants"]]
    whole = (await stranger.get(f"/api/v1/statuses/{root.id}/context")).json()
    assert whole["ancestors"] == []
    assert [one["id"] for one in whole["descendants"]] == [
        str(one.id) for one in (bobs, middle, own, first, deep)
    ]
    assert (await stranger.get(f"/api/v1/statuses/{root.id}")).json()["replies_count"] == 2


async def test_threads_and_lists_leave_out_whom_the_viewer_blocks_or_mutes(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    root = await town.post(alice, "root")
    loud = await town.post(bob, "loud", in_reply_to_id=root.id)
    heard = await town.post(carol, "heard all the same", in_reply_to_id=loud.id)
    path = f"/api/v1/statuses/{root.id}"
    await (await town.client(bob)).post(f"{path}/favourite")
    client = await town.client(alice)
    await client.post(f"/api/v1/accounts/{bob.id}/mute")
    told = (await client.get(f"{path}/context")).json()
    assert [status["id"] for status in told["descendants"]] == [str(heard.id)]
    assert (await client.get(f"{path}/favourited_by")).json() == []


async def test_an_edit_keeps_what_was_there(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    status = await town.post(alice, "frist")
    client, other = await town.client(alice), await town.client(bob)
    path = f"/api/v1/statuses/{status.id}"
    assert len((await other.get(f"{path}/history")).json()) == 1
    town.clock.advance(60_000)
    edited = await client.put(path, json={"status": "first", "spoiler_text": "fixed"})
    assert edited.status_code == 200
    assert edited.json()["content"] == "<p>first</p>"
    assert edited.json()["edited_at"] is not None
    assert (await other.get(path)).json()["content"] == "<p>first</p>"
    told = (await other.get(f"{path}/history")).json()
    assert [version["content"] for version in told] == ["<p>frist</p>", "<p>first</p>"]
    assert (await client.get(f"{path}/source")).json() == {
        "id": str(status.id),
        "text": "first",
        "spoiler_text": "fixed",
    }
    assert (await other.get(f"{path}/source")).status_code == 404
    assert (await other.put(path, json={"status": "mine"})).status_code == 404


async def test_deleting_gives_the_text_back(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    status = await town.post(alice, "to be *redrafted*")
    path = f"/api/v1/statuses/{status.id}"
    assert (await (await town.client(bob)).delete(path)).status_code == 404
    client = await town.client(alice)
    answer = (await client.delete(path)).json()
    assert answer["text"] == "to be *redrafted*"
    assert "content" not in answer
    assert (await client.get(path)).status_code == 404


async def test_a_post_has_the_language_of_its_app_else_of_its_author_else_of_the_node(open_town: Any) -> None:
    town = await open_town("oak.example", language="de-CH")
    alice = await town.account("alice")
    client = await town.client(alice)

    async def language_of(**fields: str) -> str:
        answer = await client.post("/api/v1/statuses", json={"status": "Grüezi", **fields})
        return str(answer.json()["language"])

    assert await language_of() == "de-CH"
    assert (await client.get("/api/v2/instance")).json()["languages"] == ["de-CH"]
    await client.patch("/api/v1/accounts/update_credentials", json={"source": {"language": "rm"}})
    assert await language_of() == "rm"
    assert await language_of(language="it") == "it"


async def test_an_answer_to_what_was_deleted_leads_nowhere_and_is_still_an_answer(town: Any) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    post = await town.post(alice, "Which?")
    answer = await town.post(bob, "This", in_reply_to_id=post.id)
    client = await town.client(alice)
    assert (await client.delete(f"/api/v1/statuses/{post.id}")).status_code == 200
    shown = (await client.get(f"/api/v1/statuses/{answer.id}")).json()
    assert (shown["in_reply_to_id"], shown["in_reply_to_account_id"]) == (None, str(alice.id))
    assert (await client.get(f"/api/v1/statuses/{answer.id}/context")).json()["ancestors"] == []
    assert (await client.get("/api/v1/timelines/public")).json() == []
    assert (await client.get(f"/api/v1/accounts/{bob.id}/statuses?exclude_replies=true")).json() == []
    document = (await client.get(answer.uri, headers={"accept": "application/activity+json"})).json()
    assert document["inReplyTo"] == post.uri


async def test_a_deleted_boost_leaves_the_post(town: Any) -> None:
    alice = await town.account("alice")
    status = await town.post(alice, "stays")
    client = await town.client(alice)
    boost = (await client.post(f"/api/v1/statuses/{status.id}/reblog")).json()
    assert (await client.delete(f"/api/v1/statuses/{boost['id']}")).status_code == 200
    seen = (await client.get(f"/api/v1/statuses/{status.id}")).json()
    assert (seen["reblogs_count"], seen["reblogged"]) == (0, False)


@pytest.mark.parametrize(
    ("do", "undo", "mark", "count"),
    [
        ("favourite", "unfavourite", "favourited", "favourites_count"),
        ("bookmark", "unbookmark", "bookmarked", None),
        ("mute", "unmute", "muted", None),
    ],
)
async def test_marks_come_and_go(town: Any, do: str, undo: str, mark: str, count: str | None) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    path = f"/api/v1/statuses/{(await town.post(alice, 'hello')).id}"
    client = await town.client(bob)
    for _ in range(2):
        done = (await client.post(f"{path}/{do}")).json()
        assert done[mark] is True
        assert count is None or done[count] == 1
    assert (await (await town.client(alice)).get(path)).json()[mark] is False
    for _ in range(2):
        undone = (await client.post(f"{path}/{undo}")).json()
        assert undone[mark] is False
        assert count is None or undone[count] == 0


async def test_what_is_done_to_a_boost_is_done_to_its_post(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    status = await town.post(alice, "hello")
    client = await town.client(bob)
    boost = (
        await client.post(f"/api/v1/statuses/{status.id}/reblog", data={"visibility": "unlisted"})
    ).json()
    assert boost["visibility"] == "unlisted"
    assert (await client.post(f"/api/v1/statuses/{boost['id']}/favourite")).json()["id"] == str(status.id)
    undone = (await client.post(f"/api/v1/statuses/{boost['id']}/unreblog")).json()
    assert (undone["id"], undone["reblogged"], undone["favourited"]) == (str(status.id), False, True)


async def test_pins_are_a_list_of_their_own(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    one, two = [await town.post(alice, text) for text in ("one", "two")]
    client = await town.client(alice)
    for status in (one, two):
        assert (await client.post(f"/api/v1/statuses/{status.id}/pin")).json()["pinned"] is True
    stranger = await town.client()
    seen = (await stranger.get(f"/api/v1/accounts/{alice.id}/statuses?pinned=true")).json()
    assert [status["id"] for status in seen] == [str(two.id), str(one.id)]
    assert (await client.post(f"/api/v1/statuses/{one.id}/unpin")).json()["pinned"] is False
    assert (await (await town.client(bob)).post(f"/api/v1/statuses/{two.id}/pin")).status_code == 422


async def test_who_favourited_and_boosted_is_told(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    path = f"/api/v1/statuses/{(await town.post(alice, 'hello')).id}"
    for account in (alice, bob):
        client = await town.client(account)
        await client.post(f"{path}/favourite")
        await client.post(f"{path}/reblog")
    for which in ("favourited_by", "reblogged_by"):
        first = await client.get(f"{path}/{which}?limit=1")
        assert [one["username"] for one in first.json()] == ["bob"]
        rest = await client.get(first.links["next"]["url"])
        assert [one["username"] for one in rest.json()] == ["alice"]


async def test_favourites_and_bookmarks_page_by_when_they_were_made(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    first, second, third = [await town.post(alice, text) for text in ("one", "two", "three")]
    client = await town.client(bob)
    for status in (second, third, first):
        await client.post(f"/api/v1/statuses/{status.id}/favourite")
        await client.post(f"/api/v1/statuses/{status.id}/bookmark")
    for which in ("favourites", "bookmarks"):
        page = await client.get(f"/api/v1/{which}?limit=2")
        assert [one["id"] for one in page.json()] == [str(first.id), str(third.id)]
        rest = await client.get(page.links["next"]["url"])
        assert [one["id"] for one in rest.json()] == [str(second.id)]
        back = await client.get(rest.links["prev"]["url"])
        assert [one["id"] for one in back.json()] == [str(first.id), str(third.id)]
    await block.block(town.ctx, alice, bob)
    assert (await client.get("/api/v1/favourites")).json() == []


@pytest.mark.parametrize("empty", [{"json": {"status": "what?", "poll": None}}, {"data": {"poll": ""}}])
async def test_an_edit_keeps_the_poll_that_it_says_nothing_of(town: Any, empty: dict[str, Any]) -> None:
    author, voter = [await town.client(await town.account(name)) for name in ("alice", "bob")]
    poll = {"options": ["leek", "beet"], "expires_in": 600}
    status = (await author.post("/api/v1/statuses", json={"status": "which?", "poll": poll})).json()
    await voter.post(f"/api/v1/polls/{status['poll']['id']}/votes", json={"choices": [1]})
    path = f"/api/v1/statuses/{status['id']}"
    kept = (await author.put(path, json={"status": "which one?"})).json()
    assert (kept["poll"]["id"], kept["poll"]["votes_count"]) == (status["poll"]["id"], 1)
    anew = (await author.put(path, json={"poll": poll | {"options": ["leek", "chard"]}})).json()
    assert (anew["content"], anew["poll"]["votes_count"]) == ("<p>which one?</p>", 0)
    assert (await author.put(path, **empty)).json()["poll"] is None


async def test_polls_are_voted_in_once(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    author, voter, stranger = await town.client(alice), await town.client(bob), await town.client()
    poll = {"options": ["leek", "beet"], "expires_in": 600, "hide_totals": True}
    status = (await author.post("/api/v1/statuses", json={"status": "which?", "poll": poll})).json()
    assert (status["poll"]["voted"], status["poll"]["own_votes"]) == (True, [])
    path = f"/api/v1/polls/{status['poll']['id']}"
    before = (await voter.get(path)).json()
    assert (before["voted"], before["multiple"], before["expired"]) == (False, False, False)
    assert [option["votes_count"] for option in before["options"]] == [None, None]
    voted = (await voter.post(f"{path}/votes", data={"choices[]": ["1"]})).json()
    assert (voted["voted"], voted["own_votes"], voted["votes_count"], voted["voters_count"]) == (
        True,
        [1],
        1,
        1,
    )
    assert (await voter.post(f"{path}/votes", json={"choices": [0]})).status_code == 422
    assert (await author.post(f"{path}/votes", json={"choices": [0]})).status_code == 422
    town.clock.advance(601_000)
    after = (await stranger.get(path)).json()
    assert after["expired"] is True
    assert [option["votes_count"] for option in after["options"]] == [0, 1]
    assert "voted" not in after


async def test_a_boosted_poll_is_inside(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    author, booster = await town.client(alice), await town.client(bob)
    poll = {"options": ["leek", "beet"], "expires_in": 600}
    status = (await author.post("/api/v1/statuses", json={"status": "which?", "poll": poll})).json()
    boost = (await booster.post(f"/api/v1/statuses/{status['id']}/reblog")).json()
    assert boost["poll"] is None
    assert boost["reblog"]["poll"]["id"] == status["poll"]["id"]


async def test_a_post_of_nothing_that_can_be_seen_is_refused(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    for text in (" \n ", "\u200b", " \u2060\n\ufeff"):
        assert (await client.post("/api/v1/statuses", json={"status": text})).status_code == 422
