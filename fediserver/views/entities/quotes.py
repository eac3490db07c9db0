"""Quote and ShallowQuote: https://docs.joinmastodon.org/entities/Quote/; who may quote, for a viewer."""

from collections.abc import Mapping, Sequence

import msgspec

from fediserver.db import outlines
from fediserver.db import quotes as rows
from fediserver.db.database import Reader
from fediserver.db.outlines import Outline
from fediserver.db.quotes import SeenQuote
from fediserver.models.quote import QuoteState
from fediserver.models.visibility import QuotePolicy, Visibility

STRANGER = 0
_SHOWN = frozenset({b"accepted", b"blocked_account", b"blocked_domain", b"muted_account"})
"""States in which what is quoted goes along."""

_APPROVAL = {
    (policy, answer): b'{"automatic":[%b],"manual":[],"current_user":"%b"}'
    % (b"" if policy is QuotePolicy.NOBODY else b'"%b"' % policy.word.encode(), answer)
    for policy in QuotePolicy
    for answer in (b"automatic", b"denied")
}

NOBODY = _APPROVAL[QuotePolicy.NOBODY, b"denied"]
"""The approval of what cannot be quoted, such as a boost."""


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
    if quote.quoted_id is None:
        return b"deleted"
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


def approval(
    policy: QuotePolicy, visibility: Visibility, *, author_id: int, viewer_id: int | None, follows: bool
) -> bytes:
    """A QuoteApproval; `follows` says whether the viewer follows the author."""
    if viewer_id == author_id:
        allowed = visibility is not Visibility.DIRECT
    else:
        allowed = viewer_id is not None and (
            policy is QuotePolicy.PUBLIC or (policy is QuotePolicy.FOLLOWERS and follows)
        )
    return _APPROVAL[policy, b"automatic" if allowed else b"denied"]
