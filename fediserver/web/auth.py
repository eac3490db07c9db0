"""Who is asking: bearer tokens for programs, session cookies for the pages, never one for the other."""

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from fediserver.actions import access, sessions
from fediserver.actions.core import Core
from fediserver.clock import SECOND
from fediserver.config import Config
from fediserver.db.access import Holder
from fediserver.errors import Forbidden, Invalid, Unauthorised
from fediserver.models import scopes
from fediserver.models.account import Account, User
from fediserver.models.oauth import AccessToken
from fediserver.models.uris import host
from fediserver.web.limits import Limits

FRESH = 2 * SECOND
"""How long a token is believed without asking the database: a revocation by any process acts within this."""

TOKENS = 5000
"""Tokens that are remembered, about 10 MB."""

_LONGEST_TOKEN = 200
_NO_COOKIE_PATHS = ("/api/", "/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/userinfo")


# Mastodon's own sentences: apps recognise by them what a newcomer waits for.
_AS_APPS_KNOW_IT = {
    sessions.DISABLED: "Your login is currently disabled",
    sessions.UNCONFIRMED: "Your login is missing a confirmed e-mail address",
    sessions.UNAPPROVED: "Your login is currently pending approval",
}


class Viewer(msgspec.Struct, frozen=True):
    """A member who is asking, as themselves or, with `user` the member's own, as their group.

    The rows are at most two seconds old; who shows or changes them reads them again. `token` is None on
    the pages, where everything that pages do is allowed.
    """

    account: Account
    user: User
    token: AccessToken | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def id(self) -> int:
        """The account that the viewer acts as."""
        return self.account.id


class Grant(msgspec.Struct, frozen=True):
    """What a good token allows: an application alone has neither account nor user."""

    token: AccessToken
    scopes: frozenset[str]
    account: Account | None
    user: User | None
    speaks: bool

    def demand(self, *needed: str) -> None:
        """Raise Forbidden unless one of the scopes is granted; without any, every token will do."""
        if needed and self.scopes.isdisjoint(needed):
            raise Forbidden("This action is outside the authorized scopes")

    def viewer(self) -> Viewer:
        """The member behind the token.

        Raises Invalid (422) for an application's own token, Forbidden when the log-in cannot be used.
        """
        if self.account is None or self.user is None:
            raise Invalid("This method requires an authenticated user")
        barred = _AS_APPS_KNOW_IT.get(sessions.why_barred(self.account, self.user), "")
        if not barred and not self.speaks:
            barred = "You may no longer act as this group"
        if barred:
            raise Forbidden(barred)
        return Viewer(self.account, self.user, self.token, self.scopes)


def _grant(holder: Holder) -> Grant:
    row = holder.token
    speaks = row.account_id == row.user_id or holder.group_role in access.SPEAKERS
    return Grant(row, scopes.expanded(scopes.parse(row.scopes)), holder.account, holder.user, speaks)


class _Kept(NamedTuple):
    grant: Grant
    until: int


class Tokens:
    """Turns bearer tokens into grants and remembers them for two seconds."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._of_account: dict[int | None, set[str]] = {}
        for topic in ("tokens", "signals"):
            core.bus.listen(topic, lambda _: self._forget_all())

    async def grant(self, token: str, *, fresh: bool = False) -> Grant:
        """What a token allows; Unauthorised when it is not known or has run out.

        `fresh` asks the database in any case, and forgets what is remembered of the same account.
        """
        kept = self._kept.get(token)
        now = self._core.clock()
        if kept is not None and not fresh and now < kept.until:
            self._kept.move_to_end(token)
            return kept.grant
        holder = await access.holder(self._core, token) if 0 < len(token) <= _LONGEST_TOKEN else None
        if holder is None:
            self._drop(token)
            raise Unauthorised
        grant = _grant(holder)
        if fresh:
            self.forget(grant.token.account_id)
        else:
            self._keep(token, _Kept(grant, now + FRESH))
        return grant

    def forget(self, account_id: int | None) -> None:
        """Have the next request of an account see its rows as they are then."""
        for token in tuple(self._of_account.get(account_id, ())):
            self._drop(token)

    def _keep(self, token: str, kept: _Kept) -> None:
        self._drop(token)
        self._kept[token] = kept
        self._of_account.setdefault(kept.grant.token.account_id, set()).add(token)
        if len(self._kept) > TOKENS:
            self._drop(next(iter(self._kept)))

    def _drop(self, token: str) -> None:
        kept = self._kept.pop(token, None)
        if kept is not None:
            account_id = kept.grant.token.account_id
            tokens = self._of_account[account_id]
            tokens.discard(token)
            if not tokens:
                del self._of_account[account_id]

    def _forget_all(self) -> None:
        self._kept.clear()
        self._of_account.clear()


@dataclass(frozen=True, kw_only=True)
class Access:
    """What stands at the door of one process: remembered tokens, counters, the secret of our forms.

    The app puts one into `request.scope["access"]`.
    """

    tokens: Tokens
    limits: Limits
    form_secret: bytes

    @classmethod
    def of(cls, core: Core, *, limits: Limits, secret: bytes) -> "Access":
        """Made at start; `secret` is the node's own, so that a form outlives a restart."""
        return cls(tokens=Tokens(core), limits=limits, form_secret=secret)


