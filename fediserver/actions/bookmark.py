"""Bookmark a post; nobody else learns of it."""

from fediserver.actions import index
from fediserver.actions.core import Core
from fediserver.db import interactions
from fediserver.db.database import Writer
from fediserver.models.account import Account
from fediserver.models.status import Status


async def add(core: Core, me: Account, status: Status) -> None:
    """Bookmark; a second time changes nothing."""
    mark = interactions.Mark(id=core.ids.next(), account_id=me.id, status_id=status.id, now=core.clock())

    async def work(tx: Writer) -> None:
        await interactions.put_bookmark(tx, mark)
        await index.dealt_with(tx, me, status)

    await core.db.write(work)


async def remove(core: Core, me: Account, status: Status) -> None:
    """Take the bookmark back."""
    await core.db.write(lambda tx: interactions.drop_bookmark(tx, me.id, status.id))
