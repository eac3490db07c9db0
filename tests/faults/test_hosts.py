"""Followers on hosts that are dead, hang, dawdle or fail: the others must not notice."""

import asyncio
import json
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.faults.fake_host import FakeHost, fake_host
from tests.processes import Node, Person, eventually, marker, node

POSTS = 6
LEEWAY = 5.0
"""Seconds by which a busy machine may be late; one hanging request would cost thirty."""


async def publish(author: Person, count: int) -> list[str]:
    """Publish posts one after the other; answers their ids."""
    return [(await author.post(marker()))["uri"] for _ in range(count)]


async def everywhere(hosts: Iterable[FakeHost], uris: list[str], *, seconds: float = 60) -> None:
    """Wait until each host has each post."""

    async def there() -> bool:
        return all(host.received.keys() >= set(uris) for host in hosts)

    await eventually("each host has each post", there, seconds=seconds, every=0.01)


async def standing(of: Node) -> dict[str, Any]:
    """What `queue status` says of each host."""
    facts = json.loads(await of.command("queue", "status", "--json"))
    return {host["host"]: host for host in facts["hosts"]}


async def test_hosts_that_are_out_of_order_hold_up_nobody_else(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        oak = await stack.enter_async_context(node(tmp_path / "oak"))
        names = ("fern", "moss", "reed", "sage", "dead", "hanging", "slow", "failing")
        hosts = [await stack.enter_async_context(fake_host(name)) for name in names]
        *live, dead, hanging, slow, failing = hosts
        alice = await oak.account("alice")
        await asyncio.gather(*(host.follow(oak, "alice") for host in hosts))

        began = time.monotonic()
        before = await publish(alice, POSTS)
        await everywhere(hosts, before)
        usual = max(host.arrived_at[uri] for host in live for uri in before) - began

        await dead.down()
        hanging.manner, slow.manner, failing.manner = "hang", "slow", "fail"
        began = time.monotonic()
        first = await publish(alice, POSTS)
        await everywhere(live, first)
        disturbed = max(host.arrived_at[uri] for host in live for uri in first) - began
        assert hanging.held, "the hanging host was to hold its connection all the while"
        assert disturbed < usual + LEEWAY

        # Again, now that the node has met with all of it; and the slow one gets everything, too.
        second = await publish(alice, POSTS)
        await everywhere(live, second)
        assert hanging.held
        assert hanging.asked <= POSTS + 1 + 2, "at most two requests at a time"
        await everywhere([slow], [*first, *second])
        for host in (*live, slow):
            assert set(host.received.values()) == {1}
        said = await standing(oak)
        assert [said[host.host]["waiting"] for host in live] == [0] * len(live)
        assert said[dead.host]["waiting"] == said[failing.host]["waiting"] == 2 * POSTS
        assert said[hanging.host]["waiting"] == 2 * POSTS
        assert "no connection" in said[dead.host]["last_error"]
        assert "answered 500: out of order" in said[failing.host]["last_error"]
        assert said[dead.host]["breaker"] == said[failing.host]["breaker"] == "open"
        assert said[dead.host]["next_try"] is not None

        await dead.up()
        failing.recover()
        hanging.recover()
        for host in (dead, failing):
            await oak.command("queue", "retry", host.host)
        await everywhere(hosts, [*first, *second])
        assert set(dead.received.values()) == set(failing.received.values()) == {1}


async def test_a_host_that_was_down_for_three_seconds_soon_has_everything(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        oak = await stack.enter_async_context(node(tmp_path / "oak"))
        fern = await stack.enter_async_context(fake_host("fern"))
        moss = await stack.enter_async_context(fake_host("moss"))
        alice, bob = await oak.accounts("alice", "bob")
        await asyncio.gather(fern.follow(oak, "alice"), moss.follow(oak, "bob"))
        await asyncio.gather(fern.down(), moss.down())
        # Many posts open the breaker, a single one does not.
        many, one = await asyncio.gather(publish(alice, 2 * POSTS), publish(bob, 1))
        await asyncio.sleep(3)
        await asyncio.gather(fern.up(), moss.up())
        await asyncio.gather(everywhere([fern], many, seconds=15), everywhere([moss], one, seconds=15))
        assert set(fern.received.values()) == {1}
        assert set(moss.received.values()) == {1}
