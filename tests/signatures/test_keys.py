import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, x25519
from cryptography.hazmat.primitives.asymmetric import rsa as rsa_keys
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.signatures import PublicKey, SignatureError, base58, keys

SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
PEM = serialization.Encoding.PEM
RSA_512 = """-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKyATPirp3IMVFe6MnIlfxIcU1kBDxFI
wMlO1N5ZzIGqzrUI7oywVbm2sXtED88Ltm+HiYh1ynmPzy7g60daGEECAwEAAQ==
-----END PUBLIC KEY-----
"""


def modulus(bits: int, *, exponent: int = 65537) -> rsa_keys.RSAPublicKey:
    """A public key of that size that nobody has the private half of."""
    return rsa_keys.RSAPublicNumbers(exponent, (1 << (bits - 1)) + 1).public_key()


def pem_of(key: rsa_keys.RSAPublicKey) -> str:
    return key.public_bytes(PEM, SPKI).decode()


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_sign_and_verify(kind: str, request: pytest.FixtureRequest) -> None:
    pair: keys.KeyPair = request.getfixturevalue(kind)
    private, public = keys.load_private(pair.private_pem), keys.load_public(pair.public_pem)
    assert private.algorithm == public.algorithm == kind
    signature = private.sign(b"data")
    assert public.verify(signature, b"data")
    assert not public.verify(signature, b"date")
    assert not public.verify(signature[:-1], b"data")
    assert not public.verify(b"", b"data")
    assert not public.verify(bytes(5000), b"data")


def test_loaded_keys_are_cached(rsa: keys.KeyPair) -> None:
    assert keys.load_private(rsa.private_pem) is keys.load_private(rsa.private_pem)
    assert keys.load_public(rsa.public_pem) is keys.load_public(f"\n{rsa.public_pem}\n\n")


def test_pem_in_every_form_that_servers_publish(rsa: keys.KeyPair) -> None:
    public = serialization.load_pem_public_key(rsa.public_pem.encode())
    pkcs1 = public.public_bytes(PEM, serialization.PublicFormat.PKCS1).decode()
    assert pkcs1.startswith("-----BEGIN RSA PUBLIC KEY-----")
    for text in (pkcs1, rsa.public_pem.replace("\n", "\r\n"), f"  {rsa.public_pem.strip()}"):
        assert keys.load_public(text).pem() == rsa.public_pem


@pytest.mark.parametrize("bits", [1024, 8192])
def test_rsa_sizes_at_the_limits(bits: int) -> None:
    assert keys.load_public(pem_of(modulus(bits))).algorithm == "rsa"


def unwelcome() -> list[str]:
    others: list[ec.EllipticCurvePublicKey | x25519.X25519PublicKey | dsa.DSAPublicKey] = [
        ec.generate_private_key(ec.SECP256R1()).public_key(),
        x25519.X25519PrivateKey.generate().public_key(),
        dsa.generate_parameters(1024).generate_private_key().public_key(),
    ]
    return [
        "",
        "no key",
        "-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMFww\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMFwü\n-----END PUBLIC KEY-----",
        RSA_512,
        pem_of(modulus(8200)),
        pem_of(modulus(2048, exponent=(1 << 64) + 1)),
        *(key.public_bytes(PEM, SPKI).decode() for key in others),
    ]


def test_keys_of_other_kinds_and_sizes_are_refused(ed25519: keys.KeyPair) -> None:
    for pem in [*unwelcome(), ed25519.public_pem + " " * 16384, ed25519.private_pem]:
        with pytest.raises(SignatureError) as caught:
            keys.load_public(pem)
        assert caught.value.reason == "key"


def test_private_keys_that_cannot_be_used(ed25519: keys.KeyPair) -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for pem in ("", "no key", ed25519.public_pem, curve.decode()):
        with pytest.raises(SignatureError) as caught:
            keys.load_private(pem)
        assert caught.value.reason == "key"


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_multibase_round_trip(kind: str, request: pytest.FixtureRequest) -> None:
    pair: keys.KeyPair = request.getfixturevalue(kind)
    text = keys.multibase(pair.public_pem)
    assert text.startswith("z6Mk" if kind == "ed25519" else "z")
    read = keys.from_multibase(text)
    assert isinstance(read, PublicKey)
    assert read.pem() == pair.public_pem
    assert read.multibase() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        "m7QE",
        "z0OIl",
        "z6Mk",
        "z" + base58.encode(b"\xed\x01" + bytes(31)),
        "z" + base58.encode(b"\x85\x24" + bytes(31)),
        "z" + base58.encode(b"\x80\x24" + bytes(33)),
        "z" + "2" * 2048,
    ],
)
def test_multibase_that_is_refused(text: str) -> None:
    with pytest.raises(SignatureError) as caught:
        keys.from_multibase(text)
    assert caught.value.reason == "key"


@given(st.binary(max_size=80))
@settings(max_examples=50)
def test_base58_round_trip(data: bytes) -> None:
    assert base58.decode(base58.encode(data)) == data


def test_base58_known_values() -> None:
    assert base58.encode(b"\0\0Hello World!") == "112NEpo7TZRRrLZSi2U"
    with pytest.raises(ValueError, match="base58"):
        base58.decode("0")


@given(st.text(max_size=100))
@settings(max_examples=50)
def test_reading_keys_raises_nothing_else(text: str) -> None:
    for read in (keys.load_public, keys.load_private, keys.from_multibase):
        for candidate in (text, "z" + text, f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----"):
            with pytest.raises(SignatureError):
                read(candidate)
