"""Which follow of ours an Accept or Reject is about: found by its id, else by who follows whom."""

from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.db import accounts, outgoing
from fediserver.errors import Ignored
from fediserver.models.account import Account


async def answered_follow(ctx: Context, activity: Activity, actor: Account) -> Account:
    """The account of ours whose follow of `actor` is answered; Ignored when there is none."""
    said = ctx.uris.activity_id(activity.object) if activity.object else None
    sent = await outgoing.by_id(ctx.db, said) if said is not None else None
    if sent is not None and sent.verb == "follow" and sent.object_uri == actor.uri:
        follower = await accounts.by_id(ctx.db, sent.actor_id)
        if follower is not None:
            return follower
    # Some servers send an id of their own making, or none, and the whole Follow.
    uri = str(activity.embedded.get("actor", "")) if activity.embedded else ""
    follower = await accounts.by_uri(ctx.db, uri) if ctx.uris.is_ours(uri) else None
    if follower is None:
        raise Ignored("it answers no follow of ours")
    return follower
