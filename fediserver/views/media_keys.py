"""Keys of other servers' files: who has one may have the file fetched; the others see what is cached."""

import base64
import hashlib
import hmac

REMOTE = "remote/"
"""How paths of other servers' files begin."""

_BYTES = 12


def key(secret: bytes, file_id: int) -> str:
    """The key of one file, of the node's secret (`Context.secret`): 16 characters that fit in a query."""
    digest = hmac.digest(secret, b"media:%d" % file_id, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:_BYTES]).decode()


def check(secret: bytes, file_id: int, given: str) -> bool:
    """Whether it is the key of that file."""
    return hmac.compare_digest(key(secret, file_id).encode(), given.encode("utf-8", "surrogatepass"))
