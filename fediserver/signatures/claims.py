"""What a signed request claims, and the checks that both schemes share."""

import base64
import re
from typing import Literal

import msgspec

from fediserver.clock import HOUR, MINUTE
from fediserver.signatures.keys import Algorithm, PublicKey
from fediserver.signatures.message import DigestField, Message, SignatureError, normal_authority, target

Scheme = Literal["cavage", "rfc9421"]

BLANKS = " \t"
"""What may surround a header value and is not signed."""
MAX_HEADER = 8 * 1024
"""Characters of a signature header; an RSA signature of 8192 bits needs 1,400."""
MAX_COMPONENTS = 64
"""Headers and derived parts that one signature may cover."""
WINDOW = HOUR
"""How far the time of signing may lie from ours, either way."""

# Senders set expires as near as ten seconds after created, and clocks differ by more than that.
_EXPIRY_LEEWAY = MINUTE
_MAX_KEY_ID = 2048
_KEY_ID = re.compile(r"https?://[^/?#@]+([/?#]|$)", re.IGNORECASE)
_NOT_IN_URL = re.compile(r'[^!-~]|["<>\\^`{|}]')


class Claim(msgspec.Struct, frozen=True):
    """That the key `key_id` signed a request; everything is checked but the signature itself.

    `created` is the time of signing in milliseconds. `algorithm` is the kind of key that the sender
    named, None when it may be either. `bases` are the texts that the signature may be over, `covered` the names
    of the headers and derived parts in them.
    """

    key_id: str
    scheme: Scheme
    created: int
    signature: bytes
    algorithm: Algorithm | None
    bases: tuple[bytes, ...]
    covered: tuple[str, ...]

    def matches(self, key: PublicKey) -> bool:
        """Whether `key` made the signature; never raises. about 20 µs for RSA, 90 for Ed25519."""
        if self.algorithm is not None and key.algorithm != self.algorithm:
            return False
        return any(key.verify(self.signature, base) for base in self.bases)


def check_key_id(key_id: str) -> str:
    """The key id itself, when it is an http(s) URL of at most 2048 characters."""
    if len(key_id) > _MAX_KEY_ID or _NOT_IN_URL.search(key_id) or _KEY_ID.match(key_id) is None:
        raise SignatureError(
            "malformed", f"The key id must be an http(s) URL of at most {_MAX_KEY_ID} characters"
        )
    return key_id


def check_host(message: Message) -> None:
    """The Host header must name the authority of the URL, so that nothing signed for others is accepted."""
    host = message.headers.get("host")
    if host is None:
        raise SignatureError("headers", "Send a Host header")
    aim = target(message.url)
    if normal_authority(host.strip(BLANKS), aim.scheme) != aim.authority:
        raise SignatureError("host", f"The Host header must be {aim.authority}, as the request was for that")


def check_time(created: int, expires: int | None, *, now: int) -> None:
    """All in milliseconds. `expires` can only shorten the window of an hour either way."""
    if abs(now - created) > WINDOW:
        raise SignatureError(
            "stale", "The time of signing is more than an hour from ours: set the clock, sign anew"
        )
    if expires is not None and (expires < created or now > expires + _EXPIRY_LEEWAY):
        raise SignatureError("stale", "The signature has expired: sign anew")


def check_covered(covered: tuple[str, ...], field: DigestField, message: Message) -> bool:
    """Whether the digest `field` is to be compared; SignatureError (headers) when it must be covered."""
    if field in covered:
        return True
    if message.has_content:
        raise SignatureError("headers", f"The signature of a request with a body must cover {field}")
    return False


def decode_signature(text: str) -> bytes:
    """Bytes of a base64 signature, padded as it must be."""
    try:
        signature = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise SignatureError("malformed", "The signature is not base64") from error
    if not signature:
        raise SignatureError("malformed", "The signature is empty")
    return signature


def signature_base(lines: list[str]) -> bytes:
    """The lines as bytes: headers are latin-1, as they came.

    A value that holds a line break could pose as a further line, so none may.
    """
    text = "\n".join(lines)
    if text.count("\n") != len(lines) - 1 or "\r" in text:
        raise SignatureError("malformed", "A signed header must not contain line breaks")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise SignatureError("malformed", "A signed header contains characters beyond latin-1") from error


def quotable(text: str) -> str:
    """The text, when it can stand between double quotes without escapes."""
    if not text.isascii() or not text.isprintable() or '"' in text or "\\" in text:
        raise SignatureError("malformed", "The key id must be printable ASCII without quotes")
    return text
