"""Looks up what other servers' posts quote, and whether its author consents: that author's own server is asked."""

import logging

import msgspec

from fediserver.actions import consent
from fediserver.activitypub import authority, document, notes
from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Document
from fediserver.activitypub.fetch import Budget, fetch
from fediserver.db import accounts, quotes, statuses
from fediserver.db.database import Reader
from fediserver.errors import BadRequest, Gone, Ignored, NotFound, Refused, TooLarge
from fediserver.models.account import Account
from fediserver.models.quote import Quote
from fediserver.models.status import Status

log = logging.getLogger(__name__)


class Parties(msgspec.Struct, frozen=True):
    """A quote, the post that quotes, the post that it quotes, and who wrote that."""

    quote: Quote
    quoting: Status
    quoted: Status
    author: Account


async def parties(db: Reader, quote: Quote, quoted: Status) -> Parties | None:
    """A quote with everything that it is about; None when some of it is gone."""
    quoting = await statuses.by_id(db, quote.status_id)
    author = await accounts.by_id(db, quoted.account_id)
    return Parties(quote, quoting, quoted, author) if quoting and author else None


async def look_up(ctx: Context, quote_id: int, *, fetches: int) -> None:
    """Fetch what a post quotes, and the authorization that it names; accept the quote if that holds.

    Raises Unreachable when it is worth another try.
    """
    budget = Budget(fetches)
    quote = await quotes.by_id(ctx.db, quote_id)
    quoted = await _quoted(ctx, quote, budget) if quote else None
    found = await ctx.db.read(lambda tx: parties(tx, quote, quoted)) if quote and quoted else None
    if found is None:
        return
    try:
        await _check(ctx, found, budget)
    except (NotFound, Gone):
        await consent.missing(ctx, found.quote.id, stamp_uri=found.quote.stamp_uri)
    except Refused as problem:
        log.info("refused %s by the rule %s: %s", found.quote.stamp_uri, problem.rule, problem)
    except (Ignored, BadRequest, TooLarge) as problem:
        log.info("no authorization at %s: %s", found.quote.stamp_uri, problem)


async def _quoted(ctx: Context, quote: Quote, budget: Budget) -> Status | None:
    """The quoted post; None when it cannot be had, or is no post but a boost."""
    if quote.quoted_id is not None:
        return await statuses.by_id(ctx.db, quote.quoted_id)
    if not quote.quoted_uri:
        return None
    known = await statuses.by_uri(ctx.db, quote.quoted_uri)
    found = known or await notes.fetched(ctx, quote.quoted_uri, budget)
    return found if found is not None and found.reblog_of_id is None else None


async def _check(ctx: Context, found: Parties, budget: Budget) -> None:
    quote = found.quote
    if quote.stamp_uri and quote.account_id != found.quoted.account_id:
        authority.stamp_is_authors(quote.stamp_uri, found.author.uri)
        holds(found, quote.stamp_uri, await fetch(ctx, quote.stamp_uri, budget))
    await consent.confirmed(ctx, quote.id, found.quoted, stamp_uri=quote.stamp_uri)


def holds(found: Parties, uri: str, stamp: Document) -> None:
    """Check that an authorization, which its author's server sent, is for this quote; else Refused."""
    authority.stamp_holds(
        document.read_stamp(stamp),
        uri=uri,
        author=found.author.uri,
        quoting=found.quoting.uri,
        quoted=found.quoted.uri,
    )
