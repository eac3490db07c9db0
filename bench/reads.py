"""What clients and other servers ask for."""

from bench.client import fire
from bench.people import CONTENT_TYPE
from bench.rows import Row, row
from bench.town import Town

CONNECTIONS = 8


async def _read(town: Town, item: str, request: bytes | list[bytes], count: int) -> Row:
    """CPU per answer, after a tenth as many that are not counted."""
    requests = request * (count // len(request)) if isinstance(request, list) else [request] * count
    node = town.node
    (await fire(node.port, requests[: count // 10], connections=CONNECTIONS)).expect(200)
    async with node.meter(item) as meter:
        answers = await fire(node.port, requests, connections=CONNECTIONS)
    answers.expect(200)
    return row(
        item,
        "CPU-ms",
        meter.cpu_ms / len(requests),
        count=len(requests),
        per_second=len(requests) / answers.seconds,
        latencies=answers.latencies,
        details=f"{len(answers.last)} bytes",
    )


async def home(town: Town) -> list[Row]:
    """A home of posts from elsewhere, and one of boosts only."""
    await town.some_boosts()
    rows = []
    for item, name in (("home of 20", "reader"), ("home of 20, all boosts", "fan")):
        request = town.node.reading("/api/v1/timelines/home?limit=20", await town.token(name))
        rows.append(await _read(town, item, request, town.sizes.reads))
    return rows


async def public(town: Town) -> list[Row]:
    """The public timeline, signed in."""
    await town.some_posts()
    request = town.node.reading("/api/v1/timelines/public?limit=20", await town.token("reader"))
    return [await _read(town, "public of 20", request, town.sizes.reads)]


async def status(town: Town) -> list[Row]:
    """One post, of twenty in turn."""
    await town.some_posts()
    token = await town.token("reader")
    newest = await town.node.get("/api/v1/timelines/public?limit=20", token)
    requests = [town.node.reading(f"/api/v1/statuses/{one['id']}", token) for one in newest]
    return [await _read(town, "one status", requests, town.sizes.cheap_reads)]


async def verify(town: Town) -> list[Row]:
    """Who am I."""
    request = town.node.reading("/api/v1/accounts/verify_credentials", await town.token("reader"))
    return [await _read(town, "verify_credentials", request, town.sizes.cheap_reads)]


async def instance(town: Town) -> list[Row]:
    """The node about itself, both versions."""
    return [
        await _read(
            town,
            f"instance v{version}",
            town.node.reading(f"/api/v{version}/instance"),
            town.sizes.cheap_reads,
        )
        for version in (1, 2)
    ]


async def discovery(town: Town) -> list[Row]:
    """WebFinger and NodeInfo."""
    await town.token("reader")
    webfinger = town.node.reading(f"/.well-known/webfinger?resource=acct:reader@{town.node.host}")
    nodeinfo = town.node.reading("/nodeinfo/2.0")
    return [
        await _read(town, "WebFinger", webfinger, town.sizes.cheap_reads),
        await _read(town, "NodeInfo", nodeinfo, town.sizes.cheap_reads),
    ]


async def actor(town: Town) -> list[Row]:
    """A member's document, asked for as anybody and with a signature."""
    await town.token("reader")
    url = f"{town.node.base_url}/users/reader"
    plain = town.node.reading("/users/reader", Accept=CONTENT_TYPE)
    sources = await town.sources()
    signed = [one.get(url) for one in sources]
    return [
        await _read(town, "actor document", plain, town.sizes.cheap_reads),
        await _read(town, "actor document, signed GET", signed, town.sizes.cheap_reads),
    ]
