"""Timelines, over HTTP."""

import re
from typing import Any

import httpx
import msgspec
import pytest

from fediserver.actions import block, mute, reblog
from fediserver.db import accounts as account_rows
from fediserver.db import home as homes
from fediserver.db import statuses


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [status["id"] for status in answer.json()]


def links(answer: httpx.Response) -> dict[str, str]:
    return {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers.get("link", ""))}


async def test_home_shows_followed_posts_newest_first(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(alice, bob)
    first, second = [await town.post(bob, text) for text in ("one", "two")]
    await town.post(carol, "not for alice")
    client = await town.client(alice)
    seen = await client.get("/api/v1/timelines/home")
    assert ids(seen) == [str(second.id), str(first.id)]


async def test_pages_of_home_follow_their_links_to_both_ends(town: Any) -> None:
    alice = await town.account("alice")
    posted = [str((await town.post(alice, f"post {number}")).id) for number in range(7)][::-1]
    client = await town.client(alice)
    first = await client.get("/api/v1/timelines/home?limit=3")
    assert ids(first) == posted[:3]
    assert first.headers["link"].index('rel="next"') < first.headers["link"].index('rel="prev"')
    second = await client.get(links(first)["next"])
    third = await client.get(links(second)["next"])
    beyond = await client.get(links(third)["next"])
    assert [ids(second), ids(third), ids(beyond)] == [posted[3:6], posted[6:], []]
    assert "link" not in beyond.headers
    assert ids(await client.get(links(third)["prev"])) == posted[3:6]
    assert ids(await client.get(links(first)["prev"])) == []


async def test_since_is_the_newest_page_and_min_the_next_above(town: Any) -> None:
    alice = await town.account("alice")
    posted = [str((await town.post(alice, f"post {number}")).id) for number in range(6)][::-1]
    client = await town.client(alice)

    async def page(**cursors: str) -> list[str]:
        return ids(await client.get("/api/v1/timelines/home", params={"limit": "2", **cursors}))

    assert await page(since_id=posted[-1]) == posted[:2]
    assert await page(min_id=posted[-1]) == posted[3:5]
    assert await page(min_id=posted[-1], since_id=posted[0]) == posted[3:5]
    assert await page(min_id=posted[-1], max_id=posted[3]) == posted[4:5]
    assert await page(max_id=posted[1]) == posted[2:4]


async def test_a_cursor_whose_post_is_gone_still_leads_on(town: Any) -> None:
    alice = await town.account("alice")
    posted = [await town.post(alice, f"post {number}") for number in range(3)]
    client = await town.client(alice)
    await client.delete(f"/api/v1/statuses/{posted[1].id}")
    seen = await client.get(f"/api/v1/timelines/home?max_id={posted[1].id}")
    assert ids(seen) == [str(posted[0].id)]


async def test_a_late_post_is_neither_lost_nor_pinned_on_top(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    early = await town.post(alice, "early")
    between = town.ctx.ids.next()
    newest = await town.post(alice, "newest")
    client = await town.client(alice)
    before = await client.get("/api/v1/timelines/home")
    assert ids(before) == [str(newest.id), str(early.id)]
    town.clock.advance(1000)
    late = msgspec.structs.replace(
        await town.post(bob, "written between the two"),
        id=between,
        uri=f"{bob.uri}/late",
        conversation_id=between,
    )

    async def arrive(tx: Any) -> None:
        await statuses.insert(tx, late)
        await homes.add(
            tx,
            account_id=alice.id,
            position=town.ctx.ids.next(),
            status_id=between,
            original_id=between,
            author_id=bob.id,
        )

    await town.ctx.db.write(arrive)
    assert ids(await client.get(links(before)["prev"])) == [str(between)]
    assert ids(await client.get(f"/api/v1/timelines/home?since_id={newest.id}")) == [str(between)]
    assert ids(await client.get(f"/api/v1/timelines/home?max_id={between}")) == ids(before)
    last = await town.post(alice, "last")
    assert ids(await client.get("/api/v1/timelines/home"))[:2] == [str(last.id), str(between)]


async def test_home_leaves_out_whom_the_viewer_mutes(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.follow(alice, bob)
    status = await town.post(carol, "loud")
    await reblog.add(town.ctx, bob, status)
    client = await town.client(alice)
    assert len(ids(await client.get("/api/v1/timelines/home"))) == 1
    await mute.mute(town.ctx, alice, carol, duration=60)
    assert ids(await client.get("/api/v1/timelines/home")) == []
    town.clock.advance(61_000)
    assert len(ids(await client.get("/api/v1/timelines/home"))) == 1


async def test_a_boost_carries_the_post_and_its_marks(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    status = await town.post(bob, "worth it", spoiler_text="careful")
    client = await town.client(alice)
    await client.post(f"/api/v1/statuses/{status.id}/favourite")
    boosted = (await client.post(f"/api/v1/statuses/{status.id}/reblog")).json()
    assert boosted["reblog"]["id"] == str(status.id)
    assert boosted["account"]["username"] == "alice"
    assert boosted["reblog"]["account"]["username"] == "bob"
    for part in (boosted, boosted["reblog"]):
        assert (part["favourited"], part["reblogged"], part["bookmarked"], part["muted"]) == (
            True,
            True,
            False,
            False,
        )
    assert boosted["reblog"]["reblogs_count"] == boosted["reblog"]["favourites_count"] == 1


@pytest.mark.parametrize("signed_in", [True, False])
async def test_public_has_neither_replies_nor_boosts_nor_what_is_not_public(
    town: Any, signed_in: bool
) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    public = await town.post(alice, "for all")
    await town.post(alice, "quiet", visibility="unlisted")
    await town.post(alice, "friends", visibility="private")
    await town.post(bob, "answer", in_reply_to_id=public.id)
    await reblog.add(town.ctx, bob, public)
    client = await town.client(bob if signed_in else None)
    for query in ("", "?local=true", "?local=1&only_media=false"):
        assert ids(await client.get(f"/api/v1/timelines/public{query}")) == [str(public.id)]
    for query in ("?remote=true", "?only_media=on"):
        assert ids(await client.get(f"/api/v1/timelines/public{query}")) == []


async def test_public_hides_blocks_in_both_directions(town: Any) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await town.post(alice, "hello")
    await block.block(town.ctx, alice, bob)
    await block.block(town.ctx, carol, alice)
    for account in (bob, carol):
        client = await town.client(account)
        assert ids(await client.get("/api/v1/timelines/public")) == []
    assert len(ids(await (await town.client()).get("/api/v1/timelines/public"))) == 1


async def test_public_leaves_out_limited_accounts(town: Any) -> None:
    alice = await town.account("alice")
    await town.post(alice, "hello")
    row = msgspec.structs.replace(await town.now(alice), silenced_at=1)
    await town.ctx.db.write(lambda tx: account_rows.update(tx, row))
    assert ids(await (await town.client()).get("/api/v1/timelines/public")) == []


async def test_tags_combine(town: Any) -> None:
    alice = await town.account("alice")
    leek, both, beet = [
        str((await town.post(alice, text)).id) for text in ("#Leek", "#leek and #Beet", "#beet alone")
    ]
    await town.post(alice, "hidden #leek", visibility="unlisted")
    client = await town.client()

    async def tagged(query: str) -> list[str]:
        return ids(await client.get(f"/api/v1/timelines/tag/{query}"))

    assert await tagged("LEEK") == [both, leek]
    assert await tagged("leek?any[]=beet") == [beet, both, leek]
    assert await tagged("leek?all[]=beet") == [both]
    assert await tagged("leek?none[]=beet") == [leek]
    assert await tagged("leek?any[]=beet&limit=1") == [beet]
    assert await tagged("leek?any[]=nobody-uses-this") == [both, leek]
    assert await tagged("leek?all[]=nobody-uses-this") == []
    assert await tagged("nobody-uses-this") == []
    assert await tagged(f"leek?max_id={both}") == [leek]


async def test_tag_timelines_keep_replies(town: Any) -> None:
    alice = await town.account("alice")
    first = await town.post(alice, "#leek")
    reply = await town.post(alice, "more #leek", in_reply_to_id=first.id)
    client = await town.client()
    assert ids(await client.get("/api/v1/timelines/tag/leek")) == [str(reply.id), str(first.id)]


async def test_a_page_that_is_no_page_is_the_first(town: Any) -> None:
    alice = await town.account("alice")
    status = await town.post(alice, "hello")
    client = await town.client(alice)
    for query in ("?limit=0", "?limit=-4", "?limit=99999", "?max_id=null", "?min_id=", "?since_id=abc"):
        assert ids(await client.get(f"/api/v1/timelines/home{query}")) == [str(status.id)]
    full = await client.get("/api/v1/timelines/home?limit=99999")
    assert "limit=40" in full.headers["link"]
