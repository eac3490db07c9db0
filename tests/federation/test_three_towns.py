"""Three towns talk, and what they say arrives in any order, twice, or late: in the end all three have the same.

A failure prints everything that was done.
"""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest

from fediserver.clock import HOUR, MINUTE, SECOND
from fediserver.db import statuses
from tests.conftest import OpenTown
from tests.federation.test_two_towns import followed
from tests.town import Network, Town

HOMES = {"alice": "oak.example", "bob": "elm.example", "carol": "ash.example"}
STEPS = 60
TWICE = 0.3
"""How often something is handed over once more."""

Seen = dict[str, Any]


class Talk:
    """What alice, bob and carol say, each at home, and what becomes of it elsewhere; all follow each other."""

    def __init__(self, towns: dict[str, Town], clients: dict[str, httpx.AsyncClient], seed: int) -> None:
        self.towns = towns
        self.clients = clients
        self.random = random.Random(seed)
        self.network: Network = towns["alice"].network
        self.authors: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.journal: list[str] = []

    async def step(self) -> None:
        """Somebody says something, or something arrives somewhere."""
        self.towns["alice"].clock.advance(SECOND)
        said: list[Callable[[], Awaitable[None]]] = [self.post, self.reply, self.reply, self.reply]
        changed: list[Callable[[], Awaitable[None]]] = [self.edit, self.delete]
        carried: list[Callable[[], Awaitable[None]]] = [self.hand_over] * 4
        await self.random.choice([*said, *changed, *carried, self.stumble, self.wait])()

    async def post(self, parent: str = "") -> None:
        name = self.random.choice(sorted(HOMES))
        fields = {"status": f"{name} says {len(self.authors)}"}
        if parent:
            known = await statuses.by_uri(self.towns[name].ctx.db, parent)
            if known is None:
                return
            fields["in_reply_to_id"] = str(known.id)
        made = (await self.clients[name].post("/api/v1/statuses", json=fields)).json()
        self.authors[made["uri"]] = name
        self.journal.append(f"{fields['status']} in answer to {parent or 'nobody'}: {made['uri']}")

    async def reply(self) -> None:
        if there := sorted(self.authors):
            await self.post(self.random.choice(there))

    async def edit(self) -> None:
        await self._change("PUT", json={"status": f"changed at step {len(self.journal)}"})

    async def delete(self) -> None:
        self.deleted |= {uri for uri in [await self._change("DELETE")] if uri}

    async def _change(self, method: str, **sent: Any) -> str:
        mine = sorted(self.authors.keys() - self.deleted)
        if not mine:
            return ""
        uri = self.random.choice(mine)
        name = self.authors[uri]
        path = f"/api/v1/statuses/{uri.rpartition('/')[2]}"
        assert (await self.clients[name].request(method, path, **sent)).status_code == 200
        self.journal.append(f"{method} {uri} {sent}")
        return uri

    async def hand_over(self, share: float = 0.3) -> None:
        """Some of what is on its way arrives, in any order, and some of that will come again."""
        for town in self.towns.values():
            await town.settle()
        held = self.network.held or []
        self.random.shuffle(held)
        for _ in range(round(share * len(held) + 0.5)):
            if not held:
                break
            request = held.pop()
            if request.url.host in self.network.down:
                held.insert(0, request)
                continue
            self.journal.append(f"{told(request)} arrives at {request.url.host}")
            assert (await self.network.hand_over(request)).status_code == 202
            if self.random.random() < TWICE:
                held.insert(0, request)
        for town in self.towns.values():
            await town.settle()

    async def stumble(self) -> None:
        """A town goes down, or all are up again."""
        if self.network.down:
            self.network.down.clear()
        else:
            self.network.down.add(self.random.choice(sorted(HOMES.values())))
        self.journal.append(f"down: {self.network.down}")

    async def wait(self) -> None:
        self.towns["alice"].clock.advance(2 * MINUTE)

    async def end(self) -> None:
        """Everything arrives that is still on its way, within the time that signatures and retries leave it."""
        self.network.down.clear()
        for _ in range(12):
            await self.hand_over(1.0)
            self.towns["alice"].clock.advance(4 * MINUTE)

    async def compare(self) -> None:
        """All three have the same posts, with the same words, in answer to the same."""
        seen = {name: await self.as_seen_by(name) for name in HOMES}
        expected = self.authors.keys() - self.deleted
        for name in HOMES:
            assert seen[name].keys() == expected, name
            for uri in sorted(expected):
                assert seen[name][uri] == seen["alice"][uri], (name, uri)

    async def as_seen_by(self, name: str) -> Seen:
        """Every post that a member can look at, by its id on the network: words, parent, and its whole thread."""
        town, client, found = self.towns[name], self.clients[name], {}
        for uri in self.authors:
            row = await statuses.by_uri(town.ctx.db, uri)
            if row is None:
                continue
            parent = await statuses.by_id(town.ctx.db, row.in_reply_to_id or 0)
            entity = (await client.get(f"/api/v1/statuses/{row.id}")).json()
            context = (await client.get(f"/api/v1/statuses/{row.id}/context")).json()
            found[uri] = (
                entity["content"],
                entity["edited_at"] is not None,
                parent.uri if parent else row.in_reply_to_uri,
                [one["uri"] for one in context["ancestors"]],
                sorted(one["uri"] for one in context["descendants"]),
                entity["replies_count"],
            )
        return found


def told(request: httpx.Request) -> str:
    doc = orjson.loads(request.content)
    about = doc["object"]
    return f"{doc['type']} of {about['id'] if isinstance(about, dict) else about}"


@pytest.mark.parametrize("seed", range(4))
async def test_a_thread_is_the_same_everywhere_in_the_end(open_town: OpenTown, seed: int) -> None:
    towns = {name: await open_town(host, rate_limits="off") for name, host in HOMES.items()}
    people = {name: await town.account(name) for name, town in towns.items()}
    for one in HOMES:
        for other in HOMES.keys() - {one}:
            await followed(towns[one], people[one], towns[other], people[other])
    talk = Talk(towns, {name: await towns[name].client(people[name]) for name in HOMES}, seed)
    talk.network.held = []
    began = towns["alice"].clock()
    try:
        for _ in range(STEPS):
            await talk.step()
        await talk.end()
        await talk.compare()
    except AssertionError as error:
        error.add_note("\n".join(talk.journal))
        raise
    assert towns["alice"].clock() - began < 3 * HOUR, "a signature is good for an hour either way"
