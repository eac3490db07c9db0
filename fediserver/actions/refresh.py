"""Threads of other servers' posts are looked after when a member looks at them; never because a stranger does."""

from fediserver.actions import visibility
from fediserver.actions.core import Core
from fediserver.clock import DAY, MINUTE
from fediserver.db import refreshes, statuses
from fediserver.db.database import Reader, Writer
from fediserver.errors import NotFound
from fediserver.models.account import Account
from fediserver.models.refresh import Refresh
from fediserver.models.status import Status

TOPIC = "refreshes"
SETTLED = 5 * MINUTE
"""A younger post is left alone: its replies are still on their way."""
PAUSE = 15 * MINUTE
"""Between two refreshes that begin at the same post."""
GIVEN_UP = 10 * MINUTE
"""What has not ended by then does not go on: whoever worked on it came to grief more than once."""
WAITING = 100
"""Refreshes of the whole node at a time; members who open more threads meanwhile wait for no news."""
KEPT = DAY


async def of_thread(core: Core, root_id: int | None, status: Status) -> Refresh | None:
    """The refresh that goes on for a thread that a member looks at, begun if it is time; None for nothing to wait for.

    It begins at the thread's root, if that is open and of another server, else at the post that is looked at.
    The member may see both; `root_id` is None when the post is the root, or its root is not for the member.
    """
    root = None if root_id is None else await statuses.by_id(core.db, root_id)
    remote = [
        one
        for one in (root, status)
        if one is not None and one.visibility.is_open and not core.uris.is_ours(one.uri)
    ]
    if not remote:
        return None
    start, now = remote[0], core.clock()

    async def look(tx: Reader) -> tuple[Refresh | None, bool]:
        going_on = await refreshes.running(tx, start.conversation_id, after=now - GIVEN_UP)
        if going_on is not None or start.created_at > now - SETTLED:
            return going_on, False
        latest = await refreshes.of_status(tx, start.id)
        if latest is not None and latest.started_at > now - PAUSE:
            return None, False
        return None, await refreshes.count_running(tx, after=now - GIVEN_UP) < WAITING

    async def work(tx: Writer) -> Refresh | None:
        found, due = await look(tx)
        if not due:
            return found
        new = Refresh(
            id=core.ids.next(),
            status_id=start.id,
            conversation_id=start.conversation_id,
            started_at=now,
            finished_at=None,
            result_count=0,
        )
        return await refreshes.begin(tx, new, before=now - PAUSE)

    found, due = await core.db.read(look)
    if due:
        found = await core.db.write(work)
        core.bus.publish(TOPIC)
    return found


async def find(core: Core, me: Account, refresh_id: int) -> Refresh:
    """A refresh, for a member who may see the post where it began; else NotFound."""
    found = await refreshes.by_id(core.db, refresh_id)
    if found is None:
        raise NotFound
    await visibility.find(core, me, found.status_id)
    return found


def goes_on(core: Core, refresh: Refresh) -> bool:
    """Whether more may come."""
    return refresh.finished_at is None and refresh.started_at > core.clock() - GIVEN_UP
