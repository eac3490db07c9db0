"""Show on one's profile some of those one follows."""

from fediserver.actions.core import Core
from fediserver.db import endorsements, relationships
from fediserver.db.database import Writer
from fediserver.errors import Invalid
from fediserver.models.account import Account

MOST = 500
"""Accounts on one profile."""


async def endorse(core: Core, me: Account, target: Account) -> None:
    """Show somebody; raises Invalid for whom the member does not follow."""

    async def work(tx: Writer) -> None:
        followed = await relationships.follow(tx, me.id, target.id)
        if followed is None:
            raise Invalid("Validation failed: You must be already following the person you want to endorse")
        if await endorsements.count(tx, me.id) >= MOST:
            raise Invalid(f"Validation failed: you show {MOST} people, take one off before you add another")
        await endorsements.put(tx, account_id=me.id, target_id=target.id, follow_id=followed.id)

    await core.db.write(work)


async def unendorse(core: Core, me: Account, target: Account) -> None:
    """No longer show somebody; nothing happens when they were not shown."""
    await core.db.write(lambda tx: endorsements.drop(tx, account_id=me.id, target_id=target.id))
