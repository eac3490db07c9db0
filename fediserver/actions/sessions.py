"""Log-ins on the pages, and links that work once."""

import secrets

import msgspec

from fediserver.actions import notify, passwords
from fediserver.actions.access import hashed
from fediserver.actions.core import Core
from fediserver.actions.mail import CONFIRM_LINK, PASSWORD_LINK
from fediserver.clock import DAY
from fediserver.db import access, accounts
from fediserver.db.access import LoggedIn
from fediserver.db.database import Reader, Writer
from fediserver.errors import Forbidden, Invalid, NotFound
from fediserver.models.account import Account, User
from fediserver.models.oauth import OneTimeLink, Session

SESSION_LIFE = 30 * DAY
LINK_LIFE = DAY
PASSWORD = "password"  # noqa: S105 - the name of a purpose
"""The purpose of a link with which a member chooses their password."""
TO_CHOOSE = (PASSWORD, PASSWORD_LINK)
"""Both kinds of such links: handed over by somebody who runs the node, or mailed."""
TO_CONFIRM = (CONFIRM_LINK,)

DISABLED = "Your login is disabled; write to the people who run this node"
UNCONFIRMED = "Your e-mail address is not confirmed yet; open the link that was sent to it"
UNAPPROVED = "Your account waits for approval; somebody who runs this node has to let you in"

_LONGEST_LOGIN = 320
_LONGEST_AGENT = 200


class Login(msgspec.Struct, frozen=True):
    """What somebody gave as their name: the same `key` for everything that means the same log-in."""

    key: str
    account: Account | None
    user: User | None


async def meant(core: Core, login: str) -> Login:
    """Whose log-in a name or an e-mail address means, in any spelling; with a key of its own if it is nobody's."""
    login = login.strip().lower()[:_LONGEST_LOGIN]
    name = login.lstrip("@")

    async def look(tx: Reader) -> tuple[Account | None, User | None]:
        if "@" in name:
            user = await accounts.user_by_email(tx, login)
            return (await accounts.by_id(tx, user.account_id) if user else None), user
        account = await accounts.by_handle(tx, name)
        return account, await accounts.user(tx, account.id) if account else None

    account, user = await core.db.read(look)
    return Login(f"@{name}" if account is None else str(account.id), account, user)


async def log_in(login: Login, password: str) -> tuple[Account, User]:
    """The member, if this is their password.

    Raises Invalid, the same for an unknown name and a wrong password; Forbidden, to those who know the
    password, when the log-in cannot be used (yet).
    """
    account, user = login.account, login.user
    right = await passwords.matches(password, user.password_hash if user else None)
    if not right or user is None or account is None or account.deleted_at is not None:
        raise _no_match()
    barred = why_barred(account, user)
    if barred:
        raise Forbidden(barred)
    return account, user


def why_barred(account: Account, user: User) -> str:
    """Why a log-in cannot be used, in a sentence for its owner; '' when it can."""
    if account.deleted_at is not None or account.suspended_at is not None or user.disabled_at is not None:
        return DISABLED
    if user.confirmed_at is None:
        return UNCONFIRMED
    if user.approved_at is None:
        return UNAPPROVED
    return ""


async def open_session(
    core: Core, account: Account, *, user_agent: str, matched_hash: str | None = None
) -> str:
    """Log a member in for 30 days; answers the text for the cookie.

    `matched_hash` is that of the password with which they have come, if it was one: Invalid when it has been
    replaced meanwhile, which has ended all sessions of before.
    """
    token, now = secrets.token_urlsafe(32), core.clock()
    row = Session(hashed(token), account.id, now, now + SESSION_LIFE, user_agent[:_LONGEST_AGENT])

    async def write(tx: Writer) -> None:
        user = await accounts.user(tx, account.id)
        if matched_hash is not None and (user is None or user.password_hash != matched_hash):
            raise _no_match()
        await access.insert_session(tx, row)

    await core.db.write(write)
    return token


async def session(core: Core, token: str) -> LoggedIn | None:
    """Who is logged in with a cookie's text; None when it has run out or the log-in cannot be used."""
    found = await access.session(core.db, hashed(token))
    if found is None or found.session.expires_at <= core.clock():
        return None
    return None if why_barred(found.account, found.user) else found


async def end_session(core: Core, token: str) -> None:
    """Log out."""
    await core.db.write(lambda tx: access.drop_session(tx, hashed(token)))


