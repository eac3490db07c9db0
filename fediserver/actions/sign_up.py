"""Accounts that people make for themselves, as FEDISERVER_REGISTRATIONS and the organisers' blocks have it."""

from typing import NamedTuple

from fediserver.actions import notify, register
from fediserver.actions.core import Core
from fediserver.clock import DAY
from fediserver.db import email_blocks, ip_blocks
from fediserver.db.database import Reader, Writer
from fediserver.errors import Forbidden
from fediserver.models.account import Account
from fediserver.models.sign_up_block import IpBlock, around, canonical_hash
from fediserver.text import handles

DAYS = 7
"""For so long attempts with mail of a blocked domain are counted."""
_REFUSED: register.Found = {"email": [("ERR_BLOCKED", "cannot be used here; take another one")]}


class _Blocks(NamedTuple):
    """What the organisers say of somebody: the blocks of the mail's domain, and whether they are kept out."""

    of_domain: list[int]
    refused: bool
    with_approval: bool


async def sign_up(
    core: Core, *, name: str, email: str, password: str, address: str, reason: str = "", locale: str = "en"
) -> Account:
    """An account that is usable at once where registrations are open, else when it is approved.

    `address` is where the request comes from. Moderators are told. Mail addresses are not confirmed, for no
    mail is sent yet. Raises Forbidden when registrations are closed, or the network is blocked; Invalid.
    """
    if core.config.registrations not in ("open", "approval"):
        raise Forbidden("This node takes no registrations; ask somebody who is here to invite you")
    networks = await _networks(core, address)
    if any(one.severity in ("sign_up_block", "no_access") for one in networks):
        raise Forbidden("Nobody can sign up from your network; ask somebody who is here to invite you")
    by_approval = core.config.registrations == "approval"
    found: register.Found = {}
    if not password:
        found["password"] = [("ERR_BLANK", "must not be empty")]
    if by_approval and not reason.strip():
        found["reason"] = [("ERR_BLANK", "must not be empty: somebody reads it before you can come in")]
    if found:
        raise register.invalid(found | register.problems(name, email, password, reason))
    blocks = await core.db.read(lambda tx: _blocks(tx, email))
    await _count(core, blocks)
    if blocks.refused:
        raise register.invalid(_REFUSED)

    async def tell(tx: Writer, account: Account) -> None:
        await notify.tell_staff(core, tx, "admin.sign_up", account)

    return await register.register(
        core,
        name=name,
        email=email,
        password=password,
        reason=reason,
        locale=locale,
        confirmed=True,
        approved=not by_approval and not networks and not blocks.with_approval,
        then=tell,
    )


async def _networks(core: Core, address: str) -> list[IpBlock]:
    """The blocks of every network that an address is in, as far as they have not ended."""
    now = core.clock()
    found = await ip_blocks.named(core.db, around(address))
    return [one for one in found if one.expires_at is None or now < one.expires_at]


async def _blocks(tx: Reader, email: str) -> _Blocks:
    domain = email.strip().rpartition("@")[2]
    labels = (handles.host(domain) or domain.lower()).split(".")
    found = await email_blocks.domains_named(tx, [".".join(labels[start:]) for start in range(len(labels))])
    alone = await email_blocks.address_hashed(tx, canonical_hash(email))
    return _Blocks(
        [one.id for one in found],
        alone is not None or any(not one.allow_with_approval for one in found),
        bool(found),
    )


async def _count(core: Core, blocks: _Blocks) -> None:
    if not blocks.of_domain:
        return
    day = core.clock() // DAY

    async def work(tx: Writer) -> None:
        for block_id in blocks.of_domain:
            await email_blocks.count_attempt(tx, block_id, day=day, first=day - DAYS + 1)

    await core.db.write(work)
