"""Quotes in other servers' posts: what they say they quote, by whose leave, and who may quote them."""

from collections.abc import Sequence

import msgspec

from fediserver.actions import consent, errand
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import NoteDocument
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.vocabulary import PUBLIC
from fediserver.db import quotes, statuses
from fediserver.db.database import Reader, Writer
from fediserver.models.account import Account
from fediserver.models.quote import Claim, Quote, QuoteState
from fediserver.models.status import Status
from fediserver.models.visibility import QuotePolicy, Visibility

FETCHES = 8
"""Of the fetches of an activity, those set aside for a quote: the quoted post, its author, the authorization."""


def policies(note: NoteDocument, author: Account, visibility: Visibility) -> tuple[QuotePolicy, QuotePolicy]:
    """Whose wish to quote a post is granted at once, and about whose its author decides; what is not open, nobody's."""
    if not visibility.is_open:
        return QuotePolicy.NOBODY, QuotePolicy.NOBODY
    return _policy(note.may_quote, author), _policy(note.may_ask_to_quote, author)


def _policy(approved: Sequence[str], author: Account) -> QuotePolicy:
    known = {
        PUBLIC: QuotePolicy.PUBLIC,
        author.followers_uri or f"{author.uri}/followers": QuotePolicy.FOLLOWERS,
        author.following_uri or f"{author.uri}/following": QuotePolicy.FOLLOWING,
        # The author alone is how one says nobody.
        author.uri: QuotePolicy.NOBODY,
    }
    found = QuotePolicy.NOBODY
    for uri in approved:
        found |= known.get(uri, QuotePolicy.OTHERS)
    return found


def set_aside(ctx: Context, note: NoteDocument, budget: Budget) -> int:
    """Fetches that remain for what a post quotes, when everything else has been fetched; 0 where nothing is to be."""
    return budget.share(FETCHES) if note.quote and not ctx.uris.is_ours(note.quote) else 0


async def claimed(ctx: Context, tx: Reader, note: NoteDocument, status: Status) -> Quote | None:
    """The quote that a post makes by what its document says."""
    if not note.quote or note.quote == note.id:
        return None
    claim = Claim(note.quote, note.quote_authorization, note.quote_asks)
    return await consent.claimed(ctx, tx, status, claim)


async def enter(
    ctx: Context, tx: Writer, author: Account, status: Status, quote: Quote, fetches: int
) -> None:
    """A post that is there quotes: note it; what it quotes, and by whose leave, is looked up soon."""
    await consent.note(ctx, tx, author, status, quote)
    if quote.state is not QuoteState.ACCEPTED and (quote.quoted_id is None or quote.stamp_uri):
        await _look_up_later(ctx, tx, quote, fetches)


async def _look_up_later(ctx: Context, tx: Writer, quote: Quote, fetches: int) -> None:
    if fetches:
        args: dict[str, object] = {"quote_id": quote.id, "fetches": fetches}
        await errand.leave(ctx, tx, "quote", args, f"{quote.id}:{quote.stamp_uri}")


async def revise(
    ctx: Context, tx: Writer, note: NoteDocument, author: Account, status: Status, fetches: int
) -> None:
    """Bring a post's quote, and who may quote it, to what a new version says; an older version changes nothing."""
    if note.updated is not None and note.updated < (status.edited_at or 0):
        return
    automatic, manual = policies(note, author, status.visibility)
    await quotes.set_policy(tx, status.id, automatic=automatic, manual=manual)
    old = await quotes.of_status(tx, status.id) if status.quote_id is not None else None
    new = await claimed(ctx, tx, note, status)
    if old is not None and new is not None and await _is_same(tx, old, new, note):
        # Of what is ours, the leave is ours to give and to take.
        if not ctx.uris.is_ours(note.quote):
            await _revise(ctx, tx, old, new, fetches)
        return
    if old is not None and new is None and old.state is QuoteState.REVOKED:
        # What was taken back once is remembered, so that leaving it out for a while does not bring it back.
        return
    if old is not None:
        await consent.drop(tx, old)
    if new is not None:
        await quotes.mark(tx, status.id, new.id)
        await enter(ctx, tx, author, status, new, fetches)


async def _is_same(tx: Reader, old: Quote, new: Quote, note: NoteDocument) -> bool:
    """Whether both are of one post; that may be gone."""
    if old.quoted_id is not None or old.quoted_uri:
        return (old.quoted_id is not None and old.quoted_id == new.quoted_id) or old.quoted_uri == note.quote
    return new.quoted_id is None and await statuses.tombstone(tx, note.quote) is not None


async def _revise(ctx: Context, tx: Writer, old: Quote, new: Quote, fetches: int) -> None:
    """The same post is quoted as before: only the leave for it may be another."""
    if new.quoted_id is not None:
        await quotes.link(tx, old.id, new.quoted_id)
        old = msgspec.structs.replace(old, quoted_id=new.quoted_id)
    if new.state is QuoteState.ACCEPTED or old.stamp_uri != new.stamp_uri:
        was_given = old.state in (QuoteState.ACCEPTED, QuoteState.REVOKED)
        is_lost = was_given and not new.stamp_uri and new.state is not QuoteState.ACCEPTED
        state = QuoteState.REVOKED if is_lost else new.state
        await consent.decide(tx, old, state, stamp_uri=new.stamp_uri)
    elif old.state is QuoteState.ACCEPTED:
        return
    if new.state is not QuoteState.ACCEPTED and (new.stamp_uri or old.quoted_id is None):
        await _look_up_later(ctx, tx, msgspec.structs.replace(old, stamp_uri=new.stamp_uri), fetches)
