"""Web Push against the example of RFC 8291, and against a reader of its own."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from fediserver.signatures import webpush
from fediserver.signatures.webpush import Vapid, new_vapid
from tests.push_service import Subscriber, claims, data

# RFC 8291, section 5 and appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
RECEIVER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
MESSAGE = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_rfc() -> None:
    to = webpush.recipient(POINT, AUTH)
    key = ec.derive_private_key(int.from_bytes(data(SENDER), "big"), ec.SECP256R1())
    assert webpush.aes128gcm(to, PLAIN, salt=data(SALT), key=key) == data(MESSAGE)
    assert Subscriber(data(RECEIVER), data(AUTH)).read_new(data(MESSAGE)) == PLAIN


@given(st.binary(max_size=3000))
def test_both_encodings_are_read_again(said: bytes) -> None:
    app = Subscriber()
    to = webpush.recipient(**app.keys())
    assert app.read_new(webpush.aes128gcm(to, said + b"x")) == said + b"x"
    legacy = webpush.aesgcm(to, said)
    headers = {"encryption": f"salt={legacy.salt}", "crypto-key": f"dh={legacy.public};p256ecdsa=x"}
    assert app.read_old(headers, legacy.body) == said


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        (POINT[:-2], AUTH),
        (POINT, AUTH[:-2]),
        ("B" * 87, AUTH),
        ("!", AUTH),
        (POINT, "ü"),
        ("", ""),
        ("A" * 999, AUTH),
    ],
)
def test_what_are_no_keys(p256dh: str, auth: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong
        webpush.recipient(p256dh, auth)


def test_keys_in_plain_base64_are_taken() -> None:
    plain = POINT.replace("-", "+").replace("_", "/") + "="
    assert webpush.recipient(plain, AUTH + "==") == webpush.recipient(POINT, AUTH)


def test_the_node_proves_who_it_is() -> None:
    vapid = Vapid(new_vapid())
    token = vapid.token(audience="https://push.example", subject="https://oak.example", expires_at=77)
    headers = {"authorization": f"vapid t={token}, k={vapid.public}"}
    assert claims(headers, vapid.public) == {
        "aud": "https://push.example",
        "exp": 77,
        "sub": "https://oak.example",
    }
