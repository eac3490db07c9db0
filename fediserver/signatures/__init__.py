"""Signatures on requests and documents: bytes in, verdict out, no I/O.

`claim` checks a request as far as it goes without the key and says which key to look for;
`Claim.matches` then gives the verdict. `sign` makes the headers of a request that we send.
"""

from fediserver.signatures import cavage, rfc9421
from fediserver.signatures.claims import WINDOW, Claim, Scheme
from fediserver.signatures.keys import PrivateKey, PublicKey
from fediserver.signatures.message import Message, SignatureError

__all__ = [
    "WINDOW",
    "Claim",
    "Message",
    "PrivateKey",
    "PublicKey",
    "Scheme",
    "SignatureError",
    "claim",
    "sign",
]


def claim(message: Message, *, now: int) -> Claim:
    """What the request claims about its signer, after every check that needs no key.

    RFC 9421 when there is a Signature-Input header, else draft-cavage. Checked are presence and form,
    what is covered, Host, the time window (`now` in milliseconds, an hour either way) and the digest over
    the raw body. Raises SignatureError; its reason is "unsigned" when there is no signature at all.
    """
    if "signature-input" in message.headers:
        return rfc9421.claim(message, now=now)
    if "signature" in message.headers:
        return cavage.claim(message, now=now)
    raise SignatureError("unsigned", "This request must be signed (draft-cavage-12 or RFC 9421)")


def sign(message: Message, *, scheme: Scheme, key_id: str, key: PrivateKey, now: int) -> dict[str, str]:
    """The headers to send with the request, replacing those of the same name; `now` in milliseconds."""
    if scheme == "rfc9421":
        return rfc9421.sign(message, key_id=key_id, key=key, now=now)
    return cavage.sign(message, key_id=key_id, key=key, now=now)
