"""Mute somebody or a thread; nobody else learns of it."""

from fediserver.actions.core import Core
from fediserver.db import home, relationships
from fediserver.db.database import Writer
from fediserver.errors import Invalid
from fediserver.models.account import Account
from fediserver.models.relationship import Mute
from fediserver.models.status import Status


async def mute(
    core: Core, me: Account, target: Account, hide_notifications: bool = True, duration: int = 0
) -> None:
    """Mute, for ever or for `duration` seconds."""
    if me.id == target.id:
        raise Invalid("Validation failed: You cannot mute yourself")
    now = core.clock()
    row = Mute(
        id=core.ids.next(),
        account_id=me.id,
        target_id=target.id,
        hide_notifications=hide_notifications,
        expires_at=now + duration * 1000 if duration > 0 else None,
        created_at=now,
    )

    async def work(tx: Writer) -> None:
        await relationships.put_mute(tx, row)
        await home.forget_author(tx, me.id, target.id)

    await core.db.write(work)


async def unmute(core: Core, me: Account, target: Account) -> None:
    """Hear of somebody again."""
    await core.db.write(lambda tx: relationships.drop_mute(tx, me.id, target.id))


async def mute_conversation(core: Core, me: Account, status: Status) -> None:
    """No more notifications from the thread of a post."""
    await core.db.write(lambda tx: relationships.mute_conversation(tx, me.id, status.conversation_id))


async def unmute_conversation(core: Core, me: Account, status: Status) -> None:
    """Notifications from the thread of a post again."""
    await core.db.write(lambda tx: relationships.unmute_conversation(tx, me.id, status.conversation_id))
