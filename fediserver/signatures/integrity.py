"""FEP-8b32 object integrity proofs with the cryptosuite eddsa-jcs-2022 (W3C vc-di-eddsa)."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from fediserver import clock
from fediserver.signatures import base58, jcs
from fediserver.signatures.keys import PrivateKey, PublicKey
from fediserver.signatures.message import SignatureError

_TYPE = "DataIntegrityProof"
_SUITE = "eddsa-jcs-2022"
_PURPOSE = "assertionMethod"
_MAX_METHOD = 2048
# 64 bytes in base58 have at most 88 characters, after the "z".
_MAX_VALUE = 89
_SIGNATURE_BYTES = 64
# The linked-data signature is made after the proof, so it is no part of what is proved.
_NOT_PROVED = frozenset({"proof", "signature"})


class Proof(msgspec.Struct, frozen=True):
    """Who is said to have proved a document, and when.

    `verification_method` is the id of a key (an http(s) or DID URL). Times are in milliseconds, None when
    absent or unreadable; a proof whose `expires` has passed is to be ignored.
    """

    verification_method: str
    created: int | None
    expires: int | None


def prove(document: dict[str, Any], *, key: PrivateKey, verification_method: str, now: int) -> dict[str, Any]:
    """The document with a `proof` made by an Ed25519 key; an older proof is replaced. `now` in milliseconds.

    SignatureError (algorithm) for an RSA key, (malformed) for a document that JCS cannot write.
    """
    if key.algorithm != "ed25519":
        raise SignatureError("algorithm", "Integrity proofs need an Ed25519 key")
    proof: dict[str, Any] = {
        "type": _TYPE,
        "cryptosuite": _SUITE,
        "verificationMethod": verification_method,
        "proofPurpose": _PURPOSE,
        "created": clock.isoformat(now)[:19] + "Z",
    }
    if "@context" in document:
        proof["@context"] = document["@context"]
    value = "z" + base58.encode(key.sign(_hash(document, proof)))
    return {**document, "proof": {**proof, "proofValue": value}}


def proof_of(document: Mapping[str, Any]) -> Proof | None:
    """The proof that the document carries, as it claims to be; None without one of a kind that we know."""
    proof = _supported(document)
    if proof is None:
        return None
    return Proof(
        verification_method=proof["verificationMethod"],
        created=clock.parse(proof.get("created")),
        expires=clock.parse(proof.get("expires")),
    )


def verify(document: Mapping[str, Any], key: PublicKey) -> bool:
    """Whether the document's proof was made with `key`; never raises.

    The caller sees to it that `key` is the verification method named and belongs to the document's owner,
    and that the proof has not expired. A proof with an @context must have the document's.
    """
    proof = _supported(document)
    if proof is None or key.algorithm != "ed25519":
        return False
    value = proof["proofValue"]
    try:
        signature = base58.decode(value[1:])
        hashed = _hash(document, {name: item for name, item in proof.items() if name != "proofValue"})
    except (ValueError, SignatureError):
        return False
    # Compared last, when both are known to be of bounded depth.
    if "@context" in proof and proof["@context"] != document.get("@context"):
        return False
    return len(signature) == _SIGNATURE_BYTES and key.verify(signature, hashed)


def _supported(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first proof of our kind, well-formed as far as is needed to name and verify it."""
    proofs = document.get("proof")
    for proof in proofs[:8] if isinstance(proofs, list) else [proofs]:
        if (
            isinstance(proof, dict)
            and proof.get("type") == _TYPE
            and proof.get("cryptosuite") == _SUITE
            and proof.get("proofPurpose") == _PURPOSE
            and _is_text(proof.get("verificationMethod"), _MAX_METHOD)
            and _is_text(proof.get("proofValue"), _MAX_VALUE)
            and proof["proofValue"].startswith("z")
        ):
            return proof
    return None


def _is_text(value: object, limit: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= limit


def _hash(document: Mapping[str, Any], proof: dict[str, Any]) -> bytes:
    """SHA-256 of the proof without its value, then of the document without its proof: what is signed."""
    proved = {name: value for name, value in document.items() if name not in _NOT_PROVED}
    return hashlib.sha256(jcs.canonical(proof)).digest() + hashlib.sha256(jcs.canonical(proved)).digest()
