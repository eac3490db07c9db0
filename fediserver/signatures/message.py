"""A request as both signature schemes see it, and the digest of its body."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from fediserver.errors import FediserverError

COMPARED = "collection-synchronization"
"""The header by which servers compare followers (FEP-8fcf); it is signed wherever it goes along."""
DigestField = Literal["digest", "content-digest"]

# Four algorithms in one header need under 300 characters.
_MAX_DIGEST_HEADER = 1024
_URL = re.compile(r"(https?)://([^/?#@\s]+)(/[^?#\s]*)?(\?[^#\s]*)?(?:#\S*)?", re.IGNORECASE)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {
    "sha-256": hashlib.sha256,
    "sha-512": hashlib.sha512,
}


class SignatureError(FediserverError):
    """A signature, key or proof that cannot be accepted.

    `reason` is a short word for logs and tests: unsigned, malformed, headers (something that must be
    signed is not), host, digest, stale, algorithm, key; callers add mismatch for a signature that
    the key did not make. The text is for the administrator of the sender.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Message(msgspec.Struct, frozen=True):
    """One HTTP request.

    `method` is upper-case. `url` is absolute, made from our own base URL and the raw (still
    percent-encoded) path and query that were asked for, never from the Host header. `headers` have
    lower-case names and latin-1 values; repeated ones are joined by ", ". `body` is the raw bytes.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def has_content(self) -> bool:
        """Whether the body must be covered by the signature: always for a POST, else when there is one."""
        return self.method == "POST" or bool(self.body)


class Target(NamedTuple):
    """The parts of a URL that are signed: `path` is never empty; `query` is empty or starts with "?"."""

    scheme: str
    authority: str
    path: str
    query: str

    @property
    def uri(self) -> str:
        """The whole URL again, without fragment and default port."""
        return f"{self.scheme}://{self.authority}{self.path}{self.query}"


def normal_authority(authority: str, scheme: str) -> str:
    """`Host:Port` in lower case, without the port that the scheme implies."""
    return authority.lower().removesuffix(_DEFAULT_PORTS[scheme])


@lru_cache(maxsize=256)
def target(url: str) -> Target:
    """Split an absolute http(s) URL of printable ASCII; SignatureError (malformed) for anything else."""
    found = _URL.fullmatch(url) if url.isascii() and url.isprintable() else None
    if found is None:
        raise SignatureError("malformed", "The URL is not an absolute, percent-encoded http(s) URL")
    scheme = found[1].lower()
    return Target(scheme, normal_authority(found[2], scheme), found[3] or "/", found[4] or "")


# One body goes to many hosts.
@lru_cache(maxsize=16)
def digest(body: bytes) -> str:
    """The value of a `Digest` header (RFC 3230), as every ActivityPub server knows it: `SHA-256=…`."""
    return f"SHA-256={_hash('sha-256', body)}"


def content_digest(body: bytes) -> str:
    """The value of a `Content-Digest` header (RFC 9530): `sha-256=:…:`."""
    return f"sha-256=:{_hash('sha-256', body)}:"


def check_digest(message: Message, field: DigestField = "digest") -> None:
    """Compare the header `field` with the raw body.

    Names of algorithms may have any case and several may be listed; at least one of SHA-256 and SHA-512
    must be there, and each of them that is there must match. Raises SignatureError (digest).
    """
    header = message.headers.get(field)
    if header is None or len(header) > _MAX_DIGEST_HEADER:
        raise SignatureError("digest", f"Send a {field} header of at most {_MAX_DIGEST_HEADER} characters")
    expected: dict[str, str] = {}
    for member in header.split(","):
        name, _, value = member.strip().partition("=")
        name = name.lower()
        if name not in _HASHES:
            continue
        if name not in expected:
            expected[name] = _hash(name, message.body).rstrip("=")
        if field == "content-digest":
            value = value[1:-1] if len(value) > 1 and value[0] == value[-1] == ":" else ""
        if value.rstrip("=") != expected[name]:
            raise SignatureError("digest", f"The {field} header does not match the body that was received")
    if not expected:
        raise SignatureError("digest", f"The {field} header must name sha-256 or sha-512")


def _hash(name: str, body: bytes) -> str:
    return base64.b64encode(_HASHES[name](body).digest()).decode()
