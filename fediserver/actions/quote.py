"""Quote a post with its author's consent, and take that consent back."""

import msgspec

from fediserver.actions import notify, outbox
from fediserver.actions.audience import of_change, one
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.actions.visibility import can_see
from fediserver.db import accounts, quotes, relationships, statuses
from fediserver.db.database import Reader, Writer
from fediserver.errors import Forbidden, Invalid, NotFound
from fediserver.models.account import Account
from fediserver.models.quote import Quote, QuoteState, may_be_quoted
from fediserver.models.status import Status
from fediserver.models.visibility import QuotePolicy, Visibility
from fediserver.text import compose


async def quotable(core: Core, author: Account, status_id: int) -> Status:
    """The post that somebody wants to quote; for a boost, what it boosts.

    Raises NotFound when they may not see it, Invalid when its author does not let them quote it.
    """
    status = await statuses.by_id(core.db, status_id)
    if status is not None and status.reblog_of_id is not None:
        status = await statuses.by_id(core.db, status.reblog_of_id)
    if status is None or not await can_see(core.db, author, status):
        raise NotFound("The post that you quote does not exist")
    if not await consents(core.db, author, status):
        raise Invalid("Validation failed: the author of this post does not let you quote it")
    return status


async def consents(db: Reader, author: Account, status: Status) -> bool:
    """Whether the author of a post lets somebody, who may see it, quote it."""
    if may_be_quoted(status, author.id):
        return True
    if status.quote_policy is QuotePolicy.FOLLOWERS:
        return await relationships.follow(db, author.id, status.account_id) is not None
    return status.quote_policy is QuotePolicy.PUBLIC


def policy_for(visibility: Visibility, wanted: QuotePolicy) -> QuotePolicy:
    """Who may quote a post of that visibility: what is not open is quoted by nobody but its author."""
    return wanted if visibility.is_open else QuotePolicy.NOBODY


def with_link(core: Core, html: str, quoted: Status) -> str:
    """The HTML of a post that quotes, with a link to what is quoted for readers who are not shown quotes."""
    page = core.uris.page(quoted)
    if any(f'href="{compose.escape(address)}"' in html for address in (page, quoted.uri)):
        return html
    return compose.quote_line(page) + html


async def enter(core: Core, tx: Writer, author: Account, status: Status, quoted: Status) -> None:
    """A new post quotes another: note it, count it, and tell the author of what is quoted, if they may see it.

    Raises NotFound when that was deleted a moment ago.
    """
    if await statuses.by_id(tx, quoted.id) is None:
        raise NotFound("The post that you quote does not exist")
    await quotes.insert(
        tx,
        Quote(
            id=status.quote_id or core.ids.next(),
            status_id=status.id,
            account_id=author.id,
            quoted_id=quoted.id,
            state=QuoteState.ACCEPTED,
            created_at=core.clock(),
        ),
    )
    await statuses.count(tx, quoted.id, quotes=1)
    quoted_author = await accounts.by_id(tx, quoted.account_id)
    # One who may not see the post would be shown it by being told.
    if quoted_author is not None and await can_see(tx, quoted_author, status):
        await notify.tell(core, tx, quoted_author.id, "quote", author, status)


async def take_out(tx: Writer, status: Status) -> None:
    """A post that quotes is about to go: it no longer counts."""
    quote = await quotes.of_status(tx, status.id) if status.quote_id is not None else None
    if quote is not None and quote.quoted_id is not None and quote.state is QuoteState.ACCEPTED:
        await statuses.count(tx, quote.quoted_id, quotes=-1)


async def quoted_by(db: Reader, status: Status) -> Status | None:
    """What a post quotes; None when it quotes nothing, or what it quoted is gone."""
    quote = await quotes.of_status(db, status.id) if status.quote_id is not None else None
    return await statuses.by_id(db, quote.quoted_id) if quote and quote.quoted_id else None


