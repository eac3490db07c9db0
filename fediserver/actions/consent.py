"""Consent to quotes: asked for, given, refused and taken back, in either direction between servers."""

import msgspec

from fediserver.actions import notify, outbox
from fediserver.actions.audience import of_change, one
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.actions.visibility import can_see
from fediserver.db import accounts, quotes, relationships, statuses
from fediserver.db.database import Reader, Writer
from fediserver.errors import Ignored, NotFound
from fediserver.models.account import Account
from fediserver.models.event import Edited
from fediserver.models.quote import Claim, Quote, QuoteState
from fediserver.models.status import Status
from fediserver.models.visibility import QuotePolicy, Standing

_BY_TIES = QuotePolicy.FOLLOWERS | QuotePolicy.FOLLOWING


class QuoteRequest(msgspec.Struct, frozen=True):
    """Somebody elsewhere wants to quote a post of ours: the id of the activity, and of the post that quotes."""

    uri: str
    asker: Account
    quoted: Status
    quoting_uri: str


async def standing(db: Reader, author: Account, status: Status) -> Standing:
    """What somebody, who may see a post, may expect who wants to quote it."""
    rules = status.quote_rules
    own = status.account_id == author.id
    follows = followed = False
    if not own and rules.everybody & _BY_TIES:
        follows = await relationships.follow(db, author.id, status.account_id) is not None
        followed = await relationships.follow(db, status.account_id, author.id) is not None
    return rules.standing(own=own, follows=follows, followed=followed)


async def note(core: Core, tx: Writer, author: Account, status: Status, quote: Quote) -> None:
    """A post that is there quotes: note it, count it, and tell a quoted author of ours who consents and may see it."""
    await quotes.insert(tx, quote)
    if quote.state is QuoteState.ACCEPTED and quote.quoted_id is not None:
        await statuses.count(tx, quote.quoted_id, quotes=1)
        await _tell_quoted(core, tx, author, status, quote.quoted_id)


async def _tell_quoted(core: Core, tx: Writer, author: Account, status: Status, quoted_id: int) -> None:
    quoted = await statuses.by_id(tx, quoted_id)
    quoted_author = await accounts.by_id(tx, quoted.account_id) if quoted else None
    # One who may not see the post would be shown it by being told.
    if quoted_author is not None and await can_see(tx, quoted_author, status):
        await notify.tell(core, tx, quoted_author.id, "quote", author, status)


async def decide(tx: Writer, quote: Quote, state: QuoteState, *, stamp_uri: str = "") -> bool:
    """Write what the quoted author says of a quote, as it was just read; False when that stood there.

    Who has the quoting post open sees it change.
    """
    if not await quotes.decide(tx, quote.id, state=state, stamp_uri=stamp_uri):
        return False
    change = (state is QuoteState.ACCEPTED) - (quote.state is QuoteState.ACCEPTED)
    if change and quote.quoted_id is not None:
        await statuses.count(tx, quote.quoted_id, quotes=change)
    await tx.tell(Edited(quote.status_id))
    return True


async def ask(
    core: Core, tx: Writer, author: Account, status: Status, quoted_author: Account, quoted: Status
) -> None:
    """Ask the author of another server's post for consent to a quote of ours."""
    deed = Deed(verb="quote_request", actor=author, object_uri=status.uri, target_uri=quoted.uri)
    await emit(core, tx, deed, one(quoted_author))


async def answered(core: Core, quote_id: int, *, stamp_uri: str) -> None:
    """Another server answers what one of ours asked: with its author's authorization, or '' for no consent.

    Whoever has the quoting post is told. Ignored when there is nothing to be answered any more.
    """

    async def work(tx: Writer) -> None:
        quote = await quotes.by_id(tx, quote_id)
        status = await statuses.by_id(tx, quote.status_id) if quote else None
        author = await accounts.by_id(tx, status.account_id) if status else None
        if quote is None or status is None or author is None:
            raise Ignored("the post that quotes is gone")
        if stamp_uri and await statuses.tombstone(tx, stamp_uri) is not None:
            raise Ignored("this consent was taken back")
        if await decide(tx, quote, _verdict(quote, stamp_uri), stamp_uri=stamp_uri):
            await _tell_readers(core, tx, author, status)

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


def _verdict(quote: Quote, stamp_uri: str) -> QuoteState:
    if stamp_uri:
        return QuoteState.ACCEPTED
    return QuoteState.REVOKED if quote.state is QuoteState.ACCEPTED else QuoteState.REJECTED


async def _tell_readers(core: Core, tx: Writer, author: Account, status: Status) -> None:
    """Servers that have a post of ours get it as it is now."""
    deed = Deed(verb="update", actor=author, object_uri=status.uri)
    await emit(core, tx, deed, await of_change(tx, status))


