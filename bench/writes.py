"""What changes something: posts, what other servers send, new followers, deliveries."""

import time

from bench.client import fire
from bench.rows import Row, row
from bench.town import Town

_TEXT = (
    "The community garden opens again on Saturday, rain or shine. We have seedlings for everybody, "
    "two new beds by the wall, and soup at noon ({}); bring gloves if you have some, and tell the neighbours."
)
_HOSTS = """
    select count(distinct a.host_id) from follows f
      join accounts a on a.id = f.account_id join accounts s on s.id = f.target_id
     where s.username = 'speaker' and s.domain = ''
"""


async def post(town: Town) -> list[Row]:
    """Posts of somebody whom nobody follows, and what they take up in the database."""
    node, count = town.node, town.sizes.posts
    token = await town.token("writer")
    requests = [
        node.writing("/api/v1/statuses", token, status=_TEXT.format(number)) for number in range(count + 20)
    ]
    (await fire(node.port, requests[:20])).expect(200)
    await node.quiet()
    size = node.database_bytes()
    async with node.meter("POST status") as meter:
        answers = (await fire(node.port, requests[20:])).expect(200)
        await node.quiet()
    grown = node.database_bytes() - size
    return [
        row(
            "POST status, no followers",
            "CPU-ms",
            meter.cpu_ms / count,
            count=count,
            per_second=count / answers.seconds,
            latencies=answers.latencies,
        ),
        row("database per 1,000 local posts", "MB", grown / count * 1000 / 1e6, count=count),
    ]


async def inbox(town: Town) -> list[Row]:
    """Creates until they are stored: on a young table."""
    return await _inbox(town, "empty table")


async def grown_inbox(town: Town) -> list[Row]:
    """The same on a table that has grown."""
    sources = await town.sources()
    while (missing := town.sizes.grown - town.node.count("select count(*) from statuses")) > 0:
        await town.send_creates(town.creates(sources, min(missing, 2000)))
    await town.node.quiet()
    return await _inbox(town, "grown table")


async def _inbox(town: Town, which: str) -> list[Row]:
    node, count = town.node, town.sizes.creates
    sources = await town.sources()
    # One from each: afterwards their keys are known.
    await town.send_creates(town.creates(sources, len(sources)))
    await node.quiet()
    requests = town.creates(sources, count)
    before, size = node.count("select count(*) from statuses"), node.database_bytes()
    async with node.meter(f"inbox {which}") as meter:
        began = time.perf_counter()
        answers = await town.send_creates(requests)
        seconds = time.perf_counter() - began
        await node.quiet()
    grown = node.database_bytes() - size
    home = await node.get("/api/v1/timelines/home?limit=1", await town.token("reader"))
    if home[0]["account"]["username"] not in {one.name for one in sources}:
        raise RuntimeError("what was stored is not in the reader's home")
    item = f"inbox Create, {which}"
    rows = [
        row(
            item,
            "CPU-ms",
            meter.cpu_ms / count,
            count=count,
            latencies=answers.latencies,
            details=f"{before} posts before; latency is until the 202",
        ),
        row(f"{item}, rate", "per s", count / seconds, count=count, details="until stored"),
    ]
    if which == "empty table":
        rows.append(row("database per 1,000 remote posts", "MB", grown / count * 1000 / 1e6, count=count))
    return rows


async def follow(town: Town) -> list[Row]:
    """Follows by people of whom nothing is known, until each has the Accept."""
    node, world = town.node, town.world
    await town.token("speaker")
    # A few first, so that code paths are loaded.
    await town.follow_speaker([world.person() for _ in range(10)])
    await node.quiet()
    people = [world.person() for _ in range(town.sizes.followers)]
    requests = town.speaker_follows(people)
    asked = world.requests
    async with node.meter("Follow") as meter:
        began = time.perf_counter()
        answers = await town.follow_speaker(people, requests=requests)
        seconds = time.perf_counter() - began
        await node.quiet()
    return [
        row(
            "Follow from a host never seen",
            "CPU-ms",
            meter.cpu_ms / len(people),
            count=len(people),
            per_second=len(people) / seconds,
            latencies=answers.latencies,
            details=f"{(world.requests - asked) / len(people):.1f} requests to each host; latency is until the 202",
        )
    ]


async def fan_out(town: Town) -> list[Row]:
    """Posts to followers on as many hosts, over connections that are open."""
    await _say(town, 1)
    return await _fan_out(town, "delivery, warm")


async def fan_out_tls(town: Town) -> list[Row]:
    """The same with a new connection and a whole TLS handshake for each delivery."""
    town.world.hangs_up = True
    await _say(town, 1)
    return await _fan_out(town, "delivery, fresh TLS")


async def _fan_out(town: Town, item: str) -> list[Row]:
    node, world, rounds = town.node, town.world, town.sizes.rounds
    await node.quiet()
    world.keeps = False
    before, handshakes = world.received, world.handshakes
    async with node.meter(item) as meter:
        seconds = await _say(town, rounds)
        await node.quiet()
    world.keeps = True
    sent = world.received - before
    opened = world.handshakes - handshakes
    return [
        row(
            item,
            "CPU-ms",
            meter.cpu_ms / sent,
            count=sent,
            details=f"{rounds} posts; {opened} connections opened",
        ),
        row(f"{item}, rate", "per s", sent / seconds, count=sent),
    ]


async def _say(town: Town, rounds: int) -> float:
    """Post as `speaker`, one after the other, each until all followers' hosts have it; answers seconds."""
    node, world = town.node, town.world
    await town.followers()
    hosts = node.count(_HOSTS)
    token = await town.token("speaker")
    began = time.perf_counter()
    for number in range(rounds):
        expected = world.received + hosts
        await node.post("/api/v1/statuses", token, status=_TEXT.format(f"{number} {began}"))
        await world.until(expected, 120)
    return time.perf_counter() - began
