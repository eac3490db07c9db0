"""Accept: a follow or a quote of ours was granted."""

from fediserver.actions import consent, follow
from fediserver.activitypub import authority
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity, fields
from fediserver.activitypub.fetch import Budget, fetch
from fediserver.activitypub.handlers.answered import answered_follow, answered_quote
from fediserver.activitypub.quoted import Parties, holds
from fediserver.errors import Ignored
from fediserver.models.account import Account


async def accept(ctx: Context, activity: Activity, actor: Account, budget: Budget) -> None:
    """Start the follow, or show the quote, that was asked for; an Accept of what was never asked changes nothing."""
    found = await answered_quote(ctx, activity)
    if found is not None:
        await _quote(ctx, activity, found, budget)
        return
    follower = await answered_follow(ctx, activity, actor)
    authority.accept_matches(activity, follower=follower.uri, followed=actor.uri)
    if not await follow.accepted(ctx, follower, actor):
        raise Ignored("no such follow was asked for")


async def _quote(ctx: Context, activity: Activity, found: Parties, budget: Budget) -> None:
    """The authorization is believed of its author, who sent it along or whose server has it."""
    authority.stamp_is_authors(activity.result, found.author.uri)
    stamp = fields.first(activity.raw.get("result"))
    if not isinstance(stamp, dict) or not authority.embedded_is_trustworthy(activity, stamp):
        stamp = await fetch(ctx, activity.result, budget)
    holds(found, activity.result, stamp)
    await consent.answered(ctx, found.quote.id, stamp_uri=activity.result)
