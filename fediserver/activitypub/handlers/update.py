"""Update: a new version of a post or of an actor."""

from fediserver.activitypub import actors, authority, document, notes
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity, Document
from fediserver.activitypub.fetch import Budget, fetch
from fediserver.activitypub.vocabulary import ACTORS, POSTS
from fediserver.db import statuses
from fediserver.errors import Ignored
from fediserver.models.account import Account
from fediserver.text.handles import Handle


async def update(ctx: Context, activity: Activity, actor: Account, budget: Budget) -> None:
    """Bring the row to the new version; a post that we never had is taken in like a new one."""
    found = activity.embedded
    if found is None or not authority.embedded_is_trustworthy(activity, found):
        found = await fetch(ctx, activity.object, budget)
    kind = str(found.get("type"))
    if kind in ACTORS:
        await _actor(ctx, found, actor)
    elif kind in POSTS:
        await _post(ctx, activity, found, actor, budget)
    else:
        raise Ignored(f"an Update of {kind[:40]} changes nothing here")


async def _actor(ctx: Context, found: Document, actor: Account) -> None:
    new = document.read_actor(found)
    authority.may_update(
        actor.uri, stored_uri=actor.uri, stored_owner=actor.uri, stored_type=actor.actor_type, new=new
    )
    await actors.take_in(ctx, new, Handle(actor.username, actor.domain))


async def _post(ctx: Context, activity: Activity, found: Document, actor: Account, budget: Budget) -> None:
    note = document.read_note(found, activity)
    status = await statuses.by_uri(ctx.db, note.id)
    if status is None:
        authority.object_is_owners(note.id, note.attributed_to)
        if note.attributed_to != actor.uri or not await notes.concerns_us(ctx, note, actor):
            raise Ignored("a post that we never had")
        await notes.take_in(ctx, note, actor, budget)
        return
    await notes.revise(ctx, note, actor, status, budget)
