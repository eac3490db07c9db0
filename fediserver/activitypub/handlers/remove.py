"""Remove: somebody unpins a post of theirs."""

from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.handlers.add import check_featured, ignore_hashtag
from fediserver.db import interactions, statuses
from fediserver.errors import Ignored
from fediserver.models.account import Account


async def remove(ctx: Context, activity: Activity, actor: Account, _: Budget) -> None:
    """Unpin the post, when the collection is the actor's own and so is the post."""
    ignore_hashtag(activity)
    status = await statuses.by_uri(ctx.db, activity.object)
    if status is None:
        raise Ignored("no such post")
    await check_featured(ctx, activity, actor, status)
    await ctx.db.write(lambda tx: interactions.drop_pin(tx, actor.id, status.id))
