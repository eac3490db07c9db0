"""The examples of draft-cavage-http-signatures-12 appendix C, the parser, and what is asked of a sender."""

import base64

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.clock import HOUR, SECOND
from fediserver.signatures import Message, SignatureError, cavage, claim, keys

PUBLIC_PEM = """-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----
"""
EXAMPLE = Message(
    "POST",
    "https://example.com/foo?param=value&pet=dog",
    {
        "host": "example.com",
        "date": "Sun, 05 Jan 2014 21:31:40 GMT",
        "content-type": "application/json",
        "digest": "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
        "content-length": "18",
    },
    b'{"hello": "world"}',
)
EXAMPLE_TIME = 1_388_957_500_000
DEFAULT = (
    "SjWJWbWN7i0wzBvtPl8rbASWz5xQW6mcJmn+ibttBqtifLN7Sazz6m79cNfwwb8DMJ5cou1s7uEGKKCs+FLEEaDV5lp7q25W"
    "qS+lavg7T8hc0GppauB6hbgEKTwblDHYGEtbGmtdHgVCk9SuS13F0hZ8FD0k/5OxEPXe5WozsbM="
)
BASIC = (
    "qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8VfE"
    "dKFYRqzic+efkb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0="
)
ALL = (
    "vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv1"
    "20V01IL+TAD48XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE="
)
BASIC_HEADERS = 'headers="(request-target) host date",'
ALL_HEADERS = 'headers="(request-target) host date content-type digest content-length",'

KEY_ID = "https://a.example/u/bob#main-key"
NOW = 1_700_000_000_000


def deliver(pair: keys.KeyPair, *, url: str = "https://example.org/inbox", now: int = NOW) -> Message:
    message = Message("POST", url, {"content-type": "application/activity+json"}, b'{"type":"Like"}')
    headers = cavage.sign(message, key_id=KEY_ID, key=keys.load_private(pair.private_pem), now=now)
    return msgspec.structs.replace(
        message, headers={**message.headers, **{name.lower(): value for name, value in headers.items()}}
    )


def resigned(message: Message, pair: keys.KeyPair, parameters: cavage.Parameters) -> Message:
    """The message with a signature of its own making over the headers that `parameters` lists."""
    signature = base64.b64encode(
        keys.load_private(pair.private_pem).sign(cavage.signing_string(message, parameters))
    ).decode()
    fields = {
        "keyId": parameters.key_id,
        "algorithm": parameters.algorithm,
        "headers": " ".join(parameters.headers),
        "signature": signature,
        "created": parameters.created,
        "expires": parameters.expires,
    }
    header = ",".join(f'{name}="{value}"' for name, value in fields.items() if value)
    return msgspec.structs.replace(message, headers={**message.headers, "signature": header})


def parameters_of(message: Message) -> cavage.Parameters:
    return cavage.parse(message.headers["signature"])


def reason_of(message: Message, *, now: int = NOW) -> str:
    with pytest.raises(SignatureError) as caught:
        claim(message, now=now)
    return caught.value.reason


@pytest.mark.parametrize(
    ("headers", "signature"), [("", DEFAULT), (BASIC_HEADERS, BASIC), (ALL_HEADERS, ALL)]
)
def test_appendix_c(headers: str, signature: str) -> None:
    parameters = cavage.parse(f'keyId="Test",algorithm="rsa-sha256",{headers}signature="{signature}"')
    base = cavage.signing_string(EXAMPLE, parameters)
    assert keys.load_public(PUBLIC_PEM).verify(base64.b64decode(parameters.signature), base)


def test_appendix_c_3_as_a_whole_request() -> None:
    header = f'keyId="{KEY_ID}",algorithm="rsa-sha256",{ALL_HEADERS}signature="{ALL}"'
    message = msgspec.structs.replace(EXAMPLE, headers={**EXAMPLE.headers, "signature": header})
    found = claim(message, now=EXAMPLE_TIME)
    assert found.matches(keys.load_public(PUBLIC_PEM))
    assert (found.key_id, found.scheme, found.created) == (KEY_ID, "cavage", EXAMPLE_TIME)


