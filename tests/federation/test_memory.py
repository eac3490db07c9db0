"""Memory stays flat however much bad input comes at once: measured on a real process."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

from fediserver import clock
from fediserver.activitypub.vocabulary import CONTENT_TYPE
from fediserver.signatures import Message, keys, sign
from tests.processes import Node, node

MIB = 1 << 20
AT_ONCE = 12
ROUNDS = 5
GROWTH = 200 * MIB
"""Above what an idle node holds: a dozen bodies are read, hashed and parsed at once, others wait for keys.

About 110 MiB were measured, after 840 MiB of bad input as after 4,000.
"""

Send = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


def deep() -> bytes:
    return b'{"a":' * 10_000 + b"1" + b"}" * 10_000


def broad() -> bytes:
    """As many values as are read, and as many bytes."""
    values = b",".join([b'"%d"' % number for number in range(49_000)])
    body = b'{"type":"Like","actor":"http://localhost:9/u","object":[' + values + b'],"content":"'
    return body + b"x" * (MIB - len(body) - 2) + b'"}'


def brackets() -> bytes:
    return b'{"a":[' + b"[]," * (MIB // 3 - 10) + b"1]}"


def long_text() -> bytes:
    note = {"type": "Note", "id": "http://localhost:9/n", "content": "<p>" * 300_000}
    activity = {"type": "Create", "actor": "http://localhost:9/u", "object": note}
    return orjson.dumps(activity)


def signed(served: Node, body: bytes, number: int) -> dict[str, str]:
    """Signed with a key that cannot be had: read and checked as far as that goes, then kept."""
    url = f"{served.base_url}/inbox"
    key = keys.load_private(keys.generate_rsa().private_pem)
    message = Message(method="POST", url=url, headers={"content-type": CONTENT_TYPE}, body=body)
    key_id = f"http://localhost:9/users/{number}#main-key"
    return {
        "content-type": CONTENT_TYPE,
        **sign(message, scheme="cavage", key_id=key_id, key=key, now=clock.now()),
    }


async def chunks(size: int) -> AsyncIterator[bytes]:
    """A body whose length is not said."""
    for _ in range(size // 65_536):
        yield b"x" * 65_536


def bad_requests(served: Node, number: int) -> list[tuple[Send, int]]:
    """One of each kind, with the status that it must get."""
    url = f"{served.base_url}/inbox"

    def signed_post(body: bytes) -> Send:
        return lambda client: client.post(url, content=body, headers=signed(served, body, number))

    def unsigned_post(body: Callable[[], bytes | AsyncIterator[bytes]]) -> Send:
        return lambda client: client.post(url, content=body(), headers={"content-type": CONTENT_TYPE})

    huge = b"x" * 10 * MIB
    return [
        (signed_post(deep()), 400),
        (signed_post(brackets()), 400),
        (signed_post(b"\xff" * MIB), 400),
        (signed_post(broad()), 202),
        (signed_post(long_text()), 202),
        (unsigned_post(lambda: huge), 413),
        (unsigned_post(lambda: huge), 413),
        (unsigned_post(lambda: chunks(10 * MIB)), 413),
    ]


async def a_round(served: Node, client: httpx.AsyncClient, first: int) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(send: Send, status: int) -> None:
        async with gate:
            answer = await send(client)
        assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
        assert status == 202 or answer.json()["error"]

    kinds = [kind for number in range(first, first + 6) for kind in bad_requests(served, number)]
    await asyncio.gather(*(one(send, status) for send, status in kinds))


def memory(served: Node, name: str) -> int:
    """A figure of /proc/PID/status in bytes: VmRSS is what is held now, VmHWM what it was at most."""
    process = served._process
    assert process is not None
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc here")
async def test_memory_stays_flat_under_large_and_deep_bodies(tmp_path: Path) -> None:
    async with node(tmp_path / "oak") as served:
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(timeout=120, trust_env=False, limits=limits) as client:
            idle = memory(served, "VmRSS")
            await a_round(served, client, 0)
            first = memory(served, "VmHWM")
            sent = 0
            for number in range(1, ROUNDS):
                await a_round(served, client, number * 10)
                sent += 6 * (3 * 10 + 5)
            peak, after = memory(served, "VmHWM"), memory(served, "VmRSS")
            sys.stdout.write(
                f"\nidle {idle // MIB} MiB, after a first round at most {first // MIB} MiB; "
                f"then {sent} MiB of bad input: at most {peak // MIB} MiB, {after // MIB} MiB afterwards\n"
            )
            assert peak - idle < GROWTH
            health = await client.get(f"{served.base_url}/health")
            assert (health.status_code, urlsplit(str(health.url)).path) == (200, "/health")
