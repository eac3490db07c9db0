"""Delete a post; its address answers "gone" for ever."""

from fediserver.actions import converse, index, outbox, quote, reblog
from fediserver.actions.audience import of_change
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.db import accounts, media, statuses
from fediserver.db.database import Writer
from fediserver.models.account import Account
from fediserver.models.event import deleted
from fediserver.models.status import Status


async def delete(core: Core, author: Account, status: Status) -> None:
    """Delete a post of the author with its boosts; a boost is simply taken back.

    Attachments are kept for a day, so that a member may write the post anew with them.
    """
    if status.reblog_of_id is not None:
        original = await statuses.by_id(core.db, status.reblog_of_id)
        if original is not None:
            await reblog.remove(core, author, original)
        return

    async def work(tx: Writer) -> None:
        await remove(core, tx, author, status)

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def remove(core: Core, tx: Writer, author: Account, status: Status) -> None:
    """Delete within a transaction that has more to do."""
    own = author.domain == ""
    # That an account is gone was said once, for all that it posted.
    is_told = own and author.deleted_at is None
    audience = await of_change(tx, status) if is_told else None
    named = await statuses.mentioned(tx, status.id)
    addressed = await accounts.by_ids(tx, named) if is_told else {}
    await index.forget(tx, status.id)
    if own:
        await media.attach(tx, [], status.id)
        await statuses.forget_idempotent(tx, author.id, status.id)
    for boost in await statuses.reblogs_of(tx, status.id):
        await statuses.delete(tx, boost.id)
        await tx.tell(deleted(boost, boosted_account_id=author.id))
        await statuses.count_own(tx, boost.account_id, -1)
    await converse.take_out(tx, status)
    await quote.take_out(tx, status)
    if not await statuses.delete(tx, status.id):
        return
    await tx.tell(deleted(status, named=named))
    await statuses.bury(tx, status.uri, former_type=status.object_type, now=core.clock())
    await statuses.count_own(tx, author.id, -1)
    if status.in_reply_to_id is not None:
        await statuses.count(tx, status.in_reply_to_id, replies=-1)
    if audience is not None:
        await emit(
            core,
            tx,
            Deed(
                verb="delete",
                actor=author,
                object_uri=status.uri,
                facts={
                    "former_type": status.object_type,
                    "deleted_at": core.clock(),
                    "visibility": int(status.visibility),
                    "addressed": [account.uri for account in addressed.values()],
                },
            ),
            audience,
        )
