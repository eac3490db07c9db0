"""What clients ask for and this node does not have: the empty answer of the right shape.

An app that is told 404 at log-in shows an error; one that is told "none" goes on.
"""

from starlette.responses import Response

from fediserver.activitypub.context import Context
from fediserver.errors import NotFound
from fediserver.web.api import targets
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response


async def none_of_mine(me: Viewer) -> Response:
    """A list of the member's own, and there is nothing in it."""
    return json_response([])


async def none_of_account(ctx: Context, viewer: Viewer | None, account_id: int) -> Response:
    """A list that hangs on an account."""
    await targets.account(ctx, account_id)
    return json_response([])


async def no_email_subscriptions(viewer: Viewer | None, account_id: int) -> Response:
    """POST /api/v1/accounts/:id/email_subscriptions: a server without them has no such address."""
    raise NotFound


async def no_invite(code: str) -> Response:
    """GET /invite/:invite_code: nobody is invited by a code here."""
    raise NotFound
