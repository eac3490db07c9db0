"""Add: somebody pins a post of theirs."""

from fediserver.activitypub import authority, resolve
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity, fields
from fediserver.activitypub.fetch import Budget
from fediserver.db import accounts, interactions
from fediserver.db.database import Reader
from fediserver.errors import Ignored
from fediserver.models.account import Account
from fediserver.models.status import Status

MOST = 20
"""Pins that we keep of one remote account."""


async def add(ctx: Context, activity: Activity, actor: Account, budget: Budget) -> None:
    """Pin the post, when the collection is the actor's own and so is the post."""
    ignore_hashtag(activity)
    status = await resolve.status(ctx, activity.object, budget)
    if status is None:
        raise Ignored("the pinned post cannot be had")
    await check_featured(ctx, activity, actor, status)

    async def pinned(tx: Reader) -> int:
        return len(await interactions.pinned(tx, actor.id))

    if await ctx.db.read(pinned) >= MOST:
        raise Ignored(f"{actor.uri} has {MOST} pinned posts already")
    mark = interactions.Mark(id=ctx.ids.next(), account_id=actor.id, status_id=status.id, now=ctx.clock())
    await ctx.db.write(lambda tx: interactions.put_pin(tx, mark))


def ignore_hashtag(activity: Activity) -> None:
    """Raise Ignored for a hashtag on somebody's profile, of which only their server knows."""
    if activity.embedded is not None and "Hashtag" in fields.types(activity.embedded):
        raise Ignored("hashtags on profiles of other servers are not kept")


async def check_featured(ctx: Context, activity: Activity, actor: Account, status: Status) -> None:
    """Refused unless it is the actor's own collection and post; Ignored for other collections."""
    if not actor.featured_uri or activity.target != actor.featured_uri:
        raise Ignored(f"{activity.target} is not the actor's collection of pinned posts")
    author = await accounts.by_id(ctx.db, status.account_id)
    authority.may_feature(activity, featured=actor.featured_uri, author=author.uri if author else "")
