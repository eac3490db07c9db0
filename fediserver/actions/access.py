"""Who may act for whom: applications, authorization codes and tokens (RFC 6749, RFC 7636, RFC 7009).

Codes, tokens and secrets are random and long, so a plain SHA-256 of each is all that is kept.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from fediserver.actions.core import Core
from fediserver.clock import DAY, MINUTE
from fediserver.db import access
from fediserver.db.database import Writer
from fediserver.errors import FediserverError, Invalid
from fediserver.models import scopes
from fediserver.models.account import Account
from fediserver.models.oauth import AccessToken, Application, AuthorizationCode

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""The redirect address of programs that cannot be redirected to: the code is shown to be copied."""

CODE_LIFE = 10 * MINUTE
SPEAKERS = ("owner", "admin", "moderator")
"""The roles in a group that may act as the group."""

LONGEST_NAME = 60
LONGEST_ADDRESS = 2000
MOST_ADDRESSES = 20

# What a code's challenge becomes when it is used; no challenge looks like it.
_SPENT = "spent"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,63}")
# No app of a member has these: they run or show what the address itself holds, are the browser's own, hand on to
# another scheme, open what the system brings along, or are protocols.
_NOT_OF_APPS = (
    "javascript data vbscript file blob filesystem about view-source "
    "chrome devtools edge brave opera vivaldi resource moz-icon "
    "intent android-app feed jar mhtml wyciwyg pcast search search-ms help hcp its "
    "ws wss ftp sftp ssh telnet smb nfs ldap ldaps gopher mailto news nntp tel sms irc urn"
)
_NEVER = frozenset(_NOT_OF_APPS.split())
_NEVER_BEGIN = ("chrome-", "moz-extension", "safari-", "ms-", "shell", "x-apple", "itms")


class Denied(FediserverError):
    """An OAuth request that is refused; `code` is one of RFC 6749, sections 4.1.2.1 and 5.2."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Registered(NamedTuple):
    """A new application and its secret, which is told this once."""

    application: Application
    secret: str


class Issued(NamedTuple):
    """A new token: its text, told this once, and its row."""

    token: str
    row: AccessToken


def hashed(secret: str) -> str:
    """How codes, tokens, links and secrets are kept: SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def register_application(
    core: Core, *, name: str, redirect_uris: list[str], scopes_asked: str = scopes.DEFAULT, website: str = ""
) -> Registered:
    """Register a client. Raises Invalid naming what is missing or not allowed."""
    name, website = name.strip(), website.strip()
    _check_application(name, redirect_uris, website)
    wanted = scopes.parse(scopes_asked) or (scopes.DEFAULT,)
    unknown = scopes.unknown(wanted)
    if unknown:
        raise Invalid(f"There is no scope named {unknown[0][:50]!r}")
    secret = secrets.token_urlsafe(32)
    application = Application(
        id=core.ids.next(),
        name=name,
        website=website,
        client_id=secrets.token_urlsafe(32),
        secret_hash=hashed(secret),
        redirect_uris=json.dumps(list(dict.fromkeys(redirect_uris))),
        scopes=" ".join(wanted),
        created_at=core.clock(),
    )
    await core.db.write(lambda tx: access.insert_application(tx, application))
    return Registered(application, secret)


def redirect_addresses(application: Application) -> list[str]:
    """The addresses that an application was registered with."""
    found: list[str] = json.loads(application.redirect_uris)
    return found


def settled_scopes(application: Application, asked: str) -> tuple[str, ...]:
    """The scopes of a request; Denied (invalid_scope) when the application was not registered for them."""
    registered = scopes.parse(application.scopes)
    wanted = scopes.parse(asked)
    if not wanted:
        return (scopes.DEFAULT,) if scopes.covers(registered, scopes.DEFAULT) else registered
    if scopes.unknown(wanted) or not scopes.within(wanted, registered):
        raise Denied(
            "invalid_scope", f"The app was registered for {application.scopes} and may ask for no more"
        )
    return wanted


def settled_challenge(challenge: str, method: str) -> str:
    """The PKCE challenge of a request, '' for none; Denied (invalid_request) unless it is of S256."""
    if not challenge:
        return ""
    if method != "S256":
        raise Denied("invalid_request", "code_challenge_method must be S256")
    if _CHALLENGE.fullmatch(challenge) is None:
        raise Denied("invalid_request", "code_challenge must be 43 characters of base64url")
    return challenge


