"""Of many who listen, each hears exactly what the timelines would show them: random villages, random deeds."""

from collections import Counter
from contextlib import AsyncExitStack, suppress
from random import Random

import pytest

from fediserver.actions import block, delete, follow, mute
from fediserver.errors import Forbidden
from fediserver.models.account import Account
from fediserver.models.status import Status
from tests.town import Town
from tests.web.streaming.wire import Socket, quiet, socket

PEOPLE = 7
DEEDS = 40
TIMELINES = {
    "user": "home?",
    "public": "public?",
    "public:local": "public?local=true&",
    "public:media": "public?only_media=true&",
    "hashtag": "tag/leek?",
}


class Village:
    """People who relate to each other at random, and say things."""

    def __init__(self, town: Town, people: list[Account], chance: Random) -> None:
        self.town = town
        self.people = people
        self.chance = chance
        self.posts: list[tuple[Account, Status]] = []

    async def relate(self) -> None:
        """Follows, blocks and mutes, all before anything is said."""
        for one in self.people:
            for other in self.people:
                if one.id == other.id:
                    continue
                roll = self.chance.random()
                if roll < 0.5:
                    # Whoever blocks the other is not followed.
                    with suppress(Forbidden):
                        await follow.follow(self.town.ctx, one, other)
                elif roll < 0.6:
                    await mute.mute(self.town.ctx, one, other)
                elif roll < 0.7:
                    await block.block(self.town.ctx, one, other)

    async def do_something(self) -> None:
        who = self.chance.choice(self.people)
        roll = self.chance.random()
        if roll < 0.2 and self.posts:
            _, status = self.chance.choice(self.posts)
            client = await self.town.client(who)
            # Whether it may be boosted is the node's to say.
            await client.post(f"/api/v1/statuses/{status.id}/reblog")
            return
        text = self.chance.choice(("hello", "#leek", "@person1 hello", "@person2 #leek"))
        visibility = self.chance.choice(("public", "public", "unlisted", "private", "direct"))
        answered = self.chance.choice(self.posts)[1] if self.posts and self.chance.random() < 0.3 else None
        client = await self.town.client(who)
        fields = {"status": text, "visibility": visibility, "in_reply_to_id": answered and str(answered.id)}
        self.town.clock.advance(1000)
        made = await client.post("/api/v1/statuses", json=fields)
        if made.status_code == 200:
            row = await self.town.status(made.json()["uri"])
            assert row is not None
            self.posts.append((who, row))


@pytest.mark.parametrize("seed", range(4))
async def test_streams_bring_what_timelines_show(town: Town, seed: int) -> None:
    chance = Random(seed)
    people = [await town.account(f"person{number}") for number in range(PEOPLE)]
    village = Village(town, people, chance)
    await village.relate()
    async with AsyncExitStack() as stack:
        streams: list[tuple[Account, Socket]] = []
        for person in people:
            stream = await stack.enter_async_context(socket(town, person, scopes="read:statuses"))
            for name in TIMELINES:
                await stream.subscribe(name, **({"tag": "leek"} if name == "hashtag" else {}))
            streams.append((person, stream))
        for _ in range(DEEDS):
            await village.do_something()
        await quiet(town)
        said = 0
        for person, stream in streams:
            client = await town.client(person)
            heard: dict[str, list[str]] = {name: [] for name in TIMELINES}
            while stream.wire.waiting():
                frame = await stream.hear()
                assert frame["event"] == "update"
                heard[frame["stream"][0]].append(frame["payload"]["id"])
            for name, path in TIMELINES.items():
                shown = (await client.get(f"/api/v1/timelines/{path}limit=40")).json()
                expected = [status["id"] for status in shown][::-1]
                assert Counter(heard[name][-40:]) == Counter(expected), (person.username, name)
                said += len(expected)
        assert said > DEEDS, "too little happened for the test to show anything"
        # What is deleted is said to those who had it and might see it, and to nobody else.
        await _deletions(town, village, streams)


async def _deletions(town: Town, village: Village, streams: list[tuple[Account, Socket]]) -> None:
    could_see: dict[str, set[int]] = {}
    for person, _ in streams:
        client = await town.client(person)
        for _, status in village.posts:
            seen = (await client.get(f"/api/v1/statuses/{status.id}")).status_code == 200
            could_see.setdefault(str(status.id), set()).update({person.id} if seen else ())
    at_home = {
        person.id: {
            status["id"]
            for status in (await (await town.client(person)).get("/api/v1/timelines/home?limit=40")).json()
        }
        for person, _ in streams
    }
    for author, status in village.posts:
        await delete.delete(town.ctx, author, status)
    await quiet(town)
    for person, stream in streams:
        gone = set()
        while stream.wire.waiting():
            frame = await stream.hear()
            assert frame["event"] == "delete"
            gone.add(str(frame["payload"]))
        assert at_home[person.id] <= gone
        assert all(person.id in could_see[one] for one in gone if one in could_see)
