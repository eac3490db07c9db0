"""A push over real sockets, from `fediserver serve` to a service that decrypts it."""

import json
from pathlib import Path

from tests.processes import node
from tests.push_service import Subscriber, claims, serving


async def test_a_push_arrives_in_both_encodings(tmp_path: Path) -> None:
    async with serving() as (service, url), node(tmp_path / "oak") as oak:
        alice, bob = await oak.accounts("alice", "bob")
        for standard in (True, False):
            app = Subscriber()
            address = {"endpoint": f"{url}/{standard}", "keys": app.keys(), "standard": standard}
            made = await alice.do(
                "/v1/push/subscription", subscription=address, data={"alerts": {"mention": True}}
            )
            service.pushed.clear()
            await bob.post("@alice hello")
            path, headers, body = await service.taken()
            said = json.loads(app.read(headers, body))
            assert (path, said["body"], said["title"]) == (
                f"/{standard}",
                "@alice hello",
                "bob mentioned you",
            )
            assert claims(headers, made["server_key"])["aud"] == url
