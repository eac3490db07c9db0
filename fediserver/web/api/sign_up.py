"""Accounts that people make in their app: https://docs.joinmastodon.org/methods/accounts/#create."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from fediserver.actions import access
from fediserver.actions import sign_up as action
from fediserver.activitypub.context import Context
from fediserver.clock import SECOND
from fediserver.db import access as access_rows
from fediserver.errors import Forbidden, Invalid, Unauthorised
from fediserver.models import scopes
from fediserver.models.account import User
from fediserver.web.auth import Grant
from fediserver.web.client_address import address_of
from fediserver.web.responses import json_response


class Newcomer(msgspec.Struct):
    """Who wants to be here."""

    username: str = ""
    email: str = ""
    password: str = ""
    agreement: bool = False
    locale: str = "en"
    reason: str = ""


class Address(msgspec.Struct):
    """Where the link should go from now on."""

    email: str | None = None


async def is_confirmed(grant: Grant) -> Response:
    """GET /api/v1/emails/check_confirmation: whether the member's address is confirmed, as a bare boolean."""
    return json_response(_user(grant).confirmed_at is not None)


async def confirm_again(ctx: Context, grant: Grant, wanted: Address) -> Response:
    """POST /api/v1/emails/confirmations: send the link once more, with `email` to another address."""
    user = _user(grant)
    if user.made_by_app_id != grant.token.application_id:
        raise Forbidden("This method is only available to the application the user originally signed-up with")
    await action.confirm_again(ctx, user, email=wanted.email)
    return json_response({})


def _user(grant: Grant) -> User:
    if grant.user is None:
        raise Invalid("This method requires an authenticated user")
    return grant.user


async def create(ctx: Context, grant: Grant, wanted: Newcomer, request: Request) -> Response:
    """POST /api/v1/accounts: an account, and a token for it, with the application's own token.

    The token works at once where registrations are open and no mail is sent; else all but the calls above
    answer 403 and say what is missing.
    """
    if grant.account is not None:
        raise Forbidden("Only the application's own token makes accounts; ask for one by client_credentials")
    if not wanted.agreement:
        text = "must be accepted"
        raise Invalid(f"Validation failed: Agreement {text}", {"agreement": [("ERR_ACCEPTED", text)]})
    account = await action.sign_up(
        ctx,
        name=wanted.username,
        email=wanted.email,
        password=wanted.password,
        reason=wanted.reason,
        locale=wanted.locale,
        app_id=grant.token.application_id,
        address=address_of(request),
    )
    application = await access_rows.application_by_id(ctx.db, grant.token.application_id)
    if application is None:
        raise Unauthorised
    issued = await access.issue_token(
        ctx,
        application=application,
        account=account,
        user_id=account.id,
        granted=scopes.parse(grant.token.scopes),
    )
    return json_response(
        {
            "access_token": issued.token,
            "token_type": "Bearer",
            "scope": issued.row.scopes,
            "created_at": issued.row.created_at // SECOND,
        }
    )
