"""Search for posts: whose are found, by which words, and what operators do."""

from typing import Any

import pytest

from fediserver.actions import bookmark, favourite, index, profile, reblog
from fediserver.actions.profile import ProfileChange
from fediserver.activitypub import lookup
from fediserver.activitypub.fetch import Budget
from fediserver.clock import DAY
from fediserver.db import indexing
from tests.garden import unlisted

COUNT = unlisted("select count(*) from search_posts")
WAIT_AGAIN = unlisted("insert into search_waiting (kind, id) select 0, status_id from search_posts")


async def found(client: Any, q: str, **query: str) -> list[str]:
    answer = await client.get("/api/v2/search", params={"q": q, "type": "statuses", **query})
    assert answer.status_code == 200, answer.text
    return [
        status["content"].removeprefix("<p>").removesuffix("</p>") for status in answer.json()["statuses"]
    ]


async def indexed(town: Any) -> int:
    return int(await town.ctx.db.value(COUNT))


async def test_own_posts_are_found_by_words_in_any_form(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    for text in ("Crème brûlée for all", "東京都の公園", "leek soup, potato soup", "snake_case"):
        await town.post(alice, text, "direct")
    assert await found(client, "creme") == []
    await town.settle()
    assert await found(client, "CREME Brulee") == ["Crème brûlée for all"]
    assert await found(client, "brul*") == ["Crème brûlée for all"]
    assert await found(client, "brul") == []
    assert await found(client, "東京") == await found(client, "園") == ["東京都の公園"]
    assert await found(client, "京東") == []
    assert await found(client, '"soup potato"') == await found(client, "potato leek") != []
    assert await found(client, '"potato leek"') == []
    assert await found(client, "soup -leek") == []
    assert await found(client, "-soup -snake_case") == ["東京都の公園", "Crème brûlée for all"]
    assert await found(client, "snake-case") == ["snake_case"]


async def test_whose_posts_are_found(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await profile.update(town.ctx, bob, ProfileChange(indexable=True))
    await town.post(bob, "bob says leek")
    await town.post(bob, "bob whispers leek", "unlisted")
    said = [await town.post(carol, f"carol says leek {one}") for one in range(5)]
    await town.post(carol, "@alice leek", "direct")
    await town.settle()
    client, stranger = await town.client(alice), await town.client()
    assert len(await found(client, "leek")) == 2
    await favourite.add(town.ctx, alice, said[0])
    await bookmark.add(town.ctx, alice, said[1])
    await reblog.add(town.ctx, alice, said[2])
    await town.post(alice, "yes", in_reply_to_id=said[3].id)
    await town.settle()
    everything = await found(client, "leek")
    assert everything[1:] == [*(f"carol says leek {one}" for one in (3, 2, 1, 0)), "bob says leek"]
    assert await found(client, "leek in:public") == ["bob says leek"]
    assert await found(client, "leek in:library") == everything[:-1]
    assert await found(stranger, "leek") == []
    await profile.update(town.ctx, await town.now(bob), ProfileChange(indexable=False))
    assert await found(client, "leek in:public") == []


async def test_what_may_not_be_seen_is_not_found(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    for one in (bob, carol):
        await profile.update(town.ctx, one, ProfileChange(indexable=True))
    private = await town.post(bob, "leek for friends", "private")
    await town.follow(alice, bob)
    await favourite.add(town.ctx, alice, private)
    await town.post(bob, "leek")
    await town.post(carol, "leek too")
    await town.settle()
    client = await town.client(alice)
    assert await found(client, "leek") == ["leek too", "leek", "leek for friends"]
    await client.post(f"/api/v1/accounts/{bob.id}/unfollow")
    assert await found(client, "leek") == ["leek too", "leek"]
    await client.post(f"/api/v1/accounts/{bob.id}/mute")
    assert await found(client, "leek") == ["leek too"]
    await (await town.client(carol)).post(f"/api/v1/accounts/{alice.id}/block")
    assert await found(client, "leek") == []


async def test_operators(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await profile.update(town.ctx, bob, ProfileChange(indexable=True))
    first = await town.post(alice, "one", language="de")
    await town.post(bob, "two https://leek.example/", sensitive=True)
    town.clock.advance(DAY)
    await town.post(alice, "three", in_reply_to_id=first.id)
    client = await town.client(alice)
    poll = {"status": "four", "poll": {"options": ["leek", "potato"], "expires_in": 3600}}
    assert (await client.post("/api/v1/statuses", json=poll)).status_code == 200
    await town.settle()

    async def numbers(q: str, **query: str) -> str:
        return " ".join(text.split()[0] for text in await found(client, q, **query))

    day = 86_400_000
    today = (town.clock() // day) * day
    assert today == 1_790_035_200_000
    assert await numbers("from:me") == "four three one"
    assert await numbers("from:bob") == await numbers("from:@bob@oak.example") == "two"
    assert await numbers("-from:me") == "two"
    assert await numbers("from:nobody") == ""
    assert await numbers("from:me from:bob") == "four three two one"
    assert await numbers("has:poll") == await numbers("potato") == "four"
    assert await numbers("has:link") == "two"
    assert await numbers("-has:link is:reply") == "three"
    assert await numbers("is:sensitive") == "two"
    assert await numbers("language:de") == "one"
    assert await numbers("before:2026-09-22") == "two one"
    assert await numbers("after:2026-09-21") == "four three"
    assert await numbers("during:2026-09-22 -has:poll") == "three"
    assert await numbers("-during:2026-09-22") == "two one"
    assert await numbers("from:me", account_id=str(bob.id)) == ""
    assert await numbers("has:link", account_id=str(bob.id)) == "two"


async def test_a_hashtag_or_a_handle_means_posts_only_when_posts_are_asked_for(town: Any) -> None:
    alice = await town.account("alice")
    await town.post(alice, "#leek for @alice")
    await town.settle()
    client = await town.client(alice)
    for q in ("#leek", "@alice"):
        assert (await client.get("/api/v2/search", params={"q": q})).json()["statuses"] == []
        assert len(await found(client, q)) == 1
    assert len((await client.get("/api/v2/search", params={"q": "leek"})).json()["statuses"]) == 1


async def test_pages(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    posts = [await town.post(alice, f"leek {number}") for number in range(5)]
    await town.settle()
    assert await found(client, "leek", limit="2") == ["leek 4", "leek 3"]
    assert await found(client, "leek", limit="2", offset="2") == ["leek 2", "leek 1"]
    assert await found(client, "leek", max_id=str(posts[1].id)) == ["leek 0"]
    assert await found(client, "leek", min_id=str(posts[1].id), limit="2") == ["leek 3", "leek 2"]
    assert await found(client, "leek", since_id=str(posts[3].id)) == ["leek 4"]
    no_scope = await town.client(alice, scopes="write")
    assert (await no_scope.get("/api/v2/search?q=leek")).status_code == 403


async def test_edits_and_deletions_change_what_is_found(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    status = await town.post(alice, "leek soup")
    await town.settle()
    await client.put(f"/api/v1/statuses/{status.id}", json={"status": "potato soup"})
    assert await found(client, "leek") == []
    await town.settle()
    assert await found(client, "leek") == []
    assert await found(client, "soup") == ["potato soup"]
    await client.delete(f"/api/v1/statuses/{status.id}")
    await town.settle()
    assert await found(client, "soup") == []
    assert await indexed(town) == 0
    assert not await indexing.is_waiting(town.ctx.db)


async def test_what_was_changed_behind_the_back_of_the_index_leads_nowhere(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    status = await town.post(alice, "leek")
    await town.settle()
    change = unlisted("update statuses set content = '<p>potato</p>' where id = :id")
    await town.ctx.db.write(lambda tx: tx.run(change, id=status.id))
    await town.ctx.db.write(lambda tx: index.forget(tx, status.id))
    await town.settle()
    assert await found(client, "leek") == []
    assert await found(client, "potato") == ["potato"]
    await client.delete(f"/api/v1/statuses/{status.id}")
    await town.post(alice, "something else")
    await town.settle()
    assert await found(client, "leek") == await found(client, "potato") == []
    assert await found(client, "something") == ["something else"]


async def test_a_whole_database_is_indexed_in_parts(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "AT_ONCE", 3)
    alice = await town.account("alice")
    for number in range(8):
        await town.post(alice, f"leek {number}")
    await town.settle()
    assert await indexed(town) == 8
    await town.ctx.db.write(lambda tx: tx.run(WAIT_AGAIN))
    await town.settle()
    assert await indexed(town) == 8
    assert len(await found(await town.client(alice), "leek")) == 8


async def test_remote_authors_decide_whether_they_are_found(open_town: Any) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, zoe = await oak.account("alice"), await elm.account("zoe")
    client = await oak.client(alice)
    said = await elm.post(zoe, "elm leek")
    await client.get("/api/v2/search", params={"q": said.uri, "resolve": "true"})
    await oak.settle()
    assert await indexed(oak) == 0
    assert await found(client, "leek") == []
    row = await oak.known("zoe@elm.example")
    await profile.update(elm.ctx, zoe, ProfileChange(indexable=True))
    oak.clock.advance(2 * DAY)
    await lookup.fresh(oak.ctx, row, Budget())
    await oak.settle()
    assert await found(client, "leek") == ["elm leek"]
    await profile.update(elm.ctx, await elm.now(zoe), ProfileChange(indexable=False))
    oak.clock.advance(2 * DAY)
    await lookup.fresh(oak.ctx, row, Budget())
    assert await found(client, "leek") == []
    await oak.settle()
    assert await indexed(oak) == 0


@pytest.mark.parametrize(
    "q", ['"', "'", "NEAR(a b)", "a AND", "(", "*", "§a", "a:* & !b", "\\", "-", "content:x", "a^b"]
)
async def test_odd_queries_are_no_errors(town: Any, q: str) -> None:
    alice = await town.account("alice")
    await town.post(alice, "a quiet post")
    await town.settle()
    client = await town.client(alice)
    for text in (q, f"a {q}", f"{q} -{q}"):
        assert (await client.get("/api/v2/search", params={"q": text})).status_code == 200


async def test_people_are_found_by_name_and_by_what_they_say_of_themselves(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await profile.update(town.ctx, bob, ProfileChange(display_name="Böb the Gardener", note="grows leeks"))
    await profile.update(
        town.ctx, carol, ProfileChange(display_name="Carol", note="grows leeks too", discoverable=False)
    )
    await town.settle()
    client = await town.client(alice)

    async def people(q: str, **query: str) -> list[str]:
        answer = await client.get("/api/v2/search", params={"q": q, "type": "accounts", **query})
        return [account["acct"] for account in answer.json()["accounts"]]

    assert await people("gard") == await people("bob garden") == await people("leek") == ["bob"]
    assert await people("carol") == ["carol"]
    assert await people("leek", following="true") == []
    await town.follow(alice, bob)
    assert await people("leek", following="true") == ["bob"]
    answer = await client.get("/api/v1/accounts/search", params={"q": "gardener"})
    assert [account["acct"] for account in answer.json()] == ["bob"]
    await profile.update(town.ctx, await town.now(bob), ProfileChange(note="", display_name=""))
    await town.settle()
    assert await people("leek") == await people("gard") == []


async def test_an_address_without_its_scheme_is_one(open_town: Any) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, zoe = await oak.account("alice"), await elm.account("zoe")
    status, own = await elm.post(zoe, "from elm"), await oak.post(alice, "from oak")
    client = await oak.client(alice)

    async def both(q: str) -> tuple[int, int]:
        body = (await client.get("/api/v2/search", params={"q": q, "resolve": "true"})).json()
        return len(body["accounts"]), len(body["statuses"])

    assert await both(f"elm.example/@zoe/{status.id}") == (0, 1)
    assert await both("elm.example/@zoe") == (1, 0)
    assert await both(f"oak.example/@alice/{own.id}") == (0, 1)
    assert await both("oak.example/@alice") == (1, 0)
