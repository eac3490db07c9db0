"""Follow: somebody elsewhere wants to follow one of ours."""

from fediserver.actions import follow as following
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.handlers.ours import ours
from fediserver.models.account import Account


async def follow(ctx: Context, activity: Activity, actor: Account, _: Budget) -> None:
    """Grant it, or ask for consent; the same Follow again is answered again."""
    await following.requested(ctx, actor, await ours(ctx, activity.object), activity.id)
