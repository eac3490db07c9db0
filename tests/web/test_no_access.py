"""Blocked networks, in every process of a node."""

from pathlib import Path

from tests.processes import Node, eventually, node, postgres_database

ADDRESS = "198.51.100.7"


async def statuses(oak: Node) -> set[int]:
    """What several connections are answered that come from the address: every process has some."""
    found = set()
    for _ in range(12):
        client = await oak.client({"x-forwarded-for": ADDRESS, "connection": "close"})
        found.add((await client.get("/api/v1/instance")).status_code)
    return found


async def test_every_process_keeps_out_who_has_no_access(tmp_path: Path, postgres_socket: str) -> None:
    async with (
        postgres_database(postgres_socket) as url,
        node(tmp_path / "oak", database_url=url, workers=3) as oak,
    ):
        await oak.command("account", "create", "olga", "--email", "olga@mail.example", "--role", "owner")
        token = (await oak.command("account", "token", "olga", "--scopes", "admin:write")).strip()
        olga = await oak.client({"authorization": f"Bearer {token}"})
        assert await statuses(oak) == {200}
        said = {"ip": "198.51.100.0/24", "severity": "no_access"}
        assert (await olga.post("/api/v1/admin/ip_blocks", json=said)).status_code == 200

        async def all_are(status: int) -> bool:
            return await statuses(oak) == {status}

        await eventually("every process keeps them out", lambda: all_are(403))
        await oak.command("network", "unblock", said["ip"])
        await eventually("every process lets them in", lambda: all_are(200))
