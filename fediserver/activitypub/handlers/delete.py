"""Delete: a post, a consent to a quote, or an account is gone."""

from fediserver.actions import consent
from fediserver.actions import delete as deletion
from fediserver.activitypub import actors, authority
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget
from fediserver.db import accounts, quotes, statuses
from fediserver.db.database import Writer
from fediserver.models.account import Account


async def delete(ctx: Context, activity: Activity, actor: Account, _: Budget) -> None:
    """Remove it and leave a tombstone, so that a Create that comes late finds it gone."""
    uri = activity.object
    if uri == actor.uri:
        await actors.bury(ctx, actor)
        return
    authority.never_ours(ctx.uris, uri)
    stamped = await quotes.stamped(ctx.db, uri)
    if stamped is not None:
        authority.may_delete(actor.uri, uri=uri, owner=stamped)
        await consent.withdrawn(ctx, uri)
        return

    async def work(tx: Writer) -> None:
        status = await statuses.by_uri(tx, uri)
        owner = await accounts.by_id(tx, status.account_id) if status else None
        authority.may_delete(actor.uri, uri=uri, owner=owner.uri if owner else None)
        if status is not None and owner is not None:
            await deletion.remove(ctx, tx, owner, status)
        else:
            await statuses.bury(tx, uri, former_type="Note", now=ctx.clock())

    await ctx.db.write(work)
