"""Create: a new post, or a vote."""

from fediserver.actions import visibility, vote
from fediserver.activitypub import authority, document, notes, resolve
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity, NoteDocument
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.vocabulary import POSTS
from fediserver.db import polls, statuses
from fediserver.errors import Ignored, Invalid
from fediserver.models.account import Account
from fediserver.models.poll import Poll


async def create(ctx: Context, activity: Activity, actor: Account, budget: Budget) -> None:
    """Take in the post if it concerns anybody here; what is embedded is believed only of its owner."""
    embedded = activity.embedded
    if embedded is None or not authority.embedded_is_trustworthy(activity, embedded):
        if await resolve.status(ctx, activity.object, budget) is None:
            raise Ignored("the post cannot be had from its own server")
        return
    if str(embedded.get("type")) not in POSTS:
        raise Ignored(f"posts of type {embedded.get('type')} are not kept")
    note = document.read_note(embedded, activity)
    authority.object_is_owners(note.id, note.attributed_to)
    if note.choice and (poll := await _poll_of(ctx, note, actor)) is not None:
        await _vote(ctx, actor, poll, note)
        return
    if not await notes.concerns_us(ctx, note, actor):
        raise Ignored("nobody here follows, is named or is answered")
    await notes.take_in(ctx, note, actor, budget)


async def _poll_of(ctx: Context, note: NoteDocument, actor: Account) -> Poll | None:
    """The poll of ours that a note with a name may be a vote in; Ignored for one that the actor may not see."""
    if not ctx.uris.is_ours(note.in_reply_to):
        return None
    status = await statuses.by_uri(ctx.db, note.in_reply_to)
    if status is None or status.poll_id is None:
        return None
    if not await visibility.can_see(ctx.db, actor, status):
        raise Ignored("no such poll, or the actor may not see it")
    return await polls.by_id(ctx.db, status.poll_id)


async def _vote(ctx: Context, actor: Account, poll: Poll, note: NoteDocument) -> None:
    titles = {option.title: option.position for option in await polls.options(ctx.db, [poll.id])}
    if note.choice not in titles:
        raise Ignored(f"the poll has no option {note.choice!r}")
    try:
        await vote.vote(ctx, actor, poll, [titles[note.choice]], uri=note.id)
    except Invalid as problem:
        # A vote twice, or too late: nothing that its sender could mend.
        raise Ignored(str(problem)) from None
