"""Mail to members: asked for here and queued in the same transaction, sent by `jobs/mail.py`.

Who asks by an address learns nothing: whose it is, is looked up when the mail is sent. Links are never kept:
each follows from the node's secret and the number of its mail, and only its hash is a row.
"""

import base64
import hashlib
import hmac

from fediserver.actions.access import hashed
from fediserver.actions.core import Core
from fediserver.clock import DAY
from fediserver.db import access, accounts, mails
from fediserver.db.database import Writer
from fediserver.models.account import Account, User
from fediserver.models.mail import APPROVED, CONFIRM, PASSWORD, Mail
from fediserver.models.oauth import OneTimeLink
from fediserver.text.mail_address import is_address

A_DAY = 3
"""How many mails go to one address on one day (of UTC), and how often somebody may name another one."""
LINK_LIFE = DAY
"""From when the mail is handed over."""
TRY_FOR = 2 * DAY

CONFIRM_LINK = "confirm"
PASSWORD_LINK = "mailed_password"  # noqa: S105 - the name of a purpose
_LINKS = {CONFIRM: CONFIRM_LINK, PASSWORD: PASSWORD_LINK}


def is_set_up(core: Core) -> bool:
    """Whether the node sends mail."""
    return bool(core.config.mail_url)


async def queue(core: Core, tx: Writer, purpose: str, address: str, locale: str) -> bool:
    """Put mail on its way; False when the address has had its share of today, or is none."""
    address, now = address.strip(), core.clock()
    if not is_address(address):
        return False
    if not await counts(core, tx, address.lower()):
        return False
    await mails.insert(
        tx,
        Mail(
            id=core.ids.next(),
            purpose=purpose,
            address=address,
            locale=locale,
            link_hash="",
            attempts=0,
            run_at=now,
            give_up_at=now + TRY_FOR,
            lease_by=None,
            lease_until=0,
            last_error="",
        ),
    )
    return True


async def counts(core: Core, tx: Writer, subject: str) -> bool:
    """Count one more of today, of mails to an address or of something else that causes mail; False after enough."""
    if core.config.rate_limits != "on":
        return True
    return await mails.count(tx, address_hash=hashed(subject), day=core.clock() // DAY, most=A_DAY)


async def ask(core: Core, purpose: str, address: str, locale: str) -> None:
    """What a form asks for that anybody may fill in: it is not told whether anything will be sent."""
    await core.db.write(lambda tx: queue(core, tx, purpose, address, locale))
    core.bus.publish("mails")


def token_of(secret: bytes, mail: Mail) -> str:
    """The secret part of the link in a mail, the same for every attempt to send it."""
    digest = hmac.digest(secret, f"mail {mail.purpose} {mail.id}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


async def prepare(core: Core, tx: Writer, mail: Mail, token: str) -> Account | None:
    """Make the link work that is about to be sent, for a day; answers for whom, None when nobody needs it."""
    user = await accounts.user_by_email(tx, mail.address)
    account = await accounts.by_id(tx, user.account_id) if user else None
    if user is None or account is None or not _is_for(mail.purpose, account, user):
        return None
    if mail.purpose not in _LINKS:
        return account
    link = OneTimeLink(hashed(token), _LINKS[mail.purpose], account.id, core.clock() + LINK_LIFE)
    if mail.link_hash:
        # An attempt before this one may have arrived after all: a link that was used must not work again.
        return account if await access.extend_link(tx, link) else None
    await access.replace_link(tx, link)
    await mails.set_link(tx, mail.id, link.token_hash)
    return account


def _is_for(purpose: str, account: Account, user: User) -> bool:
    if account.deleted_at is not None or account.suspended_at is not None or user.disabled_at is not None:
        return False
    match purpose:
        case "confirm":
            return user.confirmed_at is None
        case "approved":
            return user.confirmed_at is not None and user.approved_at is not None
    return True


async def tell_approved(core: Core, tx: Writer, user: User) -> None:
    """Let somebody know that they can come in."""
    if is_set_up(core) and user.confirmed_at is not None:
        await queue(core, tx, APPROVED, user.email, user.locale)
