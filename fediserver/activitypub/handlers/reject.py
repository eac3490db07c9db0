"""Reject: a follow or a quote of ours was refused, or ended by the other side."""

from fediserver.actions import consent, follow
from fediserver.activitypub import authority
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.handlers.answered import answered_follow, answered_quote
from fediserver.errors import Ignored
from fediserver.models.account import Account


async def reject(ctx: Context, activity: Activity, actor: Account, _: Budget) -> None:
    """End the follow or the wish for it, or the quote."""
    found = await answered_quote(ctx, activity)
    if found is not None:
        await consent.answered(ctx, found.quote.id, stamp_uri="")
        return
    follower = await answered_follow(ctx, activity, actor)
    authority.accept_matches(activity, follower=follower.uri, followed=actor.uri)
    if not await follow.rejected(ctx, follower, actor):
        raise Ignored("no such follow")
