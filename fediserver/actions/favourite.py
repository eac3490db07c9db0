"""Favourite a post, and take it back."""

from fediserver.actions import audience, index, notify, outbox
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.db import accounts, interactions, statuses
from fediserver.db.database import Writer
from fediserver.models.account import Account
from fediserver.models.status import Status


async def add(core: Core, actor: Account, status: Status, uri: str = "") -> None:
    """Favourite a post that the actor sees; a second time changes nothing. `uri` is a remote Like's."""
    author = await accounts.by_id(core.db, status.account_id)

    async def work(tx: Writer) -> None:
        mark_id = core.ids.next()
        mark = interactions.Mark(
            id=mark_id,
            account_id=actor.id,
            status_id=status.id,
            now=core.clock(),
            uri=core.uris.activity(mark_id) if actor.domain == "" else uri,
        )
        if not await interactions.put_favourite(tx, mark):
            return
        await statuses.count(tx, status.id, favourites=1)
        await index.dealt_with(tx, actor, status)
        await notify.tell(core, tx, status.account_id, "favourite", actor, status)
        if actor.domain == "" and author is not None and author.domain:
            deed = Deed(
                verb="like",
                actor=actor,
                object_uri=status.uri,
                target_uri=author.uri,
                id=mark_id,
            )
            await emit(core, tx, deed, audience.one(author))

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def remove(core: Core, actor: Account, status: Status) -> None:
    """Take a favourite back; nothing happens when there is none."""
    author = await accounts.by_id(core.db, status.account_id)

    async def work(tx: Writer) -> None:
        uri = await interactions.drop_favourite(tx, actor.id, status.id)
        if uri is None:
            return
        await statuses.count(tx, status.id, favourites=-1)
        await notify.take_back(tx, status.account_id, "favourite", actor, status)
        if actor.domain == "" and author is not None and author.domain:
            deed = Deed(
                verb="undo",
                actor=actor,
                object_uri=uri,
                target_uri=status.uri,
                facts={"verb": "like", "author": author.uri},
            )
            await emit(core, tx, deed, audience.one(author))

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)
