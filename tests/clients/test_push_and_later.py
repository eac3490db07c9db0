"""What comes to Mastodon.py by itself: pushes in both encodings, and a post that was written for later."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fediserver.clock import MINUTE
from tests.clients.test_real_clients import logged_in
from tests.processes import Node, eventually
from tests.push_service import Subscriber, serving

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def test_mastodon_py_subscribes_and_what_is_pushed_can_be_read(garden: Node) -> None:
    rose, sage = await logged_in(garden, "rose"), await logged_in(garden, "sage")
    async with serving() as (service, url):
        for standard in (True, False):
            app = Subscriber()
            made = await asyncio.to_thread(
                rose.push_subscription_set,
                f"{url}/{standard}",
                {"pubkey": app.point, "auth": app.auth},
                mention_events=True,
                standard=standard,
            )
            assert made.alerts.mention
            service.pushed.clear()
            await asyncio.to_thread(sage.status_post, "@rose hello")
            path, headers, body = await service.taken()
            said = json.loads(app.read(headers, body))
            assert (path, said["body"]) == (f"/{standard}", "@rose hello")
            assert said["access_token"] == rose.access_token
        await asyncio.to_thread(rose.push_subscription_delete)


async def test_mastodon_py_finds_and_sees_a_post_that_was_written_for_later(garden: Node) -> None:
    rose = await logged_in(garden, "rose")
    due = datetime.now(UTC) + timedelta(minutes=10)
    planned = await asyncio.to_thread(rose.status_post, "Open garden", scheduled_at=due)
    assert [one.id for one in await asyncio.to_thread(rose.scheduled_statuses)] == [planned.id]
    assert await asyncio.to_thread(rose.timeline_home) == []
    garden.advance(11 * MINUTE)

    async def shown() -> Any:
        return await asyncio.to_thread(rose.timeline_home)

    (status,) = await eventually("the post", shown)
    assert "Open garden" in status.content

    async def found() -> Any:
        return (await asyncio.to_thread(rose.search_v2, "garden", result_type="statuses")).statuses

    assert [one.id for one in await eventually("the post among what is found", found)] == [status.id]
