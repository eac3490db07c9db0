"""Tokens made by the command line: for a member, or for a group in the name of its owner."""

import secrets

from fediserver.actions import access
from fediserver.actions.core import Core
from fediserver.clock import DAY
from fediserver.db import access as rows
from fediserver.db import accounts, command_tokens
from fediserver.db.database import Clash
from fediserver.errors import Invalid, NotFound
from fediserver.models import scopes
from fediserver.models.account import Account
from fediserver.models.oauth import Application


async def issue(core: Core, *, account: Account, asked: str, app_name: str, days: int | None = None) -> str:
    """A bearer token, told this once; it shows among the account's authorised apps under `app_name`."""
    wanted = scopes.parse(asked)
    if not wanted or scopes.unknown(wanted):
        raise Invalid(f"--scopes takes names such as {scopes.DEFAULT!r} or 'read write follow push'")
    issued = await access.issue_token(
        core,
        application=await _application(core, app_name, wanted),
        account=account,
        user_id=await _who_speaks(core, account),
        granted=wanted,
        expires_at=core.clock() + days * DAY if days else None,
    )
    return issued.token


async def revoke(core: Core, *, account: Account, app_name: str) -> int:
    """End the account's tokens that were made under `app_name`; answers how many there were."""
    application = await rows.application(core.db, _client_id(app_name))
    if application is None:
        raise NotFound(f"no token was ever made for an app named {app_name!r}")
    count = await core.db.write(
        lambda tx: command_tokens.drop(tx, application_id=application.id, account_id=account.id)
    )
    core.bus.publish("tokens")
    return count


async def _who_speaks(core: Core, account: Account) -> int:
    """A person speaks for themselves, for a group its owner."""
    if account.actor_type != "Group":
        return account.id
    owners = [one for one in await accounts.members(core.db, account.id) if one.role == "owner"]
    if not owners:
        raise Invalid(f"@{account.username} has no owner: `fediserver group member role` makes one")
    return owners[0].account_id


async def _application(core: Core, name: str, wanted: tuple[str, ...]) -> Application:
    known = await rows.application(core.db, _client_id(name))
    if known is not None:
        return known
    made = Application(
        id=core.ids.next(),
        name=name,
        website="",
        client_id=_client_id(name),
        # Nobody knows its secret, so that no program can pass for it.
        secret_hash=access.hashed(secrets.token_urlsafe(32)),
        redirect_uris="[]",
        scopes=" ".join(wanted),
        created_at=core.clock(),
    )
    try:
        await core.db.write(lambda tx: rows.insert_application(tx, made))
    except Clash:
        return await _application(core, name, wanted)
    return made


def _client_id(name: str) -> str:
    return f"command-line:{name}"
