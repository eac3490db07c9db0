"""The examples of RFC 9421 (section 4.3 and appendix B.2), the parser, and what is asked of a sender."""

import base64

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediserver.clock import HOUR, SECOND
from fediserver.signatures import Message, SignatureError, claim, keys, rfc9421, structured

ED25519_PEM = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""
RSA_PEM = """-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrw
WEBnez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFq
MGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9OwNFhekro3RtlinV0a75jfZg
kne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0P
uKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQ
PSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB
-----END RSA PUBLIC KEY-----
"""
CONTENT_DIGEST = (
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
)
EXAMPLE = Message(
    "POST",
    "https://example.com/foo?param=Value&Pet=dog",
    {
        "host": "example.com",
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type": "application/json",
        "content-digest": CONTENT_DIGEST,
        "content-length": "18",
    },
    b'{"hello": "world"}',
)
B_2_1 = '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"'
B_2_3 = (
    '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length")'
    ';created=1618884473;keyid="test-key-rsa-pss"'
)
B_2_5 = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'
B_2_6 = (
    '("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"'
)
B_2_6_SIGNATURE = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
PROXY = (
    '("@method" "@authority" "@path" "content-digest" "content-type" "content-length" "forwarded")'
    ';created=1618884480;keyid="test-key-rsa";alg="rsa-v1_5-sha256";expires=1618884540'
)
PROXY_SIGNATURE = (
    "S6ZzPXSdAMOPjN/6KXfXWNO/f7V6cHm7BXYUh3YD/fRad4BCaRZxP+JH+8XY1I6+8Cy+CM5g92iHgxtRPz+MjniOaYmdkDcn"
    "L9cCpXJleXsOckpURl49GwiyUpZ10KHgOEe11sx3G2gxI8S0jnxQB+Pu68U9vVcasqOWAEObtNKKZd8tSFu7LB5YAv0RAGhB"
    "8tmpv7sFnIm9y+7X5kXQfi8NMaZaA8i2ZHwpBdg7a6CMfwnnrtflzvZdXAsD3LH2TwevU+/PBPv0B6NMNk93wUs/vfJvye+Y"
    "uI87HU38lZHowtznbLVdp770I6VHR6WfgS9ddzirrswsE1w5o0LV/g=="
)

ITEMS = '"@method" "@target-uri" "content-digest"'
KEY_ID = "https://a.example/u/bob#main-key"
NOW = 1_700_000_000_000


def deliver(pair: keys.KeyPair, *, now: int = NOW) -> Message:
    message = Message("POST", "https://example.org/inbox?x=1", {"date": "unsigned"}, b'{"type":"Like"}')
    headers = rfc9421.sign(message, key_id=KEY_ID, key=keys.load_private(pair.private_pem), now=now)
    return msgspec.structs.replace(
        message, headers={**message.headers, **{name.lower(): value for name, value in headers.items()}}
    )


def resigned(message: Message, pair: keys.KeyPair, items: str, parameters: str = "") -> Message:
    """The message with a signature of its own making over `items`."""
    text = f'({items});created={NOW // SECOND};keyid="{KEY_ID}"{parameters}'
    signed = structured.inner_lists(f"sig1={text}")["sig1"]
    signature = base64.b64encode(
        keys.load_private(pair.private_pem).sign(rfc9421.base(message, signed))
    ).decode()
    headers = {**message.headers, "signature-input": f"sig1={text}", "signature": f"sig1=:{signature}:"}
    return msgspec.structs.replace(message, headers=headers)


def reason_of(message: Message, *, now: int = NOW) -> str:
    with pytest.raises(SignatureError) as caught:
        claim(message, now=now)
    return caught.value.reason


def input_of(items: str, *, key_id: str = KEY_ID) -> str:
    return f'sig1=({ITEMS} {items});created={NOW // SECOND};keyid="{key_id}"'


def base_of(text: str, message: Message = EXAMPLE) -> str:
    return rfc9421.base(message, structured.inner_lists(f"sig={text}")["sig"]).decode()


def test_b_2_1_the_base_of_nothing() -> None:
    assert base_of(B_2_1) == f'"@signature-params": {B_2_1}'


def test_b_2_3_the_base_of_everything() -> None:
    assert base_of(B_2_3) == "\n".join(
        [
            '"date": Tue, 20 Apr 2021 02:07:55 GMT',
            '"@method": POST',
            '"@path": /foo',
            '"@query": ?param=Value&Pet=dog',
            '"@authority": example.com',
            '"content-type": application/json',
            f'"content-digest": {CONTENT_DIGEST}',
            '"content-length": 18',
            f'"@signature-params": {B_2_3}',
        ]
    )


def test_b_2_5_the_base_of_some_fields() -> None:
    assert base_of(B_2_5) == "\n".join(
        [
            '"date": Tue, 20 Apr 2021 02:07:55 GMT',
            '"@authority": example.com',
            '"content-type": application/json',
            f'"@signature-params": {B_2_5}',
        ]
    )


