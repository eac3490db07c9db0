"""A node's first start: its address, its secret, its own actor, and its first owner."""

import secrets

import msgspec

from fediserver.actions.core import Core
from fediserver.actions.register import new_account, register
from fediserver.actions.sessions import make_link
from fediserver.config import Config, Sources
from fediserver.db import accounts, settings
from fediserver.db.database import Clash, Database, Writer
from fediserver.models.account import Account
from fediserver.signatures.webpush import Vapid, new_vapid

INSTANCE = "instance.actor"
"""The name of the node's own row; no member can have it, for it has a dot."""


async def settle(db: Database, sources: Sources) -> tuple[Config, bytes]:
    """Bind the database to its address on the first use, and answer configuration and secret.

    Raises ConfigError when the database belongs to another address.
    """
    config = sources.settle(_address(await settings.everything(db)))

    async def bind(tx: Writer) -> dict[str, str]:
        await settings.put_once(tx, "base_url", config.base_url)
        await settings.put_once(tx, "domain", config.domain)
        await settings.put_once(tx, "secret", secrets.token_hex(32))
        return await settings.everything(tx)

    stored = await db.write(bind)
    # Somebody else may have bound it in the meantime: then that counts.
    return sources.settle(_address(stored)), bytes.fromhex(stored["secret"])


async def vapid(db: Database) -> Vapid:
    """The key pair with which the node tells push services who sends; made on the first start."""

    async def keep(tx: Writer) -> str:
        await settings.put_once(tx, "vapid_key", new_vapid())
        return (await settings.everything(tx))["vapid_key"]

    known = (await settings.everything(db)).get("vapid_key")
    return Vapid(await db.write(keep) if known is None else known)


def _address(stored: dict[str, str]) -> dict[str, str]:
    return {name: stored[name] for name in ("base_url", "domain") if name in stored}


async def instance_actor(core: Core) -> Account:
    """The node's own actor, made when it is not there."""
    known = await accounts.by_uri(core.db, core.uris.instance_actor)
    if known is not None:
        return known
    uri = core.uris.instance_actor
    account, keys = await new_account(
        core, INSTANCE, actor_type="Application", display_name=core.config.domain
    )
    account = msgspec.structs.replace(
        account, uri=uri, url=core.uris.base_url, inbox=f"{uri}/inbox", discoverable=False
    )

    async def work(tx: Writer) -> None:
        await accounts.insert(tx, account)
        for key in keys:
            fragment = key.id.partition("#")[2]
            await accounts.put_key(tx, msgspec.structs.replace(key, id=f"{uri}#{fragment}"))

    try:
        await core.db.write(work)
    except Clash:
        return await instance_actor(core)
    return account


async def first_owner(core: Core, name: str) -> str | None:
    """Make the owner when nobody is here yet; answers the token of a link to choose a password, once."""
    if await accounts.users(core.db):
        return None
    account = await register(
        core,
        name=name,
        email=f"{name}@{core.config.domain.rsplit(':', 1)[0]}",
        password="",
        locale="en",
        confirmed=True,
        approved=True,
        role="owner",
    )
    return await make_link(core, account)
