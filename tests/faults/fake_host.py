"""A server of another make with one person on it, who follows, and whose inbox behaves as a test wishes."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx
import orjson
from aiohttp import web

from fediserver.signatures import Message, keys, sign
from tests.processes import Node, eventually, free_port

Manner = Literal["well", "hang", "slow", "fail"]

SLOW_SECONDS = 0.5
_TYPE = "application/activity+json"


class FakeHost:
    """http://localhost:PORT; `manner` says how its inbox answers, `down` and `up` whether it is there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.port = free_port()
        self.host = f"localhost:{self.port}"
        self.actor = f"http://{self.host}/users/{name}"
        self.manner: Manner = "well"
        self.received: Counter[str] = Counter()
        self.arrived_at: dict[str, float] = {}
        self.accepted: set[str] = set()
        self.asked = 0
        self.held = 0
        self._key = keys.generate_rsa()
        self._let_go = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def up(self) -> None:
        """Listen."""
        app = web.Application()
        app.router.add_get("/.well-known/webfinger", self._webfinger)
        app.router.add_get(f"/users/{self.name}", self._document)
        app.router.add_post("/inbox", self._inbox)
        app.router.add_post(f"/users/{self.name}/inbox", self._inbox)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def down(self) -> None:
        """Refuse connections, and break those that are open."""
        self._let_go.set()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def recover(self) -> None:
        """Answer well from now on, also those requests that are held."""
        self.manner = "well"
        self._let_go.set()

    async def follow(self, node: Node, name: str) -> None:
        """Follow somebody of a node, and wait for the answer."""
        followed = f"{node.base_url}/users/{name}"
        follow = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.actor}/follows/{name}",
            "type": "Follow",
            "actor": self.actor,
            "object": followed,
        }
        inbox = f"{followed}/inbox"
        message = Message(
            method="POST", url=inbox, headers={"content-type": _TYPE}, body=orjson.dumps(follow)
        )
        signed = sign(
            message,
            scheme="cavage",
            key_id=f"{self.actor}#main-key",
            key=keys.load_private(self._key.private_pem),
            now=round(time.time() * 1000),
        )
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(inbox, content=message.body, headers={**message.headers, **signed})
        assert answer.status_code == 202, answer.text

        async def accepted() -> bool:
            return followed in self.accepted

        await eventually(f"{followed} accepts {self.actor}", accepted)

    async def _webfinger(self, request: web.Request) -> web.Response:
        self_link = {"rel": "self", "type": _TYPE, "href": self.actor}
        found = {"subject": f"acct:{self.name}@{self.host}", "links": [self_link]}
        known = request.query.get("resource") == found["subject"]
        return (
            web.json_response(found, content_type="application/jrd+json")
            if known
            else web.Response(status=404)
        )

    async def _document(self, _: web.Request) -> web.Response:
        document = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": self.actor,
            "type": "Person",
            "preferredUsername": self.name,
            "inbox": f"{self.actor}/inbox",
            "outbox": f"{self.actor}/outbox",
            "followers": f"{self.actor}/followers",
            "endpoints": {"sharedInbox": f"http://{self.host}/inbox"},
            "publicKey": {
                "id": f"{self.actor}#main-key",
                "owner": self.actor,
                "publicKeyPem": self._key.public_pem,
            },
        }
        return web.json_response(document, content_type=_TYPE)

    async def _inbox(self, request: web.Request) -> web.Response:
        activity: dict[str, Any] = orjson.loads(await request.read())
        self.asked += 1
        if self.manner == "fail":
            return web.Response(status=500, text="out of order")
        if self.manner == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        if self.manner == "hang":
            self.held += 1
            await self._let_go.wait()
            self.held -= 1
        self._note(activity)
        return web.Response(status=202)

    def _note(self, activity: dict[str, Any]) -> None:
        if activity["type"] == "Accept":
            self.accepted.add(activity["actor"])
        if activity["type"] == "Create":
            uri = activity["object"]["id"]
            self.received[uri] += 1
            self.arrived_at.setdefault(uri, time.monotonic())


@asynccontextmanager
async def fake_host(name: str) -> AsyncIterator[FakeHost]:
    """A host that is up; gone at the end."""
    made = FakeHost(name)
    await made.up()
    try:
        yield made
    finally:
        await made.down()
