"""Browsers in which somebody has logged in before: a cookie says so, for one log-in and its present password.

OWASP, Slow Down Online Guessing Attacks with Device Cookies; docs/decisions/0024.
"""

import hashlib
import hmac
import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

from fediserver.clock import DAY, SECOND
from fediserver.config import Config
from fediserver.models.account import User
from fediserver.web.auth import cookie_name, put_cookie

_COOKIE = "browser"
_SECONDS = 365 * DAY // SECOND
_VALUE = re.compile(r"([0-9a-f]{32})([0-9a-f]{64})")


def mark(secret: bytes, config: Config, response: Response, user: User) -> None:
    """Have the browser remember, for a year, that this member has logged in there; `secret` is the node's."""
    number = secrets.token_hex(16)
    put_cookie(config, response, _COOKIE, number + _proof(secret, user, number), _SECONDS)


def of(secret: bytes, config: Config, request: Request, user: User | None) -> str | None:
    """The number of a browser in which this member has logged in with their present password; else None."""
    found = _VALUE.fullmatch(request.cookies.get(cookie_name(config, _COOKIE), ""))
    if user is None or found is None or not hmac.compare_digest(found[2], _proof(secret, user, found[1])):
        return None
    return found[1]


def _proof(secret: bytes, user: User, number: str) -> str:
    said = f"browser\0{number}\0{user.account_id}\0{user.password_hash}"
    return hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()
