"""Accept: a follow of ours was granted."""

from fediserver.actions import follow
from fediserver.activitypub import authority
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.handlers.answered import answered_follow
from fediserver.errors import Ignored
from fediserver.models.account import Account


async def accept(ctx: Context, activity: Activity, actor: Account, _: Budget) -> None:
    """Start the follow that was asked for; an Accept of a follow never sent changes nothing."""
    follower = await answered_follow(ctx, activity, actor)
    authority.accept_matches(activity, follower=follower.uri, followed=actor.uri)
    if not await follow.accepted(ctx, follower, actor):
        raise Ignored("no such follow was asked for")
