"""The account of ours that an activity is about."""

from fediserver.activitypub.context import Context
from fediserver.db import accounts
from fediserver.errors import Ignored
from fediserver.models.account import Account


async def ours(ctx: Context, uri: str) -> Account:
    """The member or group with that actor id; Ignored when it is none of ours, or gone."""
    local = ctx.uris.local(uri)
    account = await accounts.by_handle(ctx.db, local.key) if local and local.kind == "actor" else None
    if account is None or account.deleted_at is not None or account.suspended_at is not None:
        raise Ignored(f"{uri} is no account of ours")
    return account