def access_of(request: HTTPConnection) -> Access:
    """The process's own."""
    found: Access = request.scope["access"]
    return found


def bearer(request: HTTPConnection, *, also: str | None = None) -> str | None:
    """The token of a request: its Authorization header, else `also`, a parameter where Mastodon takes one.

    RFC 6750, section 2. Cookies are never read here. Another scheme than Bearer is no token.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return also or None


async def grant(request: Request, *needed: str, also: str | None = None) -> Grant | None:
    """What the request's token allows; None without token.

    Raises Unauthorised for a bad token, Forbidden when it has none of the scopes that are needed.
    """
    token = bearer(request, also=also)
    if token is None:
        return None
    found = await access_of(request).tokens.grant(token, fresh=request.method not in ("GET", "HEAD"))
    found.demand(*needed)
    return found


async def member(request: Request, *needed: str, also: str | None = None) -> Viewer:
    """The member who is asking; Unauthorised, Forbidden, or Invalid (422) when there is none."""
    found = await grant(request, *needed, also=also)
    if found is None:
        raise Unauthorised
    return found.viewer()


async def visitor(request: Request, *needed: str, also: str | None = None) -> Viewer | None:
    """The member who is asking where one need not be: None without token or with an application's own."""
    found = await grant(request, *needed, also=also)
    return None if found is None or found.account is None else found.viewer()


async def still_good(core: Core, token_ids: Sequence[int]) -> set[int]:
    """Those of the tokens with which a member may still do something, asked of the database."""
    good: set[int] = set()
    for holder in await access.holders(core, token_ids):
        with suppress(Forbidden, Invalid):
            _grant(holder).viewer()
            good.add(holder.token.id)
    return good


async def logged_in(core: Core, request: Request) -> Viewer | None:
    """The member whose session cookie came with a request for a page."""
    token = session_token(core.config, request)
    found = await sessions.session(core, token) if token else None
    return Viewer(found.account, found.user) if found else None


def session_token(config: Config, request: Request) -> str:
    """The text of the session cookie, '' for none; programs' paths have none, whatever was sent."""
    if request.scope["path"].startswith(_NO_COOKIE_PATHS):
        return ""
    return request.cookies.get(cookie_name(config, "session"), "")[:_LONGEST_TOKEN]


def cookie_name(config: Config, what: str) -> str:
    """`__Host-session` on https (RFC 6265bis, section 4.1.3.2), else `fediserver_session_8001`.

    Cookies do not keep the ports of one host apart; the name does.
    """
    if config.https:
        return f"__Host-{what}"
    port = host(config.base_url).rpartition(":")[2]
    return f"fediserver_{what}_{port if port.isdigit() else 80}"


def put_cookie(config: Config, response: Response, what: str, value: str, seconds: int) -> None:
    """Set a cookie that no script reads and no other site's form sends."""
    name = cookie_name(config, what)
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=config.https, httponly=True, samesite="lax"
    )


def drop_cookie(config: Config, response: Response, what: str) -> None:
    """Have the browser forget a cookie."""
    name = cookie_name(config, what)
    response.delete_cookie(name, path="/", secure=config.https, httponly=True, samesite="lax")
