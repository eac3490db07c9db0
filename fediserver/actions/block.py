"""Block somebody: follows end both ways, and neither sees the other."""

from fediserver.actions import follow, outbox
from fediserver.actions.core import Core
from fediserver.db import conversations, home, notifications, relationships
from fediserver.db.database import Writer
from fediserver.errors import Invalid
from fediserver.models.account import Account
from fediserver.models.relationship import Block


async def block(core: Core, me: Account, target: Account, uri: str = "") -> None:
    """Block; a second time changes nothing. `uri` is that of a remote Block.

    The other server learns it by a Reject of its follow only: who blocks whom is nobody's business.
    """
    if me.id == target.id:
        raise Invalid("Validation failed: You cannot block yourself")

    async def work(tx: Writer) -> None:
        row = Block(
            id=core.ids.next(), account_id=me.id, target_id=target.id, uri=uri, created_at=core.clock()
        )
        await relationships.put_block(tx, row)
        await follow.end(core, tx, me, target)
        await follow.expel(core, tx, me, target)
        for one, other in ((me, target), (target, me)):
            if one.domain == "":
                await home.forget_author(tx, one.id, other.id)
        await notifications.forget_from(tx, me.id, target.id)
        await conversations.forget_with(tx, me.id, target.id)

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def unblock(core: Core, me: Account, target: Account) -> None:
    """Take a block back; follows do not return by themselves."""
    await core.db.write(lambda tx: relationships.drop_block(tx, me.id, target.id))
