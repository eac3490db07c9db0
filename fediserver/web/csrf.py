"""Forms of our pages: a token bound to the session, and a check of where the form came from."""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request

from fediserver.errors import Forbidden

FIELD = "csrf_token"
"""The name of the hidden field in every form."""

_NONCE = 16
_STALE = "This form is out of date; go back, load the page again and send it once more"


def token(secret: bytes, session: str) -> str:
    """A token for the forms of one session; different each time, so that compression tells nothing of it."""
    nonce = secrets.token_bytes(_NONCE)
    return (nonce + _mac(secret, session, nonce)).hex()


def check(secret: bytes, session: str, given: object) -> None:
    """Raise Forbidden unless `given`, the form's field, is a token made for this session."""
    try:
        raw = bytes.fromhex(given) if isinstance(given, str) else b""
    except ValueError:
        raw = b""
    if not session or not hmac.compare_digest(raw[_NONCE:], _mac(secret, session, raw[:_NONCE])):
        raise Forbidden(_STALE)


def check_origin(request: Request, base_url: str) -> None:
    """Raise Forbidden when the browser says that another site made this request.

    Sec-Fetch-Site, Origin and Referer are asked, whichever are there (Fetch standard; RFC 6454). A
    request with none of them comes from no present browser: then the token alone decides.
    """
    site = request.headers.get("sec-fetch-site", "")
    if site not in ("", "same-origin", "none"):
        raise Forbidden(f"This form was sent from another site; open {base_url} and try again")
    origin = request.headers.get("origin", "")
    # "null" is what a page without referrer sends, ours or a stranger's; Sec-Fetch-Site tells them apart.
    if origin == "null" and site == "same-origin":
        return
    source = origin or request.headers.get("referer", "")
    if source and _origin(source) != _origin(base_url):
        raise Forbidden(f"This form was not sent from {base_url}; open it there and try again")


def _mac(secret: bytes, session: str, nonce: bytes) -> bytes:
    return hmac.digest(secret, b"csrf\0" + nonce + session.encode(), hashlib.sha256)


def _origin(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; None for what is no address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or {"http": 80, "https": 443}[parts.scheme]