async def authorize(
    core: Core,
    *,
    application: Application,
    member: Account,
    act_as: Account,
    redirect_uri: str,
    granted: tuple[str, ...],
    challenge: str,
) -> str:
    """A code for ten minutes, with which the application may become `act_as`: the member or their group.

    Raises Denied (access_denied) when the member may not speak for that group.
    """
    if act_as.id != member.id and act_as.id not in {group.id for group in await voices(core, member)}:
        raise Denied("access_denied", "You may not act as this account")
    # The code carries the id of its token; it is believed because its hash is found.
    code = f"{core.ids.next()}.{secrets.token_urlsafe(32)}"
    now = core.clock()
    row = AuthorizationCode(
        code_hash=hashed(code),
        application_id=application.id,
        account_id=act_as.id,
        user_id=member.id,
        redirect_uri=redirect_uri,
        scopes=" ".join(granted),
        challenge=challenge,
        expires_at=now + CODE_LIFE,
    )
    await core.db.write(lambda tx: access.insert_code(tx, row, now))
    return code


async def voices(core: Core, member: Account) -> list[Account]:
    """The groups that a member may act as."""
    return await access.groups_of(core.db, member.id, SPEAKERS)


async def authenticate(core: Core, client_id: str, secret: str) -> Application:
    """The application with that id and secret; Denied (invalid_client) otherwise."""
    application = await access.application(core.db, client_id) if client_id else None
    known = application.secret_hash if application else hashed("")
    if not hmac.compare_digest(known, hashed(secret)) or application is None or not secret:
        raise Denied("invalid_client", "The client id or the client secret is wrong; register the app again")
    return application


async def exchange(
    core: Core, *, application: Application, code: str, redirect_uri: str, verifier: str
) -> Issued:
    """The token for a code, once (RFC 6749, section 4.1.3); Denied (invalid_grant) otherwise.

    A code that comes a second time was copied by somebody: its token is revoked (section 4.1.2).
    """
    code_hash, now = hashed(code), core.clock()
    secret = secrets.token_urlsafe(32)

    async def write(tx: Writer) -> AccessToken | str:
        row = await access.code(tx, code_hash)
        if row is None or row.application_id != application.id:
            return "The code is not known; ask the member to authorise the app again"
        token_id = int(code.partition(".")[0])
        if row.challenge == _SPENT:
            await access.drop_token(tx, token_id)
            return "The code was used before; its token is revoked, so ask the member to authorise again"
        wrong = _wrong_with(row, redirect_uri, verifier, now)
        if wrong:
            return wrong
        await access.spend_code(tx, code_hash, _SPENT)
        token = AccessToken(
            token_id, hashed(secret), application.id, row.account_id, row.user_id, row.scopes, now, now, None
        )
        await access.insert_token(tx, token)
        return token

    outcome = await core.db.write(write)
    if isinstance(outcome, str):
        core.bus.publish("tokens")
        raise Denied("invalid_grant", outcome)
    return Issued(secret, outcome)


async def issue_token(
    core: Core,
    *,
    application: Application,
    account: Account | None,
    user_id: int | None,
    granted: tuple[str, ...],
    expires_at: int | None = None,
) -> Issued:
    """A token made without a code: for the application alone, or for an account by the command line."""
    secret, now = secrets.token_urlsafe(32), core.clock()
    row = AccessToken(
        id=core.ids.next(),
        token_hash=hashed(secret),
        application_id=application.id,
        account_id=account.id if account else None,
        user_id=user_id,
        scopes=" ".join(granted),
        created_at=now,
        last_used_at=None,
        expires_at=expires_at,
    )
    await core.db.write(lambda tx: access.insert_token(tx, row))
    return Issued(secret, row)


async def client_credentials(core: Core, *, application: Application, asked: str) -> Issued:
    """A token that acts as the application itself (RFC 6749, section 4.4)."""
    granted = settled_scopes(application, asked)
    return await issue_token(core, application=application, account=None, user_id=None, granted=granted)