def test_b_2_2_parameters_of_components_are_not_supported() -> None:
    text = '("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss"'
    with pytest.raises(SignatureError) as caught:
        base_of(text)
    assert caught.value.reason == "headers"


def test_b_2_6_ed25519() -> None:
    key = keys.load_public(ED25519_PEM)
    assert key.verify(base64.b64decode(B_2_6_SIGNATURE), base_of(B_2_6).encode())


def test_section_4_3_rsa_v1_5_sha256() -> None:
    headers = {**EXAMPLE.headers, "forwarded": "for=192.0.2.123;host=example.com;proto=https"}
    message = Message("POST", "https://origin.host.internal.example/foo", headers, EXAMPLE.body)
    assert keys.load_public(RSA_PEM).verify(
        base64.b64decode(PROXY_SIGNATURE), base_of(PROXY, message).encode()
    )


def test_derived_components() -> None:
    text = '("@method" "@target-uri" "@authority" "@scheme" "@request-target" "@path" "@query");created=1'
    message = Message("GET", "http://Example.org:80?", {})
    assert base_of(text, message).splitlines()[:-1] == [
        '"@method": GET',
        '"@target-uri": http://example.org/?',
        '"@authority": example.org',
        '"@scheme": http',
        '"@request-target": /?',
        '"@path": /',
        '"@query": ?',
    ]


def test_what_we_send(rsa: keys.KeyPair, ed25519: keys.KeyPair) -> None:
    message = Message("POST", "https://example.org/inbox", {}, b"{}")
    headers = rfc9421.sign(message, key_id=KEY_ID, key=keys.load_private(rsa.private_pem), now=NOW + 999)
    assert list(headers) == ["Host", "Content-Digest", "Signature-Input", "Signature"]
    assert headers["Signature-Input"] == (
        f'sig1=("@method" "@target-uri" "content-digest");created=1700000000;keyid="{KEY_ID}";alg="rsa-v1_5-sha256"'
    )
    get = rfc9421.sign(
        Message("GET", "https://example.org/u/a", {}),
        key_id=KEY_ID,
        key=keys.load_private(ed25519.private_pem),
        now=NOW,
    )
    assert list(get) == ["Host", "Signature-Input", "Signature"]
    assert get["Signature-Input"].endswith(
        '("@method" "@target-uri");created=1700000000;keyid="' + KEY_ID + '";alg="ed25519"'
    )


def test_a_claim(rsa: keys.KeyPair, ed25519: keys.KeyPair) -> None:
    found = claim(deliver(rsa), now=NOW)
    assert (found.key_id, found.scheme, found.created) == (KEY_ID, "rfc9421", NOW)
    assert found.matches(keys.load_public(rsa.public_pem))
    assert not found.matches(keys.load_public(ed25519.public_pem))


@pytest.mark.parametrize(
    "items",
    [
        '"@method" "@target-uri" "content-digest"',
        '"@method" "@authority" "@request-target" "content-digest"',
        '"@method" "host" "@path" "@query" "content-digest"',
        '"@method" "@target-uri" "@authority" "host" "date" "content-digest"',
    ],
)
def test_coverage_that_is_enough(rsa: keys.KeyPair, items: str) -> None:
    assert claim(resigned(deliver(rsa), rsa, items), now=NOW).matches(keys.load_public(rsa.public_pem))


@pytest.mark.parametrize(
    "items",
    [
        "",
        '"@target-uri" "content-digest"',
        '"@method" "content-digest"',
        '"@method" "@target-uri"',
        '"@method" "@request-target" "content-digest"',
        '"@method" "@authority" "@path" "content-digest"',
        '"@method" "@authority" "@query" "content-digest"',
    ],
)
def test_coverage_that_is_not_enough(rsa: keys.KeyPair, items: str) -> None:
    assert reason_of(resigned(deliver(rsa), rsa, items)) == "headers"


def test_the_path_alone_is_enough_without_a_query(rsa: keys.KeyPair) -> None:
    message = msgspec.structs.replace(deliver(rsa), url="https://example.org/inbox")
    signed = resigned(message, rsa, '"@method" "@authority" "@path" "content-digest"')
    assert claim(signed, now=NOW).matches(keys.load_public(rsa.public_pem))


def test_parameters_that_are_not_ours_are_signed_all_the_same(rsa: keys.KeyPair) -> None:
    signed = resigned(deliver(rsa), rsa, ITEMS, ';tag="fedi";nonce=:YWI=:;x;y=?0;z=tok/en')
    assert claim(signed, now=NOW).matches(keys.load_public(rsa.public_pem))
    other = msgspec.structs.replace(
        signed,
        headers={
            **signed.headers,
            "signature-input": signed.headers["signature-input"].replace("fedi", "else"),
        },
    )
    assert not claim(other, now=NOW).matches(keys.load_public(rsa.public_pem))


