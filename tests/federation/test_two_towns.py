"""Two towns and what travels between them, through the deeds themselves and real signatures."""

import orjson

from fediserver.actions import block, delete, edit, favourite, follow, moderate, reblog, tags, vote
from fediserver.actions.edit import Revision
from fediserver.actions.moderate import Decision
from fediserver.actions.write import PollDraft
from fediserver.activitypub import lookup
from fediserver.activitypub.vocabulary import PUBLIC
from fediserver.db import polls, relationships, statuses
from fediserver.db.home import readers
from fediserver.models.account import Account
from fediserver.models.visibility import Visibility
from fediserver.text.handles import Handle
from tests.conftest import OpenTown
from tests.garden import unlisted
from tests.town import Town, settle

WAITING = unlisted("select h.name from deliveries d join hosts h on h.id = d.host_id where d.state = 0")


async def met(town: Town, person: Account, there: Town) -> Account:
    """Somebody of another town, as this town knows them after looking them up."""
    found = await lookup.account_by_handle(town.ctx, Handle(person.username, there.host))
    assert found is not None
    return found


async def followed(oak: Town, alice: Account, elm: Town, bob: Account) -> Account:
    """Alice of oak follows Bob of elm; answers Bob as oak knows him."""
    bob_there = await met(oak, bob, elm)
    await oak.follow(alice, bob_there)
    await settle(oak, elm)
    return bob_there


