"""Undo: somebody takes back what they did."""

from fediserver.actions import block, favourite, follow, reblog
from fediserver.activitypub import authority
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity, fields
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.handlers.ours import ours
from fediserver.db import statuses, undone
from fediserver.errors import Ignored
from fediserver.models.account import Account
from fediserver.models.status import Status


async def undo(ctx: Context, activity: Activity, actor: Account, _: Budget) -> None:
    """Undo a Follow, Like, Announce or Block: named by what it did, else by its id; harmless when repeated."""
    original = activity.embedded or {}
    kind = str(original.get("type", ""))
    named_actor = fields.ident(original.get("actor"))
    if named_actor is not None:
        authority.may_undo(actor.uri, original_actor=named_actor)
    about = fields.ident(original.get("object")) or ""
    if not kind:
        known = await undone.find(ctx.db, uri=activity.object, account_id=actor.id)
        if known is None:
            raise Ignored("what it undoes is not known here")
        kind, about = known.kind, known.object_uri
    match kind:
        case "Follow":
            await follow.unfollow(ctx, actor, await ours(ctx, about))
        case "Block":
            await block.unblock(ctx, actor, await ours(ctx, about))
        case "Like" | "EmojiReact":
            await favourite.remove(ctx, actor, await _status(ctx, about))
        case "Announce":
            await reblog.remove(ctx, actor, await _announced(ctx, activity.object, about))
        case _:
            raise Ignored(f"an Undo of {kind[:40]} changes nothing here")


async def _status(ctx: Context, uri: str) -> Status:
    status = await statuses.by_uri(ctx.db, uri)
    if status is None:
        raise Ignored("no such post")
    return status


async def _announced(ctx: Context, boost_uri: str, about: str) -> Status:
    """The boosted post, by itself or by the id of the boost."""
    boost = await statuses.by_uri(ctx.db, boost_uri)
    if boost is not None and boost.reblog_of_id is not None:
        original = await statuses.by_id(ctx.db, boost.reblog_of_id)
        if original is not None:
            return original
    return await _status(ctx, about)
