"""Quote and ShallowQuote: https://docs.joinmastodon.org/entities/Quote/; who may quote, for a viewer."""

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec

from fediserver.db import outlines
from fediserver.db import quotes as rows
from fediserver.db.database import Reader
from fediserver.db.outlines import Outline
from fediserver.db.quotes import SeenQuote, Ties
from fediserver.models.quote import QuoteState
from fediserver.models.visibility import QuotePolicy, QuoteRules, Standing, Visibility

STRANGER = 0
_SHOWN = frozenset({b"accepted", b"blocked_account", b"blocked_domain", b"muted_account"})
"""States in which what is quoted goes along."""

_WORDS = {
    QuotePolicy.PUBLIC: "public",
    QuotePolicy.FOLLOWERS: "followers",
    QuotePolicy.FOLLOWING: "following",
    QuotePolicy.OTHERS: "unsupported_policy",
}


class Approvals(msgspec.Struct, frozen=True, gc=False):
    """The QuoteApproval of a post for its author, for strangers, and for members.

    `of_members` is for those who have nothing to do with the author, follow them, are followed by them, and both;
    `is_by_ties` says that this makes a difference.
    """

    own: bytes
    of_strangers: bytes
    of_members: tuple[bytes, bytes, bytes, bytes]
    is_by_ties: bool


@cache
def approvals(rules: QuoteRules) -> Approvals:
    """There are not many rules: what each means is put into words once."""

    def words(standing: Standing) -> bytes:
        said = {
            "automatic": _named(rules.automatic),
            "manual": _named(rules.manual),
            "current_user": standing,
        }
        return msgspec.json.encode(said)

    standings = [
        rules.standing(own=False, follows=follows, followed=followed)
        for followed in (False, True)
        for follows in (False, True)
    ]
    neither, follows, followed, both = map(words, standings)
    return Approvals(
        own=words(rules.standing(own=True, follows=False, followed=False)),
        of_strangers=words("denied"),
        of_members=(neither, follows, followed, both),
        is_by_ties=len(set(standings)) > 1,
    )


def _named(policy: QuotePolicy) -> list[str]:
    return [word for one, word in _WORDS.items() if one in policy]


NOBODY = approvals(QuoteRules(QuotePolicy.NOBODY, QuotePolicy.NOBODY, Visibility.PUBLIC))
"""Of what cannot be quoted, such as a boost."""


class Quotes(msgspec.Struct, frozen=True):
    """The quotes of a page by their ids, and outlines of what is quoted."""

    seen: Mapping[int, SeenQuote]
    quoted: Mapping[int, Outline]


NONE = Quotes({}, {})


async def load(tx: Reader, found: Sequence[Outline], viewer_id: int | None, now: int) -> Quotes:
    """The quotes of a page, and those within what is quoted; a page without quotes asks for nothing."""
    ids = [one.quote_id for one in found if one.quote_id is not None]
    if not ids:
        return NONE
    seen = await rows.seen(tx, ids, viewer_id=viewer_id or STRANGER, now=now)
    shown = [one.quoted_id for one in seen.values() if one.quoted_id is not None and state(one) in _SHOWN]
    quoted = await outlines.by_ids(tx, sorted(set(shown)), viewer_id=viewer_id)
    inner = [one.quote_id for one in quoted if one.quote_id is not None]
    seen |= await rows.seen(tx, inner, viewer_id=viewer_id or STRANGER, now=now)
    return Quotes(seen, {one.id: one for one in quoted})


def state(quote: SeenQuote) -> bytes:
    """The state of a quote for its viewer."""
    if quote.state is QuoteState.REVOKED:
        return b"revoked"
    if quote.state is QuoteState.REJECTED:
        return b"rejected"
    if quote.quoted_id is None and not quote.awaited:
        return b"deleted"
    if quote.state is QuoteState.PENDING:
        return b"pending"
    if not quote.visible:
        return b"unauthorized"
    if quote.blocked:
        return b"blocked_account"
    if quote.domain_blocked:
        return b"blocked_domain"
    return b"muted_account" if quote.muted else b"accepted"


def quoted_id(quote: SeenQuote) -> int | None:
    """The post to be shown with a quote."""
    return quote.quoted_id if state(quote) in _SHOWN else None


def shallow(quote: SeenQuote) -> bytes:
    """A ShallowQuote."""
    shown = quoted_id(quote)
    return b'{"state":"%b","quoted_status_id":%b}' % (
        state(quote),
        b"null" if shown is None else b'"%d"' % shown,
    )


def approval(found: Approvals, *, author_id: int, viewer_id: int | None, ties: Ties) -> bytes:
    """The QuoteApproval for a viewer; `ties` has the author if they make a difference."""
    if viewer_id is None:
        return found.of_strangers
    if viewer_id == author_id:
        return found.own
    return found.of_members[(author_id in ties.followed) + 2 * (author_id in ties.followers)]