def test_odd_spacing_is_signed_in_canonical_form(rsa: keys.KeyPair) -> None:
    signed = resigned(deliver(rsa), rsa, ITEMS)
    text = signed.headers["signature-input"].replace("(", "(  ").replace('" "', '"   "').replace(";", ";  ")
    odd = msgspec.structs.replace(signed, headers={**signed.headers, "signature-input": f"  {text} "})
    assert claim(odd, now=NOW).matches(keys.load_public(rsa.public_pem))


def test_expires_and_algorithms(rsa: keys.KeyPair) -> None:
    message = deliver(rsa)
    soon = resigned(message, rsa, ITEMS, f";expires={NOW // SECOND + 10}")
    assert claim(soon, now=NOW).matches(keys.load_public(rsa.public_pem))
    assert reason_of(soon, now=NOW + 2 * 60 * SECOND) == "stale"
    assert reason_of(resigned(message, rsa, ITEMS, ';expires="never"')) == "malformed"
    assert reason_of(resigned(message, rsa, ITEMS, ';alg="hmac-sha256"')) == "algorithm"
    assert not claim(resigned(message, rsa, ITEMS, ';alg="ed25519"'), now=NOW).matches(
        keys.load_public(rsa.public_pem)
    )


def test_of_several_signatures_the_first_that_names_key_and_time_counts(rsa: keys.KeyPair) -> None:
    message = resigned(deliver(rsa), rsa, ITEMS)
    headers = {
        **message.headers,
        "signature-input": 'a=("@method");tag="x", ' + message.headers["signature-input"],
        "signature": "a=:AAAA:, " + message.headers["signature"],
    }
    assert claim(msgspec.structs.replace(message, headers=headers), now=NOW).matches(
        keys.load_public(rsa.public_pem)
    )


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("signature", "", "malformed"),
        ("signature", "sig2=:AAAA:", "malformed"),
        ("signature", "sig1=::", "malformed"),
        ("signature", 'sig1="AAAA"', "malformed"),
        ("signature-input", "", "malformed"),
        ("signature-input", "sig1=:AAAA:", "malformed"),
        ("signature-input", f'sig1=("@method" "@target-uri");keyid="{KEY_ID}"', "headers"),
        ("signature-input", f'sig1=("@method" "@target-uri");keyid="{KEY_ID}";created="1"', "headers"),
        ("signature-input", input_of('"@status"'), "headers"),
        ("signature-input", input_of('"X-Up"'), "headers"),
        ("signature-input", input_of("", key_id="x"), "malformed"),
        ("host", "a.example", "host"),
    ],
)  # fmt: skip
def test_what_is_refused(rsa: keys.KeyPair, name: str, value: str, reason: str) -> None:
    message = deliver(rsa)
    assert reason_of(msgspec.structs.replace(message, headers={**message.headers, name: value})) == reason


@pytest.mark.parametrize(
    "header",
    [
        "x",
        "x=",
        "x=(",
        'x=("a" "a")',
        'x=("a""b")',
        'x=("a\\"b")',
        "x=(a)",
        "x=();a=1;a=2",
        "x=();a=1.5",
        "x=();a=" + "1" * 16,
        "x=();a=é",
        'x=();a="é"',
        "x=();",
        "x=(),",
        "x=() y=()",
        "x=(), x=()",
        "X=()",
        ", ".join(f"x{n}=()" for n in range(9)),
        "x=()" + "".join(f";p{n}" for n in range(17)),
        "x=(" + " ".join(f'"h{n}"' for n in range(65)) + ")",
        "x=()" + " " * 8192,
    ],
)
def test_structured_fields_that_are_refused(header: str) -> None:
    with pytest.raises(SignatureError):
        structured.inner_lists(header)


def test_canonical_text() -> None:
    lists = structured.inner_lists('a=( "x"  "@y" );b;c=?1; d=-007;e="q\\"\\\\",\t *b=();t=*x')
    assert {label: str(found) for label, found in lists.items()} == {
        "a": '("x" "@y");b;c;d=-7;e="q\\"\\\\"',
        "*b": "();t=*x",
    }
    assert lists["a"].string("e") == 'q"\\'
    assert lists["a"].integer("d") == -7
    assert lists["a"].string("d") is None
    assert lists["a"].integer("missing") is None


@given(st.text(max_size=200) | st.text(alphabet='ab=("");:?1-,. \\*', max_size=80))
@settings(max_examples=100)
def test_the_parsers_raise_nothing_else(header: str) -> None:
    for parse in (structured.inner_lists, structured.byte_sequences):
        try:
            parse(header)
        except SignatureError:
            continue


def test_the_window(rsa: keys.KeyPair) -> None:
    message = deliver(rsa)
    for now in (NOW - HOUR, NOW + HOUR):
        assert claim(message, now=now).matches(keys.load_public(rsa.public_pem))
    for now in (NOW - HOUR - 1, NOW + HOUR + 1):
        assert reason_of(message, now=now) == "stale"
