"""kill -9 at any moment: nothing that was acknowledged is lost, nothing comes twice."""

import asyncio
import json
import random
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import httpx

from tests.processes import Entity, Node, Person, eventually, node

SEED = 20_261
POSTS = 250
"""By each of two authors, on two nodes."""
WRITERS = 3
KILLS = 4
"""Of each node."""


class Author:
    """Publishes from several tasks, each post until it is acknowledged; `uris` are the posts by their text."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.uris: dict[str, str] = {}

    async def publish(self) -> None:
        """Everything there is to say."""
        await asyncio.gather(*(self._write(range(first, POSTS, WRITERS)) for first in range(WRITERS)))

    async def _write(self, numbers: range) -> None:
        for number in numbers:
            text = f"{self.person.name} says {number:03}"
            while text not in self.uris:
                try:
                    answer = await self.person.client.post(
                        "/api/v1/statuses", json={"status": text}, headers={"idempotency-key": text}
                    )
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                assert answer.status_code == 200, answer.text
                self.uris[text] = answer.json()["uri"]


async def kill_and_restart(victim: Node, author: Author, chance: random.Random) -> None:
    """At random moments while its author writes."""
    for count in sorted(chance.sample(range(5, POSTS), KILLS)):
        while len(author.uris) < count:
            await asyncio.sleep(0.001)
        await asyncio.sleep(chance.uniform(0, 0.02))
        victim.kill()
        await asyncio.sleep(chance.uniform(0, 0.3))
        await victim.start()


async def settled(nodes: list[Node]) -> None:
    """Wait until nothing is under way any more."""

    async def nothing_waits() -> bool:
        left = 0
        for one in nodes:
            facts = json.loads(await one.command("queue", "status", "--json"))
            left += facts["waiting"] + facts["unhandled"]
            for host in facts["hosts"]:
                if host["waiting"]:
                    await one.command("queue", "retry", host["host"])
        return left == 0

    await eventually("every delivery is made and handled", nothing_waits, seconds=90, every=0.5)


async def whole_home(person: Person) -> list[Entity]:
    """The home timeline, page by page."""
    entities: list[Entity] = []
    address = "/api/v1/timelines/home?limit=40"
    while address:
        answer = await person.client.get(address)
        assert answer.status_code == 200, answer.text
        entities += answer.json()
        address = answer.links.get("next", {}).get("url", "")
    return entities


def stored(directory: Path) -> Counter[str]:
    """How often each post is there, of a database that is whole."""
    with closing(sqlite3.connect(directory / "fediserver.db")) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert database.execute("pragma foreign_key_check").fetchall() == []
        return Counter(uri for (uri,) in database.execute("select uri from statuses"))


async def test_nothing_acknowledged_is_lost_and_nothing_comes_twice(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    async with node(tmp_path / "oak") as oak, node(tmp_path / "elm") as elm:
        (alice, carol), (bob, dave) = await asyncio.gather(
            oak.accounts("alice", "carol"), elm.accounts("bob", "dave")
        )
        await asyncio.gather(carol.follows(bob), dave.follows(alice))
        authors = (Author(alice), Author(bob))
        await asyncio.gather(
            *(author.publish() for author in authors),
            *(kill_and_restart(*each, chance) for each in zip((oak, elm), authors, strict=True)),
        )
        await settled([oak, elm])
        for author, reader in zip(authors, (dave, carol), strict=True):
            home = [entity["uri"] for entity in await whole_home(reader)]
            assert sorted(home) == sorted(author.uris.values())
        await asyncio.gather(oak.stop(), elm.stop())
        said = Counter(uri for author in authors for uri in author.uris.values())
        assert stored(oak.directory) == said
        assert stored(elm.directory) == said
