"""What members who stream hear of announcements."""

from fediserver.actions import announce
from fediserver.actions.announce import Draft
from fediserver.clock import DAY, HOUR
from tests.entity_checker import check
from tests.town import Town
from tests.web.streaming.wire import socket

PATH = "/api/v1/announcements"


async def test_every_member_hears_of_announcements_and_reactions(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    async with socket(town, alice, stream="user") as hers, socket(town, bob, stream="user") as his:
        for stream in (hers, his):
            await stream.in_step()
        made = await announce.create(town.ctx, Draft(text="The well is dry"))
        await town.settle()
        for stream in (hers, his):
            entity = await stream.hears("announcement", "user")
            check("Announcement", entity)
            assert (entity["id"], entity["reactions"], "read" in entity) == (str(made.id), [], False)
        client = await town.client(alice)
        for method, count in (("PUT", 1), ("DELETE", 0)):
            await client.request(method, f"{PATH}/{made.id}/reactions/🎉")
            wanted = {"name": "🎉", "count": count, "announcement_id": str(made.id)}
            for stream in (hers, his):
                assert await stream.hears("announcement.reaction", "user") == wanted
        await announce.remove(town.ctx, made.id)
        await town.settle()
        for stream in (hers, his):
            assert await stream.hears("announcement.delete", "user") == str(made.id)


async def test_it_is_heard_of_when_it_comes_and_when_it_is_over(town: Town) -> None:
    alice, now = await town.account("alice"), town.clock()
    async with socket(town, alice, stream="user") as stream:
        await stream.in_step()
        draft = Draft(text="Tea", publish_at=now + HOUR, starts_at=now, ends_at=now + DAY)
        made = await announce.create(town.ctx, draft)
        await town.settle()
        await stream.hears_nothing(town)
        town.clock.advance(HOUR)
        await town.settle()
        assert (await stream.hears("announcement", "user"))["id"] == str(made.id)
        town.clock.advance(DAY)
        await town.settle()
        assert await stream.hears("announcement.delete", "user") == str(made.id)


async def test_it_can_be_published_before_its_time(town: Town) -> None:
    alice, now = await town.account("alice"), town.clock()
    async with socket(town, alice, stream="user") as stream:
        await stream.in_step()
        made = await announce.create(town.ctx, Draft(text="Tea", publish_at=now + HOUR))
        await announce.publish(town.ctx, made.id)
        await town.settle()
        assert (await stream.hears("announcement", "user"))["id"] == str(made.id)


async def test_only_streams_of_members_tell_of_announcements(town: Town) -> None:
    alice = await town.account("alice")
    async with socket(town, alice, stream="public") as stream:
        await stream.in_step()
        await announce.create(town.ctx, Draft(text="Tea"))
        await town.settle()
        await stream.hears_nothing(town)
