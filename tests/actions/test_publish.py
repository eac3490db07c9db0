"""Publishing: what is kept, what is refused, and that nothing is made twice."""

import asyncio

import pytest

from fediserver.actions.delete import delete
from fediserver.actions.publish import Draft, publish
from fediserver.actions.write import PollDraft
from fediserver.clock import HOUR
from fediserver.db import statuses
from fediserver.db.query import Query
from fediserver.errors import Invalid, NotFound
from fediserver.models.visibility import Visibility
from fediserver.text.handles import Handle
from tests.town import Town

POSTS = Query("select count(*) from statuses")


async def test_the_same_key_makes_one_post_however_often_it_comes(town: Town) -> None:
    alice = await town.account("alice")
    draft = Draft(text="once", idempotency_key="k1")
    made = await asyncio.gather(*(publish(town.ctx, alice, draft) for _ in range(8)))
    assert len({status.id for status in made}) == 1
    assert await town.ctx.db.value(POSTS) == 1
    town.clock.advance(2 * HOUR)
    assert (await publish(town.ctx, alice, draft)).id != made[0].id


async def test_a_key_whose_post_is_gone_makes_another(town: Town) -> None:
    alice = await town.account("alice")
    draft = Draft(text="once", idempotency_key="k1")
    first = await publish(town.ctx, alice, draft)
    await delete(town.ctx, alice, first)
    assert (await publish(town.ctx, alice, draft)).id != first.id


async def test_one_members_key_is_not_anothers(town: Town) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    first = await publish(town.ctx, alice, Draft(text="hers", idempotency_key="k"))
    second = await publish(town.ctx, bob, Draft(text="his", idempotency_key="k"))
    assert first.id != second.id


@pytest.mark.parametrize(
    "draft",
    [
        Draft(text="   "),
        Draft(text="x" * 501),
        Draft(text="x" * 490, spoiler_text="y" * 11),
        Draft(text="files", media_ids=[12345]),
        Draft(text="?", poll=PollDraft(options=["one"], expires_in=3600)),
        Draft(text="?", poll=PollDraft(options=["one", "one"], expires_in=3600)),
        Draft(text="?", poll=PollDraft(options=["one", "two"], expires_in=10)),
        Draft(
            text="@nobody@nowhere.example hello",
            visibility=Visibility.DIRECT,
            absent=frozenset({Handle("nobody", "nowhere.example")}),
        ),
    ],
)
async def test_what_breaks_a_rule_leaves_nothing_behind(town: Town, draft: Draft) -> None:
    alice = await town.account("alice")
    with pytest.raises(Invalid, match="Validation failed"):
        await publish(town.ctx, alice, draft)
    assert await town.ctx.db.value(POSTS) == 0


async def test_an_answer_to_what_one_may_not_see_is_refused(town: Town) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    secret = await town.post(bob, "for friends", "private")
    with pytest.raises(NotFound):
        await publish(town.ctx, alice, Draft(text="what?", in_reply_to_id=secret.id))


async def test_a_warning_without_a_text_becomes_the_text(town: Town) -> None:
    alice = await town.account("alice")
    made = await publish(town.ctx, alice, Draft(text="", spoiler_text="careful"))
    assert (made.text, made.spoiler_text, made.sensitive) == ("careful", "", True)


async def test_an_answer_to_a_boost_is_an_answer_to_the_post(town: Town) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    post = await town.post(bob, "news")
    client = await town.client(alice)
    boost = (await client.post(f"/api/v1/statuses/{post.id}/reblog")).json()
    reply = await publish(town.ctx, alice, Draft(text="indeed", in_reply_to_id=int(boost["id"])))
    assert reply.in_reply_to_id == post.id
    asked = await statuses.by_id(town.ctx.db, post.id)
    assert asked is not None
    assert asked.replies_count == 1
