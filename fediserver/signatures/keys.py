"""Keys that sign and verify: RSA (PKCS#1 v1.5 with SHA-256) and Ed25519, as PEM and as Multikey."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from fediserver.signatures import base58
from fediserver.signatures.message import SignatureError

Algorithm = Literal["rsa", "ed25519"]

MIN_RSA_BITS = 1024
MAX_RSA_BITS = 8192
# A long exponent makes each verification as slow as a private operation.
_MAX_EXPONENT_BITS = 64
_MAX_TEXT = 16 * 1024
# The PEM block of an RSA key of 8192 bits has 1,450 characters.
_MAX_BLOCK = 4096
_MAX_MULTIBASE = 2048
_BLOCK = re.compile(r"-----BEGIN (RSA )?PUBLIC KEY-----[^-]+-----END (RSA )?PUBLIC KEY-----")

# Multicodec prefixes, as unsigned varints: ed25519-pub is 0xed, rsa-pub is 0x1205.
_ED25519_CODEC = b"\xed\x01"
_RSA_CODEC = b"\x85\x24"

_PADDING = padding.PKCS1v15()
_SHA256 = hashes.SHA256()


class KeyPair(NamedTuple):
    """A fresh key: PKCS#8 and SPKI, both PEM."""

    private_pem: str
    public_pem: str


class PublicKey:
    """A key that tells whether a signature is good."""

    def __init__(self, key: rsa.RSAPublicKey | ed25519.Ed25519PublicKey) -> None:
        self._key = key
        self.algorithm: Algorithm = "rsa" if isinstance(key, rsa.RSAPublicKey) else "ed25519"

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` over `data` was made with the private half; never raises."""
        try:
            if isinstance(self._key, rsa.RSAPublicKey):
                self._key.verify(signature, data, _PADDING, _SHA256)
            else:
                self._key.verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True

    def pem(self) -> str:
        """The key as SPKI PEM, whatever form it was read from."""
        return self._key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()

    def multibase(self) -> str:
        """The key as `publicKeyMultibase` of a Multikey: `z6Mk…` for Ed25519."""
        if isinstance(self._key, rsa.RSAPublicKey):
            der = self._key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
            return "z" + base58.encode(_RSA_CODEC + der)
        return "z" + base58.encode(_ED25519_CODEC + self._key.public_bytes_raw())


class PrivateKey:
    """A key that signs; RSA takes 0.2 ms and releases the GIL, so call it in a thread."""

    def __init__(self, key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> None:
        self._key = key
        self.algorithm: Algorithm = "rsa" if isinstance(key, rsa.RSAPrivateKey) else "ed25519"

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, _PADDING, _SHA256)
        return self._key.sign(data)


def generate_rsa() -> KeyPair:
    """A fresh RSA key of 2048 bits, what every server understands; takes some 100 ms."""
    return _pair(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def generate_ed25519() -> KeyPair:
    """A fresh Ed25519 key."""
    return _pair(ed25519.Ed25519PrivateKey.generate())


@lru_cache(maxsize=1024)
def load_private(pem: str) -> PrivateKey:
    """One of our own keys. RSA keys are not checked again (28 ms): we made them.

    SignatureError (key) when the text is no unencrypted RSA or Ed25519 key.
    """
    try:
        key = serialization.load_pem_private_key(
            pem.encode(), password=None, unsafe_skip_rsa_key_validation=True
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SignatureError("key", "The private key cannot be read: restore it from a backup") from error
    if not isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise SignatureError("key", "The private key must be an RSA or Ed25519 key")
    return PrivateKey(key)


def load_public(pem: str) -> PublicKey:
    """A stranger's key: SPKI or PKCS#1 PEM, at most 16 kB, RSA of 1024 to 8192 bits or Ed25519.

    SignatureError (key) for everything else.
    """
    found = _BLOCK.search(pem) if len(pem) <= _MAX_TEXT else None
    if found is None or len(found[0]) > _MAX_BLOCK:
        raise SignatureError("key", "The public key must be PEM text that begins with BEGIN PUBLIC KEY")
    # Only the block itself is kept in the cache, so that padding around it cannot fill the memory.
    return _load_block(found[0])


def multibase(public_pem: str) -> str:
    """`publicKeyMultibase` for a public key in PEM."""
    return load_public(public_pem).multibase()


@lru_cache(maxsize=1024)
def from_multibase(text: str) -> PublicKey:
    """Read the `publicKeyMultibase` of a Multikey (base58btc, Ed25519 or RSA); SignatureError (key)."""
    if not text.startswith("z") or len(text) > _MAX_MULTIBASE:
        raise SignatureError("key", "publicKeyMultibase must be base58btc, which begins with z")
    try:
        data = base58.decode(text[1:])
        if data.startswith(_ED25519_CODEC):
            return PublicKey(ed25519.Ed25519PublicKey.from_public_bytes(data[2:]))
        if data.startswith(_RSA_CODEC):
            return _checked(serialization.load_der_public_key(data[2:]))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SignatureError("key", "publicKeyMultibase cannot be read") from error
    raise SignatureError("key", "publicKeyMultibase must hold an Ed25519 or RSA key")


@lru_cache(maxsize=1024)
def _load_block(pem: str) -> PublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SignatureError("key", "The public key cannot be read") from error
    return _checked(key)


def _checked(key: object) -> PublicKey:
    """The key, unless it is of a kind or size that we do not accept."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return PublicKey(key)
    if not isinstance(key, rsa.RSAPublicKey):
        raise SignatureError("key", "The public key must be an RSA or Ed25519 key")
    if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise SignatureError("key", f"An RSA key must have {MIN_RSA_BITS} to {MAX_RSA_BITS} bits")
    if key.public_numbers().e.bit_length() > _MAX_EXPONENT_BITS:
        raise SignatureError("key", f"The exponent of an RSA key must be below 2^{_MAX_EXPONENT_BITS}")
    return PublicKey(key)


def _pair(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> KeyPair:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return KeyPair(private.decode(), public.decode())
