"""Pin a post to the top of one's profile."""

from fediserver.actions import outbox
from fediserver.actions.audience import Audience
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.db import interactions, statuses
from fediserver.db.database import Writer
from fediserver.errors import Invalid
from fediserver.models.account import Account
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility

MOST = 5


async def add(core: Core, me: Account, status: Status) -> None:
    """Pin one's own post, at most five; raises Invalid for others' posts, boosts and direct posts."""
    if status.account_id != me.id:
        raise Invalid("Validation failed: Someone else's post cannot be pinned")
    if status.reblog_of_id is not None:
        raise Invalid("Validation failed: A boost cannot be pinned")
    if status.visibility is Visibility.DIRECT:
        raise Invalid("Validation failed: Posts that are only visible to mentioned people cannot be pinned")

    async def work(tx: Writer) -> None:
        pinned = await interactions.pinned(tx, me.id)
        if status.id in pinned:
            return
        if len(pinned) >= MOST:
            raise Invalid(f"Validation failed: You have already pinned {MOST} posts")
        mark = interactions.Mark(id=core.ids.next(), account_id=me.id, status_id=status.id, now=core.clock())
        await interactions.put_pin(tx, mark)
        await statuses.touch(tx, status.id)
        await _tell(core, tx, me, status, "add")

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def remove(core: Core, me: Account, status: Status) -> None:
    """Unpin; nothing happens when it was not pinned."""

    async def work(tx: Writer) -> None:
        if await interactions.drop_pin(tx, me.id, status.id):
            await statuses.touch(tx, status.id)
            await _tell(core, tx, me, status, "remove")

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def _tell(core: Core, tx: Writer, me: Account, status: Status, verb: str) -> None:
    if status.visibility.is_open:
        deed = Deed(
            verb=verb,
            actor=me,
            object_uri=status.uri,
            target_uri=core.uris.collection(me.username, "featured"),
        )
        await emit(core, tx, deed, Audience(followers_of=me.id))