async def test_a_follow_is_asked_for_accepted_and_counted_on_both_sides(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    bob_there = await followed(oak, alice, elm, bob)
    assert await relationships.follow(oak.ctx.db, alice.id, bob_there.id) is not None
    assert (await elm.now(bob)).followers_count == 1
    assert (await oak.now(alice)).following_count == 1
    alice_there = await elm.known("alice@oak.example")
    assert await relationships.follow(elm.ctx.db, alice_there.id, bob.id) is not None


async def test_a_post_arrives_once_at_the_followers_home(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await followed(oak, alice, elm, bob)
    post = await elm.post(bob, "Seeds to share #garden")
    await settle(oak, elm)
    copy = await oak.status(post.uri)
    assert copy is not None
    assert await readers(oak.ctx.db, copy.id) == [alice.id]
    assert "Seeds to share" in copy.content
    assert copy.tags == '["garden"]'


async def test_replies_thread_on_both_sides(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await followed(oak, alice, elm, bob)
    first = await elm.post(bob, "Who has a ladder?")
    await settle(oak, elm)
    copy = await oak.status(first.uri)
    assert copy is not None
    reply = await oak.post(alice, "@bob@elm.example I have", in_reply_to_id=copy.id)
    await settle(oak, elm)
    arrived = await elm.status(reply.uri)
    assert arrived is not None
    assert arrived.in_reply_to_id == first.id
    assert arrived.conversation_id == first.conversation_id
    asked = await statuses.by_id(elm.ctx.db, first.id)
    assert asked is not None
    assert asked.replies_count == 1


async def test_favourite_and_boost_are_counted_and_taken_back(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await followed(oak, alice, elm, bob)
    post = await elm.post(bob, "Good news")
    await settle(oak, elm)
    copy = await oak.status(post.uri)
    assert copy is not None
    await favourite.add(oak.ctx, alice, copy)
    await reblog.add(oak.ctx, alice, copy)
    await settle(oak, elm)
    counted = await elm.status(post.uri)
    assert counted is not None
    assert (counted.favourites_count, counted.reblogs_count) == (1, 1)
    await favourite.remove(oak.ctx, alice, copy)
    await reblog.remove(oak.ctx, alice, copy)
    await settle(oak, elm)
    again = await elm.status(post.uri)
    assert again is not None
    assert (again.favourites_count, again.reblogs_count) == (0, 0)


async def test_edit_and_delete_reach_the_readers(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await followed(oak, alice, elm, bob)
    post = await elm.post(bob, "Meet at ten")
    await settle(oak, elm)
    elm.clock.advance(60_000)
    edited = await edit.edit(elm.ctx, bob, post, Revision(text="Meet at eleven"))
    await settle(oak, elm)
    copy = await oak.status(post.uri)
    assert copy is not None
    assert "eleven" in copy.content
    assert copy.edited_at == edited.edited_at
    await delete.delete(elm.ctx, bob, edited)
    await settle(oak, elm)
    assert await oak.status(post.uri) is None
    assert await statuses.tombstone(oak.ctx.db, post.uri) is not None


async def test_followers_only_and_direct_posts_reach_nobody_else(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await oak.account("carol")
    await followed(oak, alice, elm, bob)
    private = await elm.post(bob, "For friends", "private")
    direct = await elm.post(bob, "@alice@oak.example for you", "direct")
    await settle(oak, elm)
    for sent, visibility in ((private, Visibility.PRIVATE), (direct, Visibility.DIRECT)):
        copy = await oak.status(sent.uri)
        assert copy is not None
        assert copy.visibility is visibility
        assert await readers(oak.ctx.db, copy.id) == [alice.id]


async def test_a_vote_is_counted_where_the_poll_is(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await followed(oak, alice, elm, bob)
    poll = PollDraft(options=["tea", "coffee"], expires_in=3600)
    post = await elm.post(bob, "Which?", poll=poll)
    await settle(oak, elm)
    copy = await oak.status(post.uri)
    assert copy is not None
    assert copy.poll_id is not None
    there = await polls.by_id(oak.ctx.db, copy.poll_id)
    assert there is not None
    await vote.vote(oak.ctx, alice, there, [1])
    await settle(oak, elm)
    assert post.poll_id is not None
    counts = [option.votes_count for option in await polls.options(elm.ctx.db, [post.poll_id])]
    assert counts == [0, 1]


async def test_unfollow_and_block_end_it(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    bob_there = await followed(oak, alice, elm, bob)
    await follow.unfollow(oak.ctx, alice, bob_there)
    await settle(oak, elm)
    assert (await elm.now(bob)).followers_count == 0
    await oak.follow(alice, bob_there)
    await settle(oak, elm)
    assert (await elm.now(bob)).followers_count == 1
    await block.block(elm.ctx, bob, await elm.known("alice@oak.example"))
    await settle(oak, elm)
    assert await relationships.follow(oak.ctx.db, alice.id, bob_there.id) is None
    mention = await oak.post(alice, "@bob@elm.example do you hear me?")
    await settle(oak, elm)
    arrived = await elm.status(mention.uri)
    assert arrived is None or await readers(elm.ctx.db, arrived.id) == []


async def test_a_group_follows_a_group_and_followers_of_both_see_a_members_post_once(
    open_town: OpenTown,
) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    oaks = await oak.group("oaks", owner=alice)
    elms = await elm.group("elms", owner=bob)
    await oak.follow(oaks, await met(oak, elms, elm))
    await oak.follow(alice, oaks)
    await oak.follow(alice, await met(oak, elms, elm))
    await settle(oak, elm)
    post = await elm.post(bob, "@elms We need apples")
    await settle(oak, elm)
    copy = await oak.status(post.uri)
    assert copy is not None
    boosts = await statuses.reblogs_of(oak.ctx.db, copy.id)
    assert {boost.account_id for boost in boosts} == {oaks.id, (await oak.known("elms@elm.example")).id}
    seen = [boost for boost in boosts if alice.id in await readers(oak.ctx.db, boost.id)]
    assert len(seen) == 1
    reply = await oak.post(alice, "@bob@elm.example I bring some", in_reply_to_id=copy.id)
    await settle(oak, elm)
    arrived = await elm.status(reply.uri)
    assert arrived is not None
    assert arrived.in_reply_to_id == post.id


async def test_groups_of_one_town_pass_on_what_was_posted_to_the_other(open_town: OpenTown) -> None:
    oak = await open_town("oak.example")
    alice, bob = await oak.account("alice"), await oak.account("bob")
    acorns, leaves = await oak.group("acorns", owner=alice), await oak.group("leaves", owner=bob)
    await oak.follow(acorns, leaves)
    await oak.follow(alice, acorns)
    post = await oak.post(bob, "@leaves Rakes wanted")
    boosts = await statuses.reblogs_of(oak.ctx.db, post.id)
    assert {boost.account_id for boost in boosts} == {acorns.id, leaves.id}
    assert [boost.account_id for boost in boosts if alice.id in await readers(oak.ctx.db, boost.id)] == [
        acorns.id
    ]


async def test_with_secure_fetch_only_servers_that_sign_may_read(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example", secure_fetch="on")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    stranger = await elm.client()
    headers = {"accept": "application/activity+json"}
    assert (await stranger.get("/users/bob", headers=headers)).status_code == 401
    assert (await stranger.get("/actor", headers=headers)).status_code == 200
    post = await elm.post(bob, "for those who say who they are")
    for path in (
        post.uri,
        f"{post.uri}/likes",
        f"{post.uri}/replies",
        f"{bob.uri}/outbox",
        bob.followers_uri,
    ):
        for accept in ("application/activity+json", "text/html;q=0.1, application/activity+json"):
            assert (await stranger.get(path, headers={"accept": accept})).status_code == 401, path
    assert (await stranger.get(post.uri, headers={"accept": "text/html"})).status_code == 302
    assert (await stranger.get(f"{post.uri}/likes", headers={"accept": "text/html"})).status_code == 401
    await followed(oak, alice, elm, bob)
    assert (await elm.now(bob)).followers_count == 1


async def test_who_is_suspended_and_deleted_is_so_for_others_too(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    bob_there = await followed(oak, alice, elm, bob)
    post = await elm.post(bob, "Buy my pills")
    await settle(oak, elm)
    await moderate.take(elm.ctx, bob.id, "suspend", Decision(by=None, reason="spam"))
    await settle(oak, elm)
    assert (await oak.now(bob_there)).suspended_at is not None
    await moderate.unsuspend(elm.ctx, bob.id, Decision(by=None))
    await settle(oak, elm)
    assert (await oak.now(bob_there)).suspended_at is None
    await moderate.take(oak.ctx, bob_there.id, "suspend", Decision(by=None))
    await moderate.take(elm.ctx, bob.id, "suspend", Decision(by=None))
    await moderate.unsuspend(elm.ctx, bob.id, Decision(by=None))
    await settle(oak, elm)
    assert (await oak.now(bob_there)).suspended_at is not None
    await moderate.take(elm.ctx, bob.id, "suspend", Decision(by=None))
    await moderate.delete(elm.ctx, bob.id, Decision(by=None))
    await settle(oak, elm)
    assert (await oak.now(bob_there)).deleted_at is not None
    assert await oak.status(post.uri) is None
    assert await elm.status(post.uri) is None


async def test_hashtags_on_profiles_are_told_to_who_follows(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await elm.account("bob")
    await followed(oak, alice, elm, bob)
    elm.network.requests.clear()
    await tags.feature(elm.ctx, bob, "#Leeks")
    await tags.unfeature(elm.ctx, bob, "leeks")
    await settle(oak, elm)
    sent = [orjson.loads(one.content) for one in elm.network.requests if one.method == "POST"]
    assert [one["type"] for one in sent] == ["Add", "Remove"]
    for one in sent:
        assert one["object"] == {
            "type": "Hashtag",
            "href": "https://elm.example/tags/leeks",
            "name": "#Leeks",
        }
        assert one["target"] == f"{bob.uri}/collections/featured"
        assert (one["actor"], one["to"], one["cc"]) == (bob.uri, [PUBLIC], [bob.followers_uri])
    # What is told of a hashtag asks nobody for anything, and changes nothing here.
    assert [one for one in oak.network.requests if one.method == "GET" and "/tags/" in str(one.url)] == []
    before = len(elm.network.requests)
    await tags.unfeature(elm.ctx, bob, "leeks")
    await settle(oak, elm)
    assert len(elm.network.requests) == before


async def test_a_report_goes_to_the_servers_that_are_named_and_concerned(open_town: OpenTown) -> None:
    oak, elm, fir = [await open_town(f"{name}.example") for name in ("oak", "elm", "fir")]
    alice, bob, dana = await oak.account("alice"), await elm.account("bob"), await fir.account("dana")
    await followed(elm, bob, fir, dana)
    bob_here = await followed(oak, alice, elm, bob)
    first = await fir.post(dana, "Leeks?")
    await settle(oak, elm, fir)
    asked = await elm.status(first.uri)
    assert asked is not None
    answer = await elm.post(bob, "@dana@fir.example Buy watches", in_reply_to_id=asked.id)
    await settle(oak, elm, fir)
    spam = await oak.status(answer.uri)
    assert spam is not None
    client = await oak.client(alice)
    complaint = {"account_id": str(bob_here.id), "status_ids": [str(spam.id)], "forward": True}
    for named, told in (
        (["elm.example", "Fir.example", "ash.example"], {"elm.example", "fir.example"}),
        (["fir.example"], {"fir.example"}),
        (["ash.example"], set()),
        (None, {"elm.example"}),
    ):
        more = {} if named is None else {"forward_to_domains": named}
        assert (await client.post("/api/v1/reports", json=complaint | more)).json()["forwarded"] is True
        assert set(await oak.ctx.db.values(WAITING)) == told
        await settle(oak, elm, fir)
