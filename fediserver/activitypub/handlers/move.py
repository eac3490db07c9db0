"""Move: somebody has a new account and takes their followers along."""

import msgspec

from fediserver.actions import follow
from fediserver.activitypub import actors, authority, document, lookup
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget, fetch
from fediserver.db import accounts, relationships
from fediserver.db.database import Writer
from fediserver.errors import Forbidden, Ignored, Invalid
from fediserver.models.account import Account


async def move(ctx: Context, activity: Activity, actor: Account, budget: Budget) -> None:
    """Follow the new account for everybody here who follows the old one, once both confirm the move."""
    if actor.moved_to_id is not None:
        raise Ignored(f"{actor.uri} has moved already")
    found = document.read_actor(await fetch(ctx, activity.target, budget))
    authority.may_move(activity, old=actor.uri, new=found)
    target = await actors.take_in(ctx, found, await lookup.handle_of(ctx, found, budget))

    async def note(tx: Writer) -> None:
        # Their server had a minute to answer: what was decided about the account meanwhile stands.
        now = await accounts.by_id(tx, actor.id)
        if now is None or now.moved_to_id is not None:
            raise Ignored(f"{actor.uri} is gone or has moved already")
        await accounts.update(tx, msgspec.structs.replace(now, moved_to_id=target.id))

    await ctx.db.write(note)
    for follower in await relationships.local_followers(ctx.db, actor.id):
        try:
            await follow.follow(ctx, follower, target)
        except (Forbidden, Invalid):
            continue
        await follow.unfollow(ctx, follower, actor)
