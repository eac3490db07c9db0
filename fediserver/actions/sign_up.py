"""Accounts that people make for themselves, as FEDISERVER_REGISTRATIONS and the organisers' blocks have it."""

from typing import NamedTuple

import msgspec

from fediserver.actions import mail, notify, register
from fediserver.actions.core import Core
from fediserver.clock import DAY
from fediserver.db import access, accounts, email_blocks, ip_blocks
from fediserver.db.database import Reader, Writer
from fediserver.errors import Forbidden, TooMany, Unavailable
from fediserver.models.account import Account, User
from fediserver.models.mail import CONFIRM
from fediserver.models.sign_up_block import IpBlock, around
from fediserver.text import handles
from fediserver.text.mail_address import canonical_hash

DAYS = 7
"""For so long attempts with mail of a blocked domain are counted."""
_REFUSED: register.Found = {"email": [("ERR_BLOCKED", "cannot be used here; take another one")]}


class _Blocks(NamedTuple):
    """What the organisers say of somebody: the blocks of the mail's domain, and whether they are kept out."""

    of_domain: list[int]
    refused: bool
    with_approval: bool


async def sign_up(
    core: Core,
    *,
    name: str,
    email: str,
    password: str,
    address: str,
    reason: str = "",
    locale: str = "en",
    app_id: int | None = None,
) -> Account:
    """An account that somebody makes for themselves, with an app or on the page.

    It can be used once its mail address is confirmed, where the node sends mail, and once it is approved, where
    FEDISERVER_REGISTRATIONS or a block asks for that. `address` is where the request comes from. Moderators are
    told, on a node that sends mail when the address is confirmed (`sessions.py`). Raises Forbidden when
    registrations are closed or the network is blocked, Invalid.
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
        confirmed=not mail.is_set_up(core),
        approved=not by_approval and not networks and not blocks.with_approval,
        app_id=app_id,
        then=None if mail.is_set_up(core) else tell,
    )


async def confirm_again(core: Core, user: User, *, email: str | None) -> None:
    """Send the link once more to somebody who has not confirmed their address, or to another address.

    Raises Forbidden when nothing has to be confirmed, Unavailable on a node that sends no mail, Invalid with
    details for `email`, TooMany.
    """
    _demand_unconfirmed(user)
    if not mail.is_set_up(core):
        raise Unavailable("This node sends no mail; ask the people who run it to confirm your address")
    wanted = user.email if email is None else email.strip()
    blocks = await core.db.read(lambda tx: _blocks(tx, wanted))
    is_other = wanted.lower() != user.email.lower()
    if is_other and blocks.refused:
        await _count(core, blocks)
        raise register.invalid(_REFUSED)

    async def write(tx: Writer) -> None:
        # Who asked may have been confirmed, approved or disabled since.
        now = _demand_unconfirmed(await accounts.user(tx, user.account_id))
        if is_other:
            found = register.email_problem(wanted) or await register.taken(tx, "", wanted)
            if found:
                raise register.invalid(found)
            if not await mail.counts(core, tx, f"account {user.account_id}"):
                raise TooMany("These were other addresses enough for today; try again tomorrow", 3600)
            approved_at = None if blocks.with_approval else now.approved_at
            await accounts.update_user(
                tx, msgspec.structs.replace(now, email=wanted, approved_at=approved_at)
            )
            # What went to the old address must not confirm the new one.
            await access.drop_links_of(tx, user.account_id, [mail.CONFIRM_LINK, mail.PASSWORD_LINK])
        if not await mail.queue(core, tx, CONFIRM, wanted, user.locale):
            raise TooMany(
                "This address has had its mails of today; look for them, or ask again tomorrow", 3600
            )

    await register.or_taken(core, write, "", wanted)
    core.bus.publish("tokens")
    core.bus.publish("mails")


def _demand_unconfirmed(user: User | None) -> User:
    if user is None or user.confirmed_at is not None:
        raise Forbidden("This method is only available while the e-mail is awaiting confirmation")
    return user


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