def test_what_we_send(rsa: keys.KeyPair) -> None:
    message = Message(
        "POST", "http://localhost:8002/inbox?x=1", {"content-type": "application/activity+json"}, b"{}"
    )
    headers = cavage.sign(message, key_id=KEY_ID, key=keys.load_private(rsa.private_pem), now=NOW)
    assert list(headers) == ["Host", "Date", "Digest", "Signature"]
    assert headers["Host"] == "localhost:8002"
    assert headers["Date"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    parameters = cavage.parse(headers["Signature"])
    assert parameters.algorithm == "rsa-sha256"
    assert parameters.headers == ("(request-target)", "host", "date", "digest", "content-type")
    get = cavage.sign(
        Message("GET", "https://example.org:443/u/a", {}),
        key_id=KEY_ID,
        key=keys.load_private(rsa.private_pem),
        now=NOW,
    )
    assert list(get) == ["Host", "Date", "Signature"]
    assert get["Host"] == "example.org"
    assert cavage.parse(get["Signature"]).headers == ("(request-target)", "host", "date")


def test_an_ed25519_key_says_hs2019(ed25519: keys.KeyPair) -> None:
    message = deliver(ed25519)
    assert parameters_of(message).algorithm == "hs2019"
    assert claim(message, now=NOW).matches(keys.load_public(ed25519.public_pem))


def test_a_named_algorithm_binds_the_kind_of_key(rsa: keys.KeyPair, ed25519: keys.KeyPair) -> None:
    message = deliver(ed25519)
    named = msgspec.structs.replace(parameters_of(message), algorithm="rsa-sha256")
    assert not claim(resigned(message, ed25519, named), now=NOW).matches(keys.load_public(ed25519.public_pem))
    for algorithm in ("hs2019", "", "RSA-SHA256"):
        named = msgspec.structs.replace(named, algorithm=algorithm)
        assert claim(resigned(message, rsa, named), now=NOW).matches(keys.load_public(rsa.public_pem))
    named = msgspec.structs.replace(named, algorithm="hmac-sha256")
    assert reason_of(resigned(message, rsa, named)) == "algorithm"


def test_the_query_may_be_left_out_of_the_request_target(rsa: keys.KeyPair) -> None:
    bare = deliver(rsa, url="https://example.org/inbox")
    asked = msgspec.structs.replace(bare, url="https://example.org/inbox?page=1")
    assert claim(asked, now=NOW).matches(keys.load_public(rsa.public_pem))
    other = deliver(rsa, url="https://example.org/inbox?page=2")
    asked = msgspec.structs.replace(other, url="https://example.org/inbox?page=1")
    assert not claim(asked, now=NOW).matches(keys.load_public(rsa.public_pem))


@pytest.mark.parametrize("missing", ["(request-target)", "host", "date", "digest"])
def test_what_must_be_covered(rsa: keys.KeyPair, missing: str) -> None:
    message = deliver(rsa)
    parameters = parameters_of(message)
    fewer = tuple(name for name in parameters.headers if name != missing)
    assert reason_of(resigned(message, rsa, msgspec.structs.replace(parameters, headers=fewer))) == "headers"


def test_created_can_stand_for_date(rsa: keys.KeyPair) -> None:
    message = deliver(rsa)
    covered = ("(request-target)", "(created)", "host", "digest")
    parameters = msgspec.structs.replace(
        parameters_of(message), headers=covered, algorithm="hs2019", created=str(NOW // SECOND)
    )
    assert claim(resigned(message, rsa, parameters), now=NOW).created == NOW
    late = msgspec.structs.replace(parameters, created=str((NOW - HOUR) // SECOND - 1))
    assert reason_of(resigned(message, rsa, late)) == "stale"
    odd = msgspec.structs.replace(parameters, created="yesterday")
    assert reason_of(resigned(message, rsa, odd)) == "malformed"


def test_expires_shortens_the_window(rsa: keys.KeyPair) -> None:
    message = deliver(rsa)
    covered = ("(request-target)", "(expires)", "host", "date", "digest")
    parameters = msgspec.structs.replace(
        parameters_of(message), headers=covered, expires=f"{NOW // SECOND + 10}.5", algorithm="hs2019"
    )
    signed = resigned(message, rsa, parameters)
    assert claim(signed, now=NOW + 60 * SECOND).matches(keys.load_public(rsa.public_pem))
    assert reason_of(signed, now=NOW + 80 * SECOND) == "stale"
    distant = msgspec.structs.replace(parameters, expires=str(NOW // SECOND + 13 * 3600))
    assert reason_of(resigned(message, rsa, distant), now=NOW + HOUR + SECOND) == "stale"
    before = msgspec.structs.replace(parameters, expires=str(NOW // SECOND - 1))
    assert reason_of(resigned(message, rsa, before)) == "stale"


def test_a_signed_header_must_be_there(rsa: keys.KeyPair) -> None:
    message = deliver(rsa)
    headers = {name: value for name, value in message.headers.items() if name != "content-type"}
    assert reason_of(msgspec.structs.replace(message, headers=headers)) == "headers"


@pytest.mark.parametrize("date", ["", "soon", "2023-11-14T22:13:20Z"])
def test_an_unreadable_date(rsa: keys.KeyPair, date: str) -> None:
    message = deliver(rsa)
    assert (
        reason_of(msgspec.structs.replace(message, headers={**message.headers, "date": date})) == "malformed"
    )


def test_line_breaks_cannot_pose_as_headers(rsa: keys.KeyPair) -> None:
    message = deliver(rsa)
    for value in ("a\nhost: example.org", "a\rb"):
        odd = msgspec.structs.replace(message, headers={**message.headers, "content-type": value})
        assert reason_of(odd) == "malformed"


def test_parse_bears_any_order_and_spacing() -> None:
    header = ' signature="c2ln" , headers="Host  (Request-Target)", created=1402170695 ,keyId = "x" , y="z",expires=1.5'
    parsed = cavage.parse(header)
    assert parsed == cavage.Parameters(
        key_id="x",
        algorithm="",
        headers=("host", "(request-target)"),
        signature="c2ln",
        created="1402170695",
        expires="1.5",
    )


@pytest.mark.parametrize(
    "header",
    [
        "",
        "keyId",
        'keyId="x"',
        'signature="x"',
        'keyId="",signature="x"',
        'keyId="x",signature="c2ln",keyId="y"',
        'keyId="x",signature="c2ln",headers=""',
        'keyId="x",signature="c2ln",headers="date date"',
        'keyId="x\\"",signature="c2ln"',
        'keyId="x" signature="c2ln"',
        'keyId="x",signature="c2ln"' + " " * 8192,
        'keyId="x",signature="c2ln",headers="' + " ".join(f"x-{n}" for n in range(65)) + '"',
    ],
)
def test_parse_refuses(header: str) -> None:
    with pytest.raises(SignatureError) as caught:
        cavage.parse(header)
    assert caught.value.reason == "malformed"


@given(st.text(max_size=200) | st.text(alphabet='keyIdsgnaturh="x,() ', max_size=200))
@settings(max_examples=100)
def test_parse_raises_nothing_else(header: str) -> None:
    try:
        cavage.parse(header)
    except SignatureError:
        return
