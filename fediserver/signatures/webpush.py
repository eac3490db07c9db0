"""Web Push: what only the subscriber can read (RFC 8291, RFC 8188, and the draft before them), and who sends it
(VAPID, RFC 8292).
"""

import base64
import binascii
import json
import os
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

RECORD = 4096
"""Bytes of the only record: push services take no more."""
_SALT = 16
_AUTH = 16
_POINT = 65
_LONGEST = 200


class Recipient(NamedTuple):
    """A subscriber's public point, and the secret that the subscriber shares with us."""

    point: bytes
    auth: bytes


class Legacy(NamedTuple):
    """A message in the older encoding, and what its headers have to carry."""

    body: bytes
    salt: str
    public: str


def recipient(p256dh: str, auth: str) -> Recipient:
    """The keys of a subscription, in base64url or base64; ValueError when they are none."""
    point, secret = _decoded(p256dh), _decoded(auth)
    if len(point) != _POINT or len(secret) != _AUTH:
        raise ValueError("p256dh has 65 bytes, auth has 16")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    return Recipient(point, secret)


def aes128gcm(
    to: Recipient, text: bytes, *, salt: bytes | None = None, key: ec.EllipticCurvePrivateKey | None = None
) -> bytes:
    """The message of RFC 8291; `salt` and `key` are for its own example."""
    salt = salt or os.urandom(_SALT)
    key = key or ec.generate_private_key(ec.SECP256R1())
    public = _point(key)
    secret = _derived(to.auth, _shared(key, to), b"WebPush: info\0" + to.point + public, 32)
    content_key = _derived(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, secret, b"Content-Encoding: nonce\0", 12)
    # 2 ends the last record.
    sealed = AESGCM(content_key).encrypt(nonce, text + b"\x02", None)
    return salt + RECORD.to_bytes(4, "big") + bytes([_POINT]) + public + sealed


def aesgcm(to: Recipient, text: bytes) -> Legacy:
    """The message of draft-ietf-webpush-encryption-04, which apps and relays made before 2017 still expect."""
    salt, key = os.urandom(_SALT), ec.generate_private_key(ec.SECP256R1())
    public = _point(key)
    secret = _derived(to.auth, _shared(key, to), b"Content-Encoding: auth\0", 32)
    size = _POINT.to_bytes(2, "big")
    context = b"P-256\0" + size + to.point + size + public
    content_key = _derived(salt, secret, b"Content-Encoding: aesgcm\0" + context, 16)
    nonce = _derived(salt, secret, b"Content-Encoding: nonce\0" + context, 12)
    # Two bytes say how much padding follows: none.
    sealed = AESGCM(content_key).encrypt(nonce, b"\0\0" + text, None)
    return Legacy(sealed, encoded(salt), encoded(public))


class Vapid:
    """The node's own key pair, with which it tells push services who sends; `public` is what apps are told."""

    def __init__(self, pem: str) -> None:
        key = serialization.load_pem_private_key(pem.encode(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the key for Web Push is not one of P-256")
        self._key = key
        self.public = encoded(_point(key))

    def token(self, *, audience: str, subject: str, expires_at: int) -> str:
        """A JWT (RFC 7519, ES256) for a push service's origin; `expires_at` in seconds, a day ahead at most."""
        claims = {"aud": audience, "exp": expires_at, "sub": subject}
        head = encoded(json.dumps({"typ": "JWT", "alg": "ES256"}).encode())
        signed = f"{head}.{encoded(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def new_vapid() -> str:
    """A new key pair, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def encoded(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    if len(text) > _LONGEST or not text.isascii():
        raise ValueError("this is no key")
    plain = text.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except binascii.Error as problem:
        raise ValueError("this is not base64url") from problem


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _shared(key: ec.EllipticCurvePrivateKey, to: Recipient) -> bytes:
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to.point)
    return key.exchange(ec.ECDH(), public)


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
