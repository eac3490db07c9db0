"""Announce: somebody boosts a post."""

from fediserver.actions import reblog, visibility
from fediserver.activitypub import resolve
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.vocabulary import PUBLIC
from fediserver.db import relationships, statuses
from fediserver.db.database import Clash
from fediserver.errors import Ignored, Refused
from fediserver.models.account import Account
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility


async def announce(ctx: Context, activity: Activity, actor: Account, budget: Budget) -> None:
    """Boost the post; it comes from its own server, never from the Announce.

    A boost that is boosted stands for the post itself, so that no chain of boosts grows.
    """
    status = await _boosted(ctx, activity, actor, budget)
    if status.reblog_of_id is not None:
        raise Ignored("it announces a boost, not a post")
    if not await visibility.can_see(ctx.db, actor, status) or not visibility.can_boost(actor, status):
        raise Refused("announce-visibility", f"{actor.uri} may not boost {status.uri}")
    if not activity.id:
        raise Ignored("a boost without an id could never be taken back")
    published = None if activity.published is None else min(activity.published, ctx.clock())
    try:
        await reblog.add(
            ctx,
            actor,
            status,
            visibility=_visibility(activity),
            uri=activity.id,
            published=published,
        )
    except Clash:
        raise Ignored(f"something else has the id {activity.id}") from None


async def _boosted(ctx: Context, activity: Activity, actor: Account, budget: Budget) -> Status:
    known = await statuses.by_uri(ctx.db, activity.object)
    if known is not None:
        return known
    if not await relationships.has_local_follower(ctx.db, actor.id):
        raise Ignored(f"nobody here follows {actor.uri}")
    status = await resolve.status(ctx, activity.object, budget)
    if status is None:
        raise Ignored("the announced post cannot be had")
    return status


def _visibility(activity: Activity) -> Visibility:
    if PUBLIC in activity.to:
        return Visibility.PUBLIC
    return Visibility.UNLISTED if PUBLIC in activity.cc else Visibility.PRIVATE