async def revoke(core: Core, me: Account, quoted: Status, quoting: Status) -> None:
    """Take back the consent to a quote of one's own post; the second time changes nothing.

    Raises Forbidden for somebody else's post, NotFound when the other does not quote it.
    """
    if quoted.account_id != me.id:
        raise Forbidden

    async def work(tx: Writer) -> None:
        quote = await quotes.of_status(tx, quoting.id)
        if quote is None or quote.quoted_id != quoted.id:
            raise NotFound
        if await quotes.set_state(tx, quote.id, QuoteState.REVOKED):
            await statuses.count(tx, quoted.id, quotes=-1)
            author = await accounts.by_id(tx, quoting.account_id)
            if author is not None:
                await notify.take_back(tx, me.id, "quote", author, quoting)
                await _tell_revoked(core, tx, me, author, quote, quoting)

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def _tell_revoked(
    core: Core, tx: Writer, me: Account, author: Account, quote: Quote, quoting: Status
) -> None:
    """The end of a consent goes to the server of who quoted; for one of ours, to all who have the post."""
    deed = Deed(
        verb="revoke_quote",
        actor=me,
        object_uri=core.uris.quote_stamp(me.username, quote.id),
        target_uri=author.uri,
        facts={"deleted_at": core.clock()},
    )
    await emit(core, tx, deed, one(author) if author.domain else await of_change(tx, quoting))


async def requested(core: Core, asker: Account, quoting: Status, quoted: Status, *, request_uri: str) -> None:
    """Somebody elsewhere asks for the consent that a post of ours gives: note the quote and answer.

    Asked again, the same answer is given; a consent that was taken back stays so.
    """

    async def work(tx: Writer) -> None:
        owner = await accounts.by_id(tx, quoted.account_id)
        if owner is None:
            raise NotFound
        known = await quotes.of_status(tx, quoting.id)
        if known is None:
            made = msgspec.structs.replace(quoting, quote_id=core.ids.next())
            await quotes.mark(tx, quoting.id, made.quote_id or 0)
            await enter(core, tx, asker, made, quoted)
            known = await quotes.of_status(tx, quoting.id)
        granted = known is not None and known.quoted_id == quoted.id and known.state is QuoteState.ACCEPTED
        facts: dict[str, object] = {"quoted": quoted.uri, "quoting": quoting.uri}
        if granted and known is not None:
            facts["stamp"] = core.uris.quote_stamp(owner.username, known.id)
        await _answer(
            core, tx, owner, asker, request_uri, facts, "accept_quote" if granted else "reject_quote"
        )

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def refuse(core: Core, asker: Account, quoted: Status, *, quoting_uri: str, request_uri: str) -> None:
    """Somebody elsewhere asks for a consent that a post of ours does not give."""

    async def work(tx: Writer) -> None:
        owner = await accounts.by_id(tx, quoted.account_id)
        if owner is None:
            raise NotFound
        facts: dict[str, object] = {"quoted": quoted.uri, "quoting": quoting_uri}
        await _answer(core, tx, owner, asker, request_uri, facts, "reject_quote")

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def _answer(
    core: Core,
    tx: Writer,
    owner: Account,
    asker: Account,
    request_uri: str,
    facts: dict[str, object],
    verb: str,
) -> None:
    deed = Deed(verb=verb, actor=owner, object_uri=request_uri, target_uri=asker.uri, facts=facts)
    await emit(core, tx, deed, one(asker))


async def set_policy(core: Core, me: Account, status: Status, wanted: QuotePolicy) -> None:
    """Say who may quote one's own post from now on; quotes that are there stay."""
    if status.account_id != me.id or status.reblog_of_id is not None:
        raise Forbidden
    policy = policy_for(status.visibility, wanted)

    async def work(tx: Writer) -> None:
        if await quotes.set_policy(tx, status.id, policy):
            deed = Deed(verb="update", actor=me, object_uri=status.uri)
            await emit(core, tx, deed, await of_change(tx, status))

    await core.db.write(work)
    core.bus.publish(outbox.TOPIC)


async def tell_quoters(core: Core, tx: Writer, author: Account, status: Status) -> None:
    """Members who quote a post are told that it changed, about their own post that quotes it."""
    found = await quotes.local_quoters(tx, status.id) if status.quotes_count else []
    posts = await statuses.by_ids(tx, [quoter.status_id for quoter in found])
    for quoter in found:
        if quoter.status_id in posts:
            await notify.tell(core, tx, quoter.account_id, "quoted_update", author, posts[quoter.status_id])