async def revoke(core: Core, *, application: Application, token: str) -> None:
    """End a token (RFC 7009); one that is not known is no error.

    Raises Denied (unauthorized_client) when it is another application's.
    """
    row = await access.token(core.db, hashed(token))
    if row is None:
        return
    if row.application_id != application.id:
        raise Denied("unauthorized_client", "This token belongs to another app")
    await revoke_token(core, row.id)


async def introspect(core: Core, *, application: Application, token: str) -> AccessToken | None:
    """A token that works, for the application that it was issued to; None for any other."""
    row = await access.token(core.db, hashed(token))
    if row is None or row.application_id != application.id:
        return None
    return None if row.expires_at is not None and row.expires_at <= core.clock() else row


async def revoke_token(core: Core, token_id: int) -> None:
    """End a token, whoever's it is; it stops working in this process at once, in others within 2 s."""
    await core.db.write(lambda tx: access.drop_token(tx, token_id))
    core.bus.publish("tokens")


async def holder(core: Core, token: str) -> access.Holder | None:
    """Whose token it is, None when it is not known or has run out; notes once a day that it is in use."""
    found = await access.holder(core.db, hashed(token))
    now = core.clock()
    if found is None:
        return None
    row = found.token
    if row.expires_at is not None and row.expires_at <= now:
        return None
    if (row.last_used_at or 0) < now - DAY:
        await core.db.write(lambda tx: access.touch(tx, row, now))
    return found


async def holders(core: Core, token_ids: Sequence[int]) -> list[access.Holder]:
    """Those of the tokens, by their ids, that have neither been revoked nor run out."""
    now = core.clock()
    return [
        found
        for found in await access.holders(core.db, token_ids)
        if found.token.expires_at is None or now < found.token.expires_at
    ]


def _wrong_with(row: AuthorizationCode, redirect_uri: str, verifier: str, now: int) -> str:
    """Why a code cannot be exchanged; '' when it can."""
    if row.expires_at <= now:
        return "The code is too old; ask the member to authorise the app again"
    if row.redirect_uri != redirect_uri:
        return "redirect_uri is not the one that the code was sent to"
    if bool(row.challenge) != bool(verifier):
        # RFC 9700, section 2.1.1: else an attacker could leave out the challenge.
        return "code_verifier is needed exactly where a code_challenge was sent"
    if verifier and not _proves(verifier, row.challenge):
        return "code_verifier does not fit the code_challenge"
    return ""


def _proves(verifier: str, challenge: str) -> bool:
    """RFC 7636, section 4.6, for S256."""
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return hmac.compare_digest(digest, challenge)


def _check_application(name: str, redirect_uris: list[str], website: str) -> None:
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"client_name must have 1 to {LONGEST_NAME} characters")
    if not redirect_uris or len(redirect_uris) > MOST_ADDRESSES:
        raise Invalid(f"redirect_uris must hold 1 to {MOST_ADDRESSES} addresses")
    for uri in redirect_uris:
        if not _may_be_redirected_to(uri):
            raise Invalid(
                f"{uri[:100]!r} cannot be a redirect address: it must be absolute, with a scheme of your app "
                f"or https, and without fragment"
            )
    if website and (len(website) > LONGEST_ADDRESS or not website.startswith(("https://", "http://"))):
        raise Invalid("website must be an address that begins with https://")


def _may_be_redirected_to(uri: str) -> bool:
    if uri == OUT_OF_BAND:
        return True
    printable = uri.isascii() and uri.isprintable() and not set(uri) & set(" \"'<>\\^`{|}#")
    if len(uri) > LONGEST_ADDRESS or not printable:
        return False
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return False
    if _SCHEME.fullmatch(parts.scheme) is None:
        return False
    if parts.scheme in ("http", "https"):
        return bool(parts.hostname) and parts.username is None and port != 0
    rest = uri[len(parts.scheme) + 1 :]
    # Some programs go on to an address within the address.
    inner, colon, _ = rest.lower().partition(":")
    return rest != "" and not _is_never(parts.scheme) and not (colon and _is_never(inner))


def _is_never(scheme: str) -> bool:
    """Whether a scheme cannot be an app's own (RFC 8252, 7.1; many have no dot in theirs, against its advice)."""
    return scheme in _NEVER or scheme.startswith(_NEVER_BEGIN)
