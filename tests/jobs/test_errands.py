"""Work for later: ends of polls, accounts that are gone, parents that are missing."""

import asyncio

import pytest

from fediserver.actions import errand
from fediserver.actions.write import PollDraft
from fediserver.activitypub import actors
from fediserver.activitypub.context import Context
from fediserver.clock import DAY, HOUR, MINUTE
from fediserver.db import relationships, statuses
from fediserver.db.database import Writer
from fediserver.db.query import Query
from fediserver.errors import Unreachable
from fediserver.jobs import errands
from fediserver.jobs.housekeeping import tidy
from tests.conftest import OpenTown
from tests.federation.test_two_towns import followed, met
from tests.town import Town, settle

KINDS = Query("select kind from notifications where account_id = :account_id order by id")
WAITING = Query("select count(*) from jobs")


async def test_voters_and_author_are_told_when_a_poll_is_over(open_town: OpenTown) -> None:
    oak = await open_town("oak.example")
    alice, bob = await oak.account("alice"), await oak.account("bob")
    post = await oak.post(bob, "Which?", poll=PollDraft(options=["tea", "coffee"], expires_in=3600))
    client = await oak.client(alice)
    voted = await client.post(f"/api/v1/polls/{post.poll_id}/votes", json={"choices": [0]})
    assert voted.status_code == 200
    await oak.settle()
    assert await oak.ctx.db.values(KINDS, account_id=alice.id) == []
    oak.clock.advance(HOUR + MINUTE)
    await oak.settle()
    for somebody in (alice, bob):
        assert await oak.ctx.db.values(KINDS, account_id=somebody.id) == ["poll"]
    assert (await client.get(f"/api/v1/polls/{post.poll_id}")).json()["expired"] is True
    assert await oak.ctx.db.value(WAITING) == 0


