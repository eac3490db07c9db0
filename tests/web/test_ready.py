from fediserver.actions import profile
from fediserver.activitypub.vocabulary import CONTENT_TYPE
from fediserver.clock import SECOND
from fediserver.web.ready import ready
from tests.town import Town


async def test_a_document_is_made_again_after_news_and_after_two_seconds(town: Town) -> None:
    made: list[bytes] = []

    async def make() -> bytes:
        made.append(b"%d" % len(made))
        return made[-1]

    kept = ready(town.ctx)
    assert await kept.document("actor", "ann", make) == b"0"
    assert await kept.document("actor", "ann", make) == b"0"
    town.ctx.bus.publish("deliveries")
    assert await kept.document("actor", "ann", make) == b"1"
    town.clock.advance(2 * SECOND)
    assert await kept.document("actor", "ann", make) == b"2"


async def test_what_was_read_before_the_news_is_not_kept(town: Town) -> None:
    async def overtaken() -> bytes:
        town.ctx.bus.publish("deliveries")
        return b"old"

    async def make() -> bytes:
        return b"new"

    assert await ready(town.ctx).document("actor", "ann", overtaken) == b"old"
    assert await ready(town.ctx).document("actor", "ann", make) == b"new"


async def test_a_new_name_shows_in_the_actor_at_once(town: Town) -> None:
    ann = await town.account("ann")
    client = await town.client()
    headers = {"accept": CONTENT_TYPE}
    assert (await client.get("/users/ann", headers=headers)).json()["name"] != "Ann of the garden"
    await profile.update(town.ctx, ann, profile.ProfileChange(display_name="Ann of the garden"))
    assert (await client.get("/users/Ann", headers=headers)).json()["name"] == "Ann of the garden"
