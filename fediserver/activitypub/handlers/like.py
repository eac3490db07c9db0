"""Like: somebody favourites a post."""

from fediserver.actions import favourite, visibility
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget
from fediserver.db import statuses
from fediserver.errors import Ignored
from fediserver.models.account import Account


async def like(ctx: Context, activity: Activity, actor: Account, _: Budget) -> None:
    """Record the favourite; a second Like of the same post changes nothing."""
    status = await statuses.by_uri(ctx.db, activity.object)
    if status is None or not await visibility.can_see(ctx.db, actor, status):
        raise Ignored("no such post, or the actor may not see it")
    await favourite.add(ctx, actor, status, uri=activity.id)
