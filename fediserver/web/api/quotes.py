"""Quotes: https://docs.joinmastodon.org/methods/statuses/#quotes."""

import msgspec
from starlette.responses import Response

from fediserver.actions import quote
from fediserver.activitypub.context import Context
from fediserver.db import quotes as rows
from fediserver.errors import Invalid
from fediserver.models.visibility import QuotePolicy, policy_named
from fediserver.web.api import targets
from fediserver.web.api.paging import Paging
from fediserver.web.api.statuses import answer
from fediserver.web.auth import Viewer


class Policy(msgspec.Struct):
    """Who may quote a post."""

    quote_approval_policy: str = ""


async def page(ctx: Context, me: Viewer, status_id: int, page: Paging) -> Response:
    """GET /api/v1/statuses/:id/quotes: posts that quote it, those that the member may see."""
    status = await targets.original(ctx, me, status_id)
    return await targets.posts(
        ctx, me, page, lambda tx, bounds: rows.of_post(tx, bounds, quoted_id=status.id), newer="since_id"
    )


async def revoke(ctx: Context, me: Viewer, status_id: int, quoting_status_id: int) -> Response:
    """POST /api/v1/statuses/:id/quotes/:quoting_status_id/revoke: take back one's consent."""
    quoted = await targets.status(ctx, me, status_id)
    quoting = await targets.status(ctx, me, quoting_status_id)
    await quote.revoke(ctx, me.account, quoted, quoting)
    return await answer(ctx, me, quoting)


async def set_policy(ctx: Context, me: Viewer, status_id: int, wanted: Policy) -> Response:
    """PUT /api/v1/statuses/:id/interaction_policy: say who may quote one's own post."""
    status = await targets.own(ctx, me, status_id)
    policy = policy_of(wanted.quote_approval_policy)
    if policy is None:
        raise Invalid("Validation failed: quote_approval_policy is needed: public, followers or nobody")
    await quote.set_policy(ctx, me.account, status, policy)
    return await answer(ctx, me, status)


def policy_of(word: str | None) -> QuotePolicy | None:
    """The policy of that name, None for none; raises Invalid for any other word."""
    if not word:
        return None
    found = policy_named(word)
    if found is None:
        raise Invalid("Validation failed: quote_approval_policy must be public, followers or nobody")
    return found