async def make_link(core: Core, account: Account, purpose: str = PASSWORD) -> str:
    """The secret part of a link that works once within 24 h; an earlier one for the purpose stops working."""
    token = secrets.token_urlsafe(32)
    row = OneTimeLink(hashed(token), purpose, account.id, core.clock() + LINK_LIFE)
    await core.db.write(lambda tx: access.replace_link(tx, row))
    return token


async def link_owner(core: Core, token: str, purposes: tuple[str, ...] = TO_CHOOSE) -> Account:
    """For whom a link is, without using it up; NotFound when it was used or is too old."""

    async def look(tx: Reader) -> Account | None:
        link = await access.link(tx, hashed(token), purposes, core.clock())
        return await accounts.by_id(tx, link.account_id) if link else None

    account = await core.db.read(look)
    if account is None or account.deleted_at is not None:
        raise _no_link()
    return account


async def choose_password(core: Core, token: str, password: str) -> Account:
    """Use a link to set the password; ends every session, and, of a log-in that had a password, every token.

    Codes that an app has not changed for a token yet go with the sessions. A link that came by mail confirms the
    address, too.

    Raises NotFound when the link was used or is too old, Invalid when the password is too short or too long.
    """
    await link_owner(core, token)
    password_hash = await passwords.hashed(password)
    now = core.clock()

    async def write(tx: Writer) -> Account | None:
        link = await access.link(tx, hashed(token), TO_CHOOSE, now)
        user = await accounts.user(tx, link.account_id) if link else None
        if link is None or user is None or not await access.drop_link(tx, hashed(token)):
            return None
        if link.purpose == PASSWORD_LINK:
            await _confirm(core, tx, user)
        await _replace_password(tx, user, password_hash)
        # The first password of an account shuts nobody out; a later one shuts out who knew the last.
        if user.password_hash:
            await access.drop_tokens_of(tx, user.account_id)
        return await accounts.by_id(tx, user.account_id)

    account = await core.db.write(write)
    if account is None:
        raise _no_link()
    core.bus.publish("tokens")
    return account


async def confirm_address(core: Core, token: str) -> User:
    """Use the link of a mail to confirm the address that it went to; NotFound when it was used or is too old."""

    async def write(tx: Writer) -> User | None:
        link = await access.link(tx, hashed(token), TO_CONFIRM, core.clock())
        user = await accounts.user(tx, link.account_id) if link else None
        if user is None or not await access.drop_link(tx, hashed(token)):
            return None
        await _confirm(core, tx, user)
        return user

    user = await core.db.write(write)
    if user is None:
        raise _no_link()
    core.bus.publish("tokens")
    return user


async def _confirm(core: Core, tx: Writer, user: User) -> None:
    if user.confirmed_at is not None:
        return
    await accounts.update_user(tx, msgspec.structs.replace(user, confirmed_at=core.clock()))
    newcomer = await accounts.by_id(tx, user.account_id)
    if newcomer is not None:
        await notify.tell_staff(core, tx, "admin.sign_up", newcomer)


async def change_password(core: Core, user: User, *, current: str, password: str) -> None:
    """Replace a password by somebody who knows the present one; ends every session, apps stay connected.

    An app that was about to be connected has to ask again.

    Raises Invalid with details for `current` or `password`; also when the present one was replaced meanwhile.
    """
    wrong = Invalid("The present password is not right", {"current": [("ERR_INVALID", "is not right")]})
    if not await passwords.matches(current, user.password_hash):
        raise wrong
    password_hash = await passwords.hashed(password)

    async def write(tx: Writer) -> None:
        now = await accounts.user(tx, user.account_id)
        if now is None or now.password_hash != user.password_hash:
            raise wrong
        await _replace_password(tx, user, password_hash)

    await core.db.write(write)


async def _replace_password(tx: Writer, user: User, password_hash: str) -> None:
    """Sessions and codes end, and so do links to choose a password: somebody else may have asked for those."""
    await accounts.set_password(tx, user.account_id, password_hash)
    await access.drop_sessions_of(tx, user.account_id)
    await access.drop_links_of(tx, user.account_id, TO_CHOOSE)


def _no_match() -> Invalid:
    return Invalid("This name and password do not belong together")


def _no_link() -> NotFound:
    return NotFound("This link was used before or is older than a day; ask for a new one")
