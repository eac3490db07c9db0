"""A push over real sockets, from `fediserver serve` to a service that decrypts it."""

import asyncio
import json
from pathlib import Path

import uvicorn

from tests.processes import eventually, free_port, node
from tests.push_service import PushService, Subscriber, claims


async def test_a_push_arrives_in_both_encodings(tmp_path: Path) -> None:
    service, port = PushService(), free_port()
    server = uvicorn.Server(
        uvicorn.Config(service, port=port, lifespan="off", log_level="warning", ws="none")
    )
    serving = asyncio.create_task(server.serve())
    try:
        async with node(tmp_path / "oak") as oak:
            alice, bob = await oak.accounts("alice", "bob")
            for standard in (True, False):
                app = Subscriber()
                endpoint = f"http://localhost:{port}/{standard}"
                address = {"endpoint": endpoint, "keys": app.keys(), "standard": standard}
                made = await alice.do(
                    "/v1/push/subscription", subscription=address, data={"alerts": {"mention": True}}
                )
                service.pushed.clear()
                await bob.post("@alice hello")

                async def arrived() -> bool:
                    return bool(service.pushed)

                await eventually("the push", arrived)
                path, headers, body = service.pushed[0]
                said = json.loads(app.read(headers, body))
                assert (path, said["body"], said["title"]) == (
                    f"/{standard}",
                    "@alice hello",
                    "bob mentioned you",
                )
                assert claims(headers, made["server_key"])["aud"] == f"http://localhost:{port}"
    finally:
        server.should_exit = True
        await serving