async def withdrawn(core: Core, stamp_uri: str) -> None:
    """The author of another server's post takes an authorization back; it never comes to stand again."""

    async def work(tx: Writer) -> None:
        await statuses.bury(tx, stamp_uri, former_type="QuoteAuthorization", now=core.clock())
        quote = await quotes.by_stamp(tx, stamp_uri)
        if quote is None or not await decide(tx, quote, QuoteState.REVOKED, stamp_uri=stamp_uri):
            return
        status = await statuses.by_id(tx, quote.status_id)
        author = await accounts.by_id(tx, status.account_id) if status else None
        if status is not None and author is not None and author.domain == "":
            await _tell_readers(core, tx, author, status)

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def claimed(core: Core, tx: Reader, status: Status, claim: Claim) -> Quote | None:
    """The quote that another server's post makes by what it says; None when it is of no post that could be quoted.

    What somebody says of themselves is believed: who quotes a post of their own needs no consent.
    """
    quoted = await statuses.by_uri(tx, claim.uri)
    ours = core.uris.is_ours(claim.uri)
    if (quoted is None and ours) or (quoted is not None and quoted.reblog_of_id is not None):
        return None
    own = quoted is not None and quoted.account_id == status.account_id
    return Quote(
        id=core.ids.next(),
        status_id=status.id,
        account_id=status.account_id,
        quoted_id=quoted.id if quoted else None,
        state=QuoteState.ACCEPTED if own else QuoteState.PENDING if claim.asks else QuoteState.UNASKED,
        created_at=core.clock(),
        quoted_uri="" if quoted else claim.uri,
        # Consent to quotes of our posts is ours to know.
        stamp_uri="" if ours else claim.stamp_uri,
    )


async def drop(tx: Writer, quote: Quote) -> None:
    """A post no longer quotes what it quoted."""
    if quote.quoted_id is not None and quote.state is QuoteState.ACCEPTED:
        await statuses.count(tx, quote.quoted_id, quotes=-1)
    await quotes.drop(tx, quote.id)
    await quotes.mark(tx, quote.status_id, None)


async def confirmed(core: Core, quote_id: int, quoted: Status, *, stamp_uri: str) -> None:
    """What another server's post quotes is here, and `stamp_uri`, if it is not '', is its author's consent.

    Who quotes a post of their own needs none.
    """

    async def work(tx: Writer) -> None:
        await quotes.link(tx, quote_id, quoted.id)
        quote = await quotes.by_id(tx, quote_id)
        if quote is None or quote.quoted_id != quoted.id:
            return
        if quote.account_id == quoted.account_id or (stamp_uri and stamp_uri == quote.stamp_uri):
            await decide(tx, quote, QuoteState.ACCEPTED, stamp_uri=quote.stamp_uri)

    await core.db.write(work)


async def missing(core: Core, quote_id: int, *, stamp_uri: str) -> None:
    """The authorization that another server's post names is not there: it was taken back, or never given."""

    async def work(tx: Writer) -> None:
        quote = await quotes.by_id(tx, quote_id)
        if quote is not None and quote.stamp_uri == stamp_uri and quote.state is QuoteState.PENDING:
            await decide(tx, quote, QuoteState.REJECTED, stamp_uri=stamp_uri)

    await core.db.write(work)


async def requested(core: Core, request: QuoteRequest, quoting: Status) -> None:
    """Somebody elsewhere asks for the consent that a post of ours gives: note the quote and answer.

    Asked again, the same answer is given; a consent that was taken back stays so.
    """

    async def work(tx: Writer) -> None:
        granted = await _grant(core, tx, request, quoting)
        await _answer(core, tx, request, granted)

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def _grant(core: Core, tx: Writer, request: QuoteRequest, quoting: Status) -> int | None:
    """The id of the quote, now accepted; None when it is of another post, or the consent was taken back."""
    known = await quotes.of_status(tx, quoting.id)
    if known is None:
        made = Quote(
            id=core.ids.next(),
            status_id=quoting.id,
            account_id=request.asker.id,
            quoted_id=request.quoted.id,
            state=QuoteState.ACCEPTED,
            created_at=core.clock(),
        )
        await quotes.mark(tx, quoting.id, made.id)
        await note(core, tx, request.asker, quoting, made)
        return made.id
    if known.quoted_id != request.quoted.id or known.state is QuoteState.REVOKED:
        return None
    if await decide(tx, known, QuoteState.ACCEPTED):
        await _tell_quoted(core, tx, request.asker, quoting, request.quoted.id)
    return known.id


async def refuse(core: Core, request: QuoteRequest) -> None:
    """Somebody elsewhere asks for a consent that a post of ours does not give."""

    async def work(tx: Writer) -> None:
        quoting = await statuses.by_uri(tx, request.quoting_uri)
        known = await quotes.of_status(tx, quoting.id) if quoting else None
        if known is not None and known.quoted_id == request.quoted.id and known.state is QuoteState.PENDING:
            await decide(tx, known, QuoteState.REJECTED)
        await _answer(core, tx, request, None)

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def _answer(core: Core, tx: Writer, request: QuoteRequest, quote_id: int | None) -> None:
    """Consent to a quote goes to who asked, or that there is none."""
    owner = await accounts.by_id(tx, request.quoted.account_id)
    if owner is None:
        raise NotFound
    facts: dict[str, object] = {"quoted": request.quoted.uri, "quoting": request.quoting_uri}
    if quote_id is not None:
        facts["stamp"] = core.uris.quote_stamp(owner.username, quote_id)
    deed = Deed(
        verb="reject_quote" if quote_id is None else "accept_quote",
        actor=owner,
        object_uri=request.uri,
        target_uri=request.asker.uri,
        facts=facts,
    )
    await emit(core, tx, deed, one(request.asker))
