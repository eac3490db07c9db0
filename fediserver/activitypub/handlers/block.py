"""Block: somebody elsewhere does not want to hear of one of ours."""

from fediserver.actions import block as blocking
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.handlers.ours import ours
from fediserver.models.account import Account


async def block(ctx: Context, activity: Activity, actor: Account, _: Budget) -> None:
    """End follows both ways and keep each from the other."""
    await blocking.block(ctx, actor, await ours(ctx, activity.object), uri=activity.id)
