"""Activities passed on by somebody who did not do them: the author's own server is asked (trust rule 1)."""

from fediserver.actions import consent
from fediserver.actions import delete as deletion
from fediserver.activitypub import authority, document, lookup, notes
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget, fetch
from fediserver.activitypub.vocabulary import POSTS
from fediserver.db import accounts, quotes, statuses
from fediserver.db.database import Writer
from fediserver.errors import Gone, Ignored, NotFound, Refused
from fediserver.models.status import Status


async def confirm(ctx: Context, activity: Activity, budget: Budget) -> None:
    """Take in, refresh or remove the post according to what its own server says now."""
    uri = activity.object
    authority.never_ours(ctx.uris, uri)
    if activity.type == "Delete":
        await _confirm_gone(ctx, uri, budget)
        return
    found = await fetch(ctx, uri, budget)
    if str(found.get("type")) not in POSTS:
        raise Ignored("only posts are taken from others than their authors")
    note = document.read_note(found)
    authority.object_is_owners(note.id, note.attributed_to)
    author = await lookup.account(ctx, note.attributed_to, budget)
    known = await statuses.by_uri(ctx.db, note.id)
    if known is not None:
        await notes.revise(ctx, note, author, known, budget)
    elif await notes.concerns_us(ctx, note, author):
        await notes.take_in(ctx, note, author, budget)


async def _confirm_gone(ctx: Context, uri: str, budget: Budget) -> None:
    if await quotes.stamped(ctx.db, uri) is not None:
        await _confirm_withdrawn(ctx, uri, budget)
        return
    status = await statuses.by_uri(ctx.db, uri)
    owner = await accounts.by_id(ctx.db, status.account_id) if status else None
    if status is None or owner is None:
        raise Ignored("a post that we never had")
    if not await _is_gone(ctx, status, budget):
        raise Refused("delete-owner", f"{uri} is still there, as far as its own server tells")

    async def work(tx: Writer) -> None:
        await deletion.remove(ctx, tx, owner, status)

    await ctx.db.write(work)


async def _confirm_withdrawn(ctx: Context, stamp_uri: str, budget: Budget) -> None:
    """Whoever owns a post that quotes passes on that the consent to it was taken back (FEP-044f)."""
    try:
        await fetch(ctx, stamp_uri, budget)
    except (Gone, NotFound):
        await consent.withdrawn(ctx, stamp_uri)
        return
    raise Refused("delete-owner", f"{stamp_uri} still stands, as far as its own server tells")


async def _is_gone(ctx: Context, status: Status, budget: Budget) -> bool:
    try:
        await fetch(ctx, status.uri, budget)
    except Gone:
        return True
    except NotFound:
        # Of a post that is not open, servers say this to everybody whom it is not for, and so to the node.
        return status.visibility.is_open
    return False
