"""FEP-8b32: its own vectors, those of W3C vc-di-eddsa, and what breaks a proof."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.signatures import PrivateKey, SignatureError, base58, integrity, keys

SHARED = Path(__file__).parents[2].parent / "shared"
FEATURE = SHARED / "spec" / "vectors" / "fep-8b32.feature"

METHOD = "https://a.example/u/bob#ed25519-key"
NOW = 1_677_281_798_000
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"]
NOTE: dict[str, Any] = {
    "@context": CONTEXT,
    "id": "https://a.example/n/1",
    "type": "Note",
    "attributedTo": "https://a.example/u/bob",
    "content": "Grüße",
    "location": {"type": "Place", "longitude": -71.184902, "latitude": 25.0},
}
# Appendix "Representation: eddsa-jcs-2022" of https://www.w3.org/TR/vc-di-eddsa/
W3C_KEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
W3C_CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"]
W3C_CREDENTIAL: dict[str, Any] = {
    "@context": W3C_CONTEXT,
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": f"did:key:{W3C_KEY}#{W3C_KEY}",
        "proofPurpose": "assertionMethod",
        "@context": W3C_CONTEXT,
        "proofValue": "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX",
    },
}


def private_key(seed: bytes) -> PrivateKey:
    pem = Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return keys.load_private(pem.decode())


def proved(ed25519: keys.KeyPair, document: dict[str, Any] = NOTE) -> dict[str, Any]:
    return integrity.prove(
        document, key=keys.load_private(ed25519.private_pem), verification_method=METHOD, now=NOW
    )


def test_the_w3c_vector() -> None:
    assert integrity.verify(W3C_CREDENTIAL, keys.from_multibase(W3C_KEY))
    assert not integrity.verify({**W3C_CREDENTIAL, "name": "Other"}, keys.from_multibase(W3C_KEY))


def test_our_own_vector() -> None:
    proof = integrity.prove(NOTE, key=private_key(bytes(range(32))), verification_method=METHOD, now=NOW)[
        "proof"
    ]
    assert proof == {
        "@context": CONTEXT,
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        "created": "2023-02-24T23:36:38Z",
        "proofValue": "z234FWBVtZpMWjvEKUnD41rMWJByayQQEz7XiVQyEPtEmDr51PseLoPsuX5WCa8mvFEQuVvFF5VKz5ExM5j8XSswY",
    }


@pytest.mark.needs_shared
@pytest.mark.skipif(not FEATURE.exists(), reason="the specifications are not beside the checkout")
def test_the_vectors_of_the_fep() -> None:
    text = FEATURE.read_text(encoding="utf-8")
    document, signed, again, actor = (
        json.loads(part) for part in re.findall(r'"""(.*?)"""', text, re.DOTALL)
    )
    secret = re.search(r'secret key "z(\w+)"', text)
    method = re.search(r'for key "(\S+)"', text)
    assert secret
    assert method
    # A secret Multikey is the varint 0x1300 and the seed.
    key = private_key(base58.decode(secret[1])[2:])
    assert integrity.prove(document, key=key, verification_method=method[1], now=NOW) == signed
    public = keys.from_multibase(actor["assertionMethod"][0]["publicKeyMultibase"])
    assert integrity.verify(again, public)


def test_proof_of_says_who_and_when(ed25519: keys.KeyPair) -> None:
    document = proved(ed25519)
    assert integrity.proof_of(document) == integrity.Proof(METHOD, NOW, None)
    assert integrity.verify(document, keys.load_public(ed25519.public_pem))
    expiring = {**document, "proof": {**document["proof"], "expires": "2023-02-25T23:36:38Z", "created": 5}}
    assert integrity.proof_of(expiring) == integrity.Proof(METHOD, None, NOW + 86_400_000)
    assert integrity.proof_of(NOTE) is None


def test_an_older_proof_is_replaced_and_the_document_left_alone(ed25519: keys.KeyPair) -> None:
    document = proved(ed25519)
    assert proved(ed25519, document) == document
    assert "proof" not in NOTE


def test_a_linked_data_signature_added_later_is_no_part_of_it(ed25519: keys.KeyPair) -> None:
    document = {**proved(ed25519), "signature": {"type": "RsaSignature2017"}}
    assert integrity.verify(document, keys.load_public(ed25519.public_pem))


def test_in_a_set_our_kind_of_proof_is_found(ed25519: keys.KeyPair) -> None:
    document = proved(ed25519)
    mixed = {**document, "proof": [None, {"type": "Other"}, document["proof"]]}
    assert integrity.verify(mixed, keys.load_public(ed25519.public_pem))
    late = {**document, "proof": [None] * 8 + [document["proof"]]}
    assert integrity.proof_of(late) is None


def test_contexts_must_be_the_same(ed25519: keys.KeyPair) -> None:
    public = keys.load_public(ed25519.public_pem)
    document = proved(ed25519)
    assert not integrity.verify({**document, "@context": CONTEXT[:1]}, public)
    plain = {name: value for name, value in NOTE.items() if name != "@context"}
    without = proved(ed25519, plain)
    assert "@context" not in without["proof"]
    assert integrity.verify(without, public)
    # Signed for one context, and only the proof says so.
    assert not integrity.verify({**plain, "proof": document["proof"]}, public)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Ed25519Signature2020"},
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"proofPurpose": "authentication"},
        {"verificationMethod": {"id": METHOD}},
        {"verificationMethod": ""},
        {"verificationMethod": "h" * 2049},
        {"proofValue": None},
        {"proofValue": "u" + "A" * 86},
        {"proofValue": "z" + "2" * 200},
    ],
)
def test_proofs_that_are_none_of_ours(ed25519: keys.KeyPair, change: dict[str, Any]) -> None:
    document = proved(ed25519)
    other = {**document, "proof": {**document["proof"], **change}}
    assert integrity.proof_of(other) is None
    assert not integrity.verify(other, keys.load_public(ed25519.public_pem))


@pytest.mark.parametrize(
    "change",
    [{"created": "2023-02-24T23:36:39Z"}, {"verificationMethod": METHOD + "2"}, {"expires": "2030-01-01T00:00:00Z"},
     {"proofValue": "z"}, {"proofValue": "z0"}, {"proofValue": "z2222"}, {"nonce": float("inf")}],
)  # fmt: skip
def test_a_changed_proof_is_refused(ed25519: keys.KeyPair, change: dict[str, Any]) -> None:
    document = proved(ed25519)
    assert not integrity.verify(
        {**document, "proof": {**document["proof"], **change}}, keys.load_public(ed25519.public_pem)
    )


def test_only_ed25519(rsa: keys.KeyPair, ed25519: keys.KeyPair) -> None:
    with pytest.raises(SignatureError) as caught:
        proved(rsa)
    assert caught.value.reason == "algorithm"
    assert not integrity.verify(proved(ed25519), keys.load_public(rsa.public_pem))


def test_documents_that_cannot_be_written_are_refused(ed25519: keys.KeyPair) -> None:
    with pytest.raises(SignatureError):
        proved(ed25519, {"n": 2**60})
    public = keys.load_public(ed25519.public_pem)
    assert not integrity.verify({**proved(ed25519), "n": 2**60}, public)
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    assert not integrity.verify({**proved(ed25519), "@context": deep}, public)


leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text()
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(document=st.dictionaries(st.text(), trees, max_size=4), proof=trees)
@settings(max_examples=50, deadline=None)
def test_nothing_strange_raises(ed25519: keys.KeyPair, document: dict[str, Any], proof: Any) -> None:
    public = keys.load_public(ed25519.public_pem)
    assert integrity.proof_of({**document, "proof": proof}) is None
    assert not integrity.verify({**document, "proof": proof}, public)
    good = proved(ed25519)
    integrity.verify({**document, "proof": good["proof"]}, public)


@given(document=st.dictionaries(st.text(), trees, max_size=4), name=st.text(), value=leaves)
@settings(max_examples=50, deadline=None)
def test_round_trip_and_tampering(
    ed25519: keys.KeyPair, document: dict[str, Any], name: str, value: object
) -> None:
    public = keys.load_public(ed25519.public_pem)
    try:
        signed = proved(ed25519, document)
    except SignatureError:
        return
    assert integrity.verify(signed, public)
    if name in {"proof", "signature"} or repr(document.get(name, ...)) == repr(value):
        return
    assert integrity.verify({**signed, name: value}, public) == (document.get(name, ...) == value)
