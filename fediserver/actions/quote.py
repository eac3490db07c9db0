"""Quote a post with its author's consent, and take back one's own."""

from fediserver.actions import consent, notify, outbox
from fediserver.actions.audience import of_change, one
from fediserver.actions.core import Core
from fediserver.actions.outbox import Deed, emit
from fediserver.actions.visibility import can_see
from fediserver.db import accounts, quotes, statuses
from fediserver.db.database import Reader, Writer
from fediserver.errors import Forbidden, Invalid, NotFound
from fediserver.models.account import Account
from fediserver.models.quote import Quote, QuoteState
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
    if await consent.standing(core.db, author, status) == "denied":
        raise Invalid("Validation failed: the author of this post does not let you quote it")
    return status


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
    """A new post quotes another; for one of another server consent is asked for.

    Raises NotFound when that was deleted a moment ago.
    """
    quoted_author = await accounts.by_id(tx, quoted.account_id)
    if quoted_author is None or await statuses.by_id(tx, quoted.id) is None:
        raise NotFound("The post that you quote does not exist")
    made = Quote(
        id=status.quote_id or core.ids.next(),
        status_id=status.id,
        account_id=author.id,
        quoted_id=quoted.id,
        state=QuoteState.ACCEPTED if quoted_author.domain == "" else QuoteState.PENDING,
        created_at=core.clock(),
    )
    await consent.note(core, tx, author, status, made)
    if made.state is QuoteState.PENDING:
        await consent.ask(core, tx, author, status, quoted_author, quoted)


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
        if await consent.decide(tx, quote, QuoteState.REVOKED):
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


async def set_policy(core: Core, me: Account, status: Status, wanted: QuotePolicy) -> None:
    """Say who may quote one's own post from now on; quotes that are there stay."""
    if status.account_id != me.id or status.reblog_of_id is not None:
        raise Forbidden
    policy = policy_for(status.visibility, wanted)

    async def work(tx: Writer) -> None:
        if await quotes.set_policy(tx, status.id, automatic=policy):
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