async def test_the_counts_of_a_poll_are_told_once_for_several_votes(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await followed(oak, alice, elm, bob)
    post = await elm.post(bob, "Which?", poll=PollDraft(options=["tea", "coffee"], expires_in=36_000))
    await settle(oak, elm)
    for name in ("carol", "dora"):
        voter = await elm.client(await elm.account(name))
        await voter.post(f"/api/v1/polls/{post.poll_id}/votes", json={"choices": [1]})
    before = len(elm.network.requests)
    elm.clock.advance(10 * MINUTE)
    await settle(oak, elm)
    sent = [request for request in elm.network.requests[before:] if request.method == "POST"]
    assert len(sent) == 1
    copy = await oak.status(post.uri)
    assert copy is not None
    shown = (await (await oak.client(alice)).get(f"/api/v1/statuses/{copy.id}")).json()
    assert [option["votes_count"] for option in shown["poll"]["options"]] == [0, 2]


async def test_an_account_that_is_gone_takes_its_posts_and_follows_along(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    bob_there = await followed(oak, alice, elm, bob)
    for number in range(3):
        await elm.post(bob, f"post {number}")
    await settle(oak, elm)
    await actors.bury(oak.ctx, await oak.now(bob_there))
    await oak.settle()
    assert await statuses.some_of(oak.ctx.db, bob_there.id, 10) == []
    assert await relationships.follow(oak.ctx.db, alice.id, bob_there.id) is None
    assert (await oak.now(alice)).following_count == 0


async def test_a_reply_that_comes_before_its_parent_finds_it(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob, carol = await oak.account("alice"), await elm.account("bob"), await elm.account("carol")
    await met(oak, carol, elm)
    await followed(oak, alice, elm, bob)
    root = await elm.post(carol, "A question")
    middle = await elm.post(carol, "one thing more", in_reply_to_id=root.id)
    reply = await elm.post(bob, "An answer", in_reply_to_id=middle.id)
    await settle(oak, elm)
    copies = [await oak.status(post.uri) for post in (root, middle, reply)]
    assert all(copies)
    top, between, bottom = (copy for copy in copies if copy is not None)
    assert (between.in_reply_to_id, bottom.in_reply_to_id) == (top.id, between.id)
    assert {copy.conversation_id for copy in (top, between, bottom)} == {top.conversation_id}
    assert between.replies_count == 1


async def left(town: Town, kind: str, args: dict[str, object], **options: int) -> None:
    async def work(tx: Writer) -> None:
        await errand.leave(town.ctx, tx, kind, args, args.get("number", "it"), **options)

    await town.ctx.db.write(work)


async def test_an_errand_that_takes_long_holds_up_no_other(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, quick_is_done = asyncio.Event(), asyncio.Event()

    async def slow(_: Context, __: dict[str, object]) -> None:
        await goes_on.wait()

    async def quick(_: Context, __: dict[str, object]) -> None:
        quick_is_done.set()

    monkeypatch.setattr(errands, "KINDS", {"slow": slow, "quick": quick})
    crew = errands.Errands(town.ctx)
    await left(town, "slow", {})
    assert await crew.take_due() == 1
    await left(town, "quick", {})
    assert await crew.take_due() == 1
    async with asyncio.timeout(10):
        await quick_is_done.wait()
    goes_on.set()
    await crew.running.settle()
    assert await town.ctx.db.value(WAITING) == 0


async def test_a_kind_of_which_much_takes_long_holds_up_no_other(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, begun = asyncio.Event(), list[str]()

    async def slow(_: Context, args: dict[str, str]) -> None:
        begun.append(args["kind"])
        await goes_on.wait()

    monkeypatch.setattr(errands, "KINDS", {"slow": slow, "other": slow})
    crew = errands.Errands(town.ctx)
    for number in range(2 * errands.AT_ONCE):
        await left(town, "slow", {"kind": "slow", "number": number})
        town.clock.advance(1)
    await left(town, "other", {"kind": "other"})
    while await crew.take_due():
        await asyncio.sleep(0)
    assert sorted(begun) == ["other", *["slow"] * errands.OF_KIND]
    goes_on.set()
    await crew.running.settle()
    while await crew.take_due():
        await crew.running.settle()
    assert await town.ctx.db.value(WAITING) == 0


@pytest.mark.parametrize("fails_first", [False, True])
async def test_an_errand_that_is_asked_for_while_it_is_done_is_done_once_more(
    town: Town, monkeypatch: pytest.MonkeyPatch, *, fails_first: bool
) -> None:
    facts, seen = ["old"], []

    async def look(_: Context, __: dict[str, object]) -> None:
        seen.append(facts[-1])
        if len(seen) == 1:
            # What changes the facts asks for the work in the same transaction, twice.
            facts.append("new")
            for _asked in range(2):
                await left(town, "look", {})
            if fails_first:
                raise Unreachable("try again")

    monkeypatch.setattr(errands, "KINDS", {"look": look})
    await left(town, "look", {})
    crew = errands.Errands(town.ctx)
    for _ in range(4):
        await crew.take_due()
        await crew.running.settle()
        town.clock.advance(HOUR)
    assert seen == ["old", "new"]
    assert await town.ctx.db.value(WAITING) == 0


async def test_an_errand_that_fails_is_tried_again_and_given_up_in_time(town: Town) -> None:
    await left(town, "parent", {"uri": "https://gone.example/1", "depth": 1}, tried_for=HOUR)
    await town.settle()
    assert await town.ctx.db.value(WAITING) == 1
    for _ in range(12):
        town.clock.advance(20 * MINUTE)
        await town.settle()
    assert await town.ctx.db.value(WAITING) == 0


async def test_tidying_forgets_what_has_had_its_time(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await followed(oak, alice, elm, bob)
    await elm.post(bob, "Something")
    await settle(oak, elm)
    for town in (oak, elm):
        town.clock.advance(40 * DAY)
        await tidy(town.ctx)
        for table in ("seen", "deliveries", "received", "unverified"):
            assert await town.ctx.db.value(Query(f"select count(*) from {table}")) == 0, table
    assert len(await statuses.some_of(oak.ctx.db, (await oak.known("bob@elm.example")).id, 5)) == 1
