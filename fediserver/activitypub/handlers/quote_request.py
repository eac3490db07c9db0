"""QuoteRequest: somebody asks to quote a post of ours (FEP-044f)."""

from fediserver.actions import consent, visibility
from fediserver.actions.consent import QuoteRequest
from fediserver.activitypub import authority, document, notes
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity, NoteDocument
from fediserver.activitypub.fetch import Budget, fetch
from fediserver.db import statuses
from fediserver.errors import Ignored
from fediserver.models.account import Account


async def quote_request(ctx: Context, activity: Activity, actor: Account, budget: Budget) -> None:
    """Answer as the post's policy says; with consent, the post that quotes is taken in."""
    quoted = await statuses.by_uri(ctx.db, activity.object) if ctx.uris.is_ours(activity.object) else None
    if not activity.id or quoted is None or not await visibility.can_see(ctx.db, actor, quoted):
        raise Ignored("no such post, or the actor may not see it")
    note = await _instrument(ctx, activity, budget)
    authority.object_is_owners(note.id, note.attributed_to)
    authority.may_ask_to_quote(activity, note)
    request = QuoteRequest(activity.id, actor, quoted, note.id)
    if await consent.standing(ctx.db, actor, quoted) != "automatic":
        await consent.refuse(ctx, request)
        return
    quoting = await notes.take_in(ctx, note, actor, budget)
    if quoting is None or quoting.account_id != actor.id:
        raise Ignored("the post that quotes was deleted, or is somebody else's")
    await consent.requested(ctx, request, quoting)


async def _instrument(ctx: Context, activity: Activity, budget: Budget) -> NoteDocument:
    """The post that quotes: what came along is believed only of its owner."""
    sent = activity.raw.get("instrument")
    if isinstance(sent, dict) and authority.embedded_is_trustworthy(activity, sent):
        return document.read_note(sent)
    if not activity.instrument:
        raise Ignored("it names no post that quotes")
    return document.read_note(await fetch(ctx, activity.instrument, budget))
