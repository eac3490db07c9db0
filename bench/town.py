"""What the phases share: a node, the world around it, members, and people elsewhere whom they follow."""

import asyncio
import ssl
from pathlib import Path

import msgspec

from bench.client import Answers, fire
from bench.node import Node
from bench.people import Key, Person
from bench.world import World

SOURCES = 40
"""Actors elsewhere whose posts come in."""


class Sizes(msgspec.Struct, frozen=True):
    """How much of everything."""

    reads: int = 4000
    cheap_reads: int = 10_000
    posts: int = 1000
    creates: int = 2000
    grown: int = 20_000
    followers: int = 500
    rounds: int = 6
    starts: int = 3


QUICK = Sizes(
    reads=600, cheap_reads=1500, posts=200, creates=300, grown=1000, followers=60, rounds=3, starts=1
)


class Town:
    """A running node and its surroundings; each part is made when a phase first asks for it."""

    def __init__(
        self,
        directory: Path,
        keys: list[Key],
        sizes: Sizes,
        *,
        tls: ssl.SSLContext | None = None,
        trusted: Path | None = None,
        profiles: Path | None = None,
    ) -> None:
        self.sizes = sizes
        self.node = Node(directory, https=tls is not None, trusted=trusted, profiles=profiles)
        self.world = World(keys, tls=tls)
        self._tokens: dict[str, str] = {}
        self._sources: list[Person] = []
        self._booster: Person | None = None
        self._followers: list[Person] = []

    async def open(self) -> None:
        """Start the node and the world."""
        await self.world.open()
        await self.node.start()

    async def close(self) -> None:
        """Stop both."""
        await self.node.stop()
        await self.world.close()

    async def token(self, name: str) -> str:
        """The token of a member, who is made when there is none of that name."""
        if name not in self._tokens:
            self._tokens[name] = await self.node.member(name)
        return self._tokens[name]

    async def sources(self) -> list[Person]:
        """People elsewhere whom `reader` follows."""
        if not self._sources:
            self._sources = [self.world.person() for _ in range(SOURCES)]
            await self._follow("reader", self._sources)
        return self._sources

    async def booster(self) -> Person:
        """Somebody elsewhere whom `fan` follows, and nobody else."""
        if self._booster is None:
            self._booster = self.world.person()
            await self._follow("fan", [self._booster])
        return self._booster

    async def followers(self) -> list[Person]:
        """People elsewhere, each on another host, who follow `speaker`."""
        if not self._followers:
            self._followers = [self.world.person() for _ in range(self.sizes.followers)]
            await self.token("speaker")
            await self.follow_speaker(self._followers)
            await self.node.quiet()
        return self._followers

    async def follow_speaker(self, people: list[Person], *, requests: list[bytes] | None = None) -> Answers:
        """Have people elsewhere follow `speaker`, and wait for the answers to them."""
        expected = self.world.received + len(people)
        answers = await fire(self.node.port, requests or self.speaker_follows(people))
        answers.expect(202)
        await self.world.until(expected, 120)
        self._followers = self._followers or people
        return answers

    def speaker_follows(self, people: list[Person]) -> list[bytes]:
        """The signed requests for that."""
        node = self.node
        speaker = f"{node.base_url}/users/speaker"
        return [one.send(one.follow(speaker), f"{speaker}/inbox") for one in people]

    async def send_creates(self, requests: list[bytes], *, connections: int = 16) -> Answers:
        """Send Creates and wait until every one is stored."""
        node = self.node
        expected = node.count("select count(*) from statuses") + len(requests)
        answers = await fire(node.port, requests, connections=connections)
        answers.expect(202)
        async with asyncio.timeout(300):
            while node.count("select count(*) from statuses") < expected:
                await asyncio.sleep(0.02)
        return answers

    def creates(self, sources: list[Person], count: int) -> list[bytes]:
        """Signed Creates by people in turn."""
        made = []
        for number in range(count):
            source = sources[number % len(sources)]
            made.append(source.send(source.create(), self.node.inbox))
        return made

    async def some_posts(self) -> None:
        """Enough posts from elsewhere that a timeline is full."""
        sources = await self.sources()
        if self.node.count("select count(*) from statuses") < 200:
            await self.send_creates(self.creates(sources, 200))
            await self.node.quiet()

    async def some_boosts(self) -> None:
        """A home of nothing but boosts, for `fan`."""
        await self.some_posts()
        booster = await self.booster()
        node = self.node
        if node.count("select count(*) from statuses where reblog_of_id is not null"):
            return
        await node.quiet()
        newest = await node.get("/api/v1/timelines/public?limit=40", await self.token("reader"))
        uris = [one["uri"] for one in newest]
        await self.send_creates([booster.send(booster.announce(uri), node.inbox) for uri in uris])
        await node.quiet()

    async def _follow(self, name: str, people: list[Person]) -> None:
        """Have a member follow people elsewhere, through the client API; they accept."""
        node, world = self.node, self.world
        token = await self.token(name)
        world.bodies.clear()
        for one in people:
            found = await node.get(
                f"/api/v2/search?q=@{one.name}@{one.host}&resolve=true&type=accounts", token
            )
            await node.post(f"/api/v1/accounts/{found['accounts'][0]['id']}/follow", token)
        async with asyncio.timeout(60):
            while len(follows := world.activities("Follow")) < len(people):
                await asyncio.sleep(0.05)
        by_uri = {one.uri: one for one in people}
        accepts = [
            by_uri[one["object"]].send(by_uri[one["object"]].accept(one), node.inbox) for one in follows
        ]
        (await fire(node.port, accepts)).expect(202)
        await node.quiet()
