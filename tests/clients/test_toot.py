"""A client for the terminal that people use, against a running node: toot, logged in through the pages."""

import asyncio
import os
import sys
from pathlib import Path

from fediserver.clock import HOUR
from tests.clients.door import authorise
from tests.clients.test_real_clients import picture
from tests.processes import Node, eventually


class Toot:
    """toot with a home folder of its own; called with the words of a command, it answers what is printed."""

    def __init__(self, home: Path) -> None:
        self._environment = {
            "XDG_CONFIG_HOME": str(home / "config"),
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "BROWSER": "true",
        }

    async def __call__(self, *words: str) -> str:
        process = await self._started(*words)
        printed, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, printed.decode()
        return printed.decode()

    async def log_in(self, garden: Node, name: str) -> None:
        """Open the address that it prints, agree, and type the code."""
        login = await self._started("login", "--instance", garden.base_url)
        assert login.stdout is not None
        assert login.stdin is not None
        url = ""
        while not url:
            line = (await asyncio.wait_for(login.stdout.readline(), 30)).decode()
            assert line, "toot ended before it showed an address"
            url = next((word for word in line.split() if "/oauth/authorize" in word), "")
        login.stdin.write(b"y\n")
        code = await authorise(await garden.client(), url, name=name)
        printed, _ = await asyncio.wait_for(login.communicate(f"{code}\n".encode()), 30)
        assert login.returncode == 0, printed.decode()

    async def _started(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            Path(sys.executable).parent / "toot",
            *words,
            env=self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )


async def test_toot_logs_in_posts_and_reads(garden: Node, tmp_path: Path) -> None:
    toot = Toot(tmp_path)
    await toot.log_in(garden, "rose")

    async def shown(text: str) -> str:
        """The home timeline, once the text is in it."""

        async def there() -> str:
            printed = await toot("timelines", "home", "--limit", "10", "--no-pager", "--no-clear")
            return printed if text in printed else ""

        return await eventually(f"{text} in toot's timeline", there, every=0.5)

    (tmp_path / "bed.png").write_bytes(picture())
    await toot(
        "post", "Hello from the terminal", "--media", str(tmp_path / "bed.png"), "--description", "green"
    )
    await toot("post", "Tea or coffee?", "--poll-option", "tea", "--poll-option", "coffee")
    await toot("follow", "sage")
    sage = await garden.person("sage")
    seen = await sage.post("An answer from sage")

    home_text = await shown("An answer from sage")
    assert "Hello from the terminal" in home_text
    assert "coffee" in home_text
    assert "sage" in await toot("search", "sage")
    assert "An answer from sage" in await toot("status", seen["id"])

    await toot("reblog", seen["id"])
    await toot("post", "A reply from the terminal", "--reply-to", seen["id"])
    assert "A reply from the terminal" in await toot("thread", seen["id"])
    assert "rose" in await toot("reblogged-by", seen["id"])
    await sage.post("@rose which tea?")
    assert "which tea?" in await toot("notifications", "--type", "mention")
    asked = await sage.post("Spade or fork?", poll={"options": ["spade", "fork"], "expires_in": 600})
    await toot("polls", "vote", asked["poll"]["id"], "1")
    assert "1 vote" in await toot("polls", "show", asked["poll"]["id"])

    async def found() -> bool:
        return "Statuses:" in await toot("search", "terminal", "--type", "statuses")

    await eventually("the post in toot's search", found, every=0.5)

    await toot("lists", "create", "Herbs")
    await toot("lists", "add", "Herbs", "sage")
    assert "sage" in await toot("lists", "accounts", "Herbs")
    listed = await toot("timelines", "list", "Herbs", "--no-pager", "--no-clear")
    assert "An answer from sage" in listed
    assert "Hello from the terminal" not in listed
    await toot("lists", "remove", "Herbs", "sage")
    assert "sage" not in await toot("lists", "accounts", "Herbs")
    await toot("tags", "follow", "compost")
    assert "compost" in await toot("tags", "followed")
    await toot("post", "Open garden", "--scheduled-in", "1 hour")
    garden.advance(2 * HOUR)
    await shown("Open garden")
