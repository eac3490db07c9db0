"""Writing to people whom nobody here has met, while their server is down: it arrives when that is back."""

import asyncio
from pathlib import Path

from tests.processes import eventually, marker, node

DOWN_SECONDS = 10
LONGEST = 90
"""Tries come after 2, 10 and 30 seconds, and the post itself has to be delivered then."""


async def test_a_mention_and_a_direct_post_arrive_when_their_server_is_back(tmp_path: Path) -> None:
    async with node(tmp_path / "oak") as oak, node(tmp_path / "elm") as elm:
        (alice,), (bob, erin) = await asyncio.gather(oak.accounts("alice"), elm.accounts("bob", "erin"))
        await elm.stop()
        down = asyncio.create_task(asyncio.sleep(DOWN_SECONDS))
        hello, secret = marker(), marker()
        mention, direct = await asyncio.gather(
            alice.post(f"{bob.handle} {hello}"), alice.post(f"{erin.handle} {secret}", "direct")
        )
        assert (mention["mentions"], direct["mentions"]) == ([], [])
        await down
        await elm.start()

        for person, text, post in ((bob, hello, mention), (erin, secret, direct)):

            async def told(who=person, words=text) -> list[dict[str, object]]:  # type: ignore[no-untyped-def]
                found = await who.get("/v1/notifications", limit=40)
                return [one for one in found if words in one["status"]["content"]]

            [notification] = await eventually(f"{person.handle} is told", told, seconds=LONGEST)
            assert notification["type"] == "mention"
            received = notification["status"]
            assert (received["uri"], received["visibility"]) == (post["uri"], post["visibility"])
            assert [one["acct"] for one in received["mentions"]] == [person.name]
            sent = await alice.get(f"/v1/statuses/{post['id']}")
            assert [one["acct"] for one in sent["mentions"]] == [person.handle.removeprefix("@")]
