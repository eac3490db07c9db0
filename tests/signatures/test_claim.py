"""Both schemes together: what was signed is accepted, whatever was changed on the way is not."""

from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fediserver.clock import HOUR, MINUTE, SECOND
from fediserver.signatures import Message, Scheme, SignatureError, claim, keys, sign

KEY_ID = "https://a.example/u/bob#main-key"
NOW = 1_700_000_000_000
SCHEMES: list[Scheme] = ["cavage", "rfc9421"]

schemes = st.sampled_from(SCHEMES)
kinds = st.sampled_from(["rsa", "ed25519"])
url_text = st.text(alphabet="abcXYZ019-._~%2F:@!$&'()*+,;=", max_size=20)
urls = st.builds(
    lambda host, path, query: f"https://{host}/{path}" + (f"?{query}" if query is not None else ""),
    st.sampled_from(["example.org", "localhost:8001", "[::1]:8443", "a-b.example:444"]),
    url_text,
    st.none() | url_text,
)
messages = st.builds(
    lambda method, url, body, kind: Message(method, url, {"content-type": kind}, body),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    urls,
    st.binary(max_size=200),
    st.sampled_from(["application/activity+json", " text/plain\t", "é"]),
)


@pytest.fixture(scope="session")
def pairs(rsa: keys.KeyPair, ed25519: keys.KeyPair) -> dict[str, keys.KeyPair]:
    return {"rsa": rsa, "ed25519": ed25519}


def send(message: Message, pair: keys.KeyPair, scheme: Scheme, *, now: int = NOW) -> Message:
    """The message as it arrives."""
    headers = sign(message, scheme=scheme, key_id=KEY_ID, key=keys.load_private(pair.private_pem), now=now)
    return with_headers(message, {name.lower(): value for name, value in headers.items()})


def with_headers(message: Message, headers: dict[str, str]) -> Message:
    return msgspec.structs.replace(message, headers={**message.headers, **headers})


def accepted(message: Message, pair: keys.KeyPair, *, now: int = NOW) -> bool:
    try:
        return claim(message, now=now).matches(keys.load_public(pair.public_pem))
    except SignatureError:
        return False


@given(message=messages, scheme=schemes, kind=kinds)
@settings(max_examples=100, deadline=None)
def test_what_we_sign_we_accept(
    pairs: dict[str, keys.KeyPair], message: Message, scheme: Scheme, kind: str
) -> None:
    arrived = send(message, pairs[kind], scheme)
    found = claim(arrived, now=NOW)
    assert found.matches(keys.load_public(pairs[kind].public_pem))
    assert (found.scheme, found.key_id, found.created) == (scheme, KEY_ID, NOW)
    assert not accepted(arrived, keys.generate_ed25519())


def flipped(text: str, data: st.DataObject) -> str:
    """The text with one of its base64 characters changed to another."""
    places = [index for index, character in enumerate(text) if character.isalnum()]
    place = data.draw(st.sampled_from(places[:-2]))
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


def signature_flipped(arrived: Message, data: st.DataObject) -> Message:
    header = arrived.headers["signature"]
    mark = 'signature="' if 'signature="' in header else "sig1=:"
    start = header.index(mark) + len(mark)
    return with_headers(arrived, {"signature": header[:start] + flipped(header[start:], data)})


def digest_flipped(arrived: Message, data: st.DataObject) -> Message:
    name = "digest" if "digest" in arrived.headers else "content-digest"
    start = arrived.headers[name].index("=") + 1
    value = arrived.headers[name]
    return with_headers(arrived, {name: value[:start] + flipped(value[start:], data)})


def date_moved(arrived: Message, data: st.DataObject) -> Message:
    if "date" in arrived.headers:
        return with_headers(arrived, {"date": "Tue, 14 Nov 2023 22:13:21 GMT"})
    later = arrived.headers["signature-input"].replace(str(NOW // SECOND), str(NOW // SECOND + 1))
    return with_headers(arrived, {"signature-input": later})


TAMPERINGS: dict[str, Any] = {
    "method": lambda arrived, data: msgspec.structs.replace(arrived, method="PUT"),
    "path": lambda arrived, data: msgspec.structs.replace(
        arrived, url=arrived.url.replace("/inbox", "/outbox")
    ),
    "query": lambda arrived, data: msgspec.structs.replace(arrived, url=arrived.url + "1"),
    "no query": lambda arrived, data: msgspec.structs.replace(arrived, url=arrived.url.partition("?")[0]),
    "scheme and host": lambda arrived, data: msgspec.structs.replace(
        with_headers(arrived, {"host": "b.example"}), url=arrived.url.replace("example.org", "b.example")
    ),
    "host": lambda arrived, data: with_headers(arrived, {"host": "b.example"}),
    "date": date_moved,
    "body": lambda arrived, data: msgspec.structs.replace(
        arrived, body=data.draw(st.binary(max_size=40).filter(lambda body: body != arrived.body))
    ),
    "digest": digest_flipped,
    "body and digest": lambda arrived, data: with_headers(
        msgspec.structs.replace(arrived, body=b"{}"),
        {
            "digest": "SHA-256=RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=",
            "content-digest": "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:",
        },
    ),
    "signature": signature_flipped,
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("part", sorted(TAMPERINGS))
@given(kind=kinds, data=st.data())
@settings(max_examples=15, deadline=None)
def test_whatever_is_changed_is_refused(
    pairs: dict[str, keys.KeyPair], scheme: Scheme, part: str, kind: str, data: st.DataObject
) -> None:
    url = f"https://example.org/inbox?page={data.draw(st.integers(0, 9))}"
    body = data.draw(st.binary(min_size=3, max_size=40))
    message = Message("POST", url, {"content-type": "application/activity+json"}, body)
    arrived = send(message, pairs[kind], scheme)
    assert accepted(arrived, pairs[kind])
    changed = TAMPERINGS[part](arrived, data)
    assume(changed != arrived)
    assert not accepted(changed, pairs[kind])


@given(scheme=schemes, kind=kinds, skew=st.integers(-3 * HOUR, 3 * HOUR))
@settings(max_examples=60, deadline=None)
def test_clocks_may_differ_by_an_hour(
    pairs: dict[str, keys.KeyPair], scheme: Scheme, kind: str, skew: int
) -> None:
    arrived = send(Message("GET", "https://example.org/u/a", {}), pairs[kind], scheme)
    assert accepted(arrived, pairs[kind], now=NOW + skew) == (abs(skew) <= HOUR)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_stale_signature_says_so(rsa: keys.KeyPair, scheme: Scheme) -> None:
    arrived = send(Message("POST", "https://example.org/inbox", {}, b"{}"), rsa, scheme)
    for now in (NOW - HOUR - MINUTE, NOW + HOUR + MINUTE):
        with pytest.raises(SignatureError) as caught:
            claim(arrived, now=now)
        assert caught.value.reason == "stale"


def test_unsigned() -> None:
    with pytest.raises(SignatureError) as caught:
        claim(Message("GET", "https://example.org/u/a", {"host": "example.org"}), now=NOW)
    assert caught.value.reason == "unsigned"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_host_may_be_written_in_any_case_and_with_the_usual_port(
    rsa: keys.KeyPair, scheme: Scheme
) -> None:
    arrived = send(Message("GET", "https://example.org/u/a", {}), rsa, scheme)
    for host in ("Example.ORG", "example.org:443"):
        claim(with_headers(arrived, {"host": host}), now=NOW)
    for host in ("example.org:80", "example.org.", "", "b.example, example.org"):
        with pytest.raises(SignatureError) as caught:
            claim(with_headers(arrived, {"host": host}), now=NOW)
        assert caught.value.reason == "host"
    headers = {name: value for name, value in arrived.headers.items() if name != "host"}
    with pytest.raises(SignatureError) as caught:
        claim(msgspec.structs.replace(arrived, headers=headers), now=NOW)
    assert caught.value.reason == "headers"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "key_id",
    ["Test", "acct:bob@a.example", "did:key:z6Mk", "ftp://a.example/key", "https://", "https://#key", "https:///key",
     "https://user@a.example/key", "https://a.example/a key", "https://a.example/<key>",
     "https://a.example/" + "k" * 2048],
)  # fmt: skip
def test_key_ids_that_are_no_url(rsa: keys.KeyPair, scheme: Scheme, key_id: str) -> None:
    message = Message("GET", "https://example.org/u/a", {})
    headers = sign(message, scheme=scheme, key_id=key_id, key=keys.load_private(rsa.private_pem), now=NOW)
    with pytest.raises(SignatureError) as caught:
        claim(with_headers(message, {name.lower(): value for name, value in headers.items()}), now=NOW)
    assert caught.value.reason == "malformed"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_key_id_that_would_break_the_header_is_not_signed(rsa: keys.KeyPair, scheme: Scheme) -> None:
    for key_id in (
        'https://a.example/"',
        "https://a.example/\\",
        "https://a.example/é",
        "https://a.example/\n",
    ):
        message = Message("GET", "https://example.org/u/a", {})
        with pytest.raises(SignatureError):
            sign(message, scheme=scheme, key_id=key_id, key=keys.load_private(rsa.private_pem), now=NOW)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_headers_beyond_latin_1_are_refused(rsa: keys.KeyPair, scheme: Scheme) -> None:
    message = Message("POST", "https://example.org/inbox", {"content-type": "text/plain"}, b"{}")
    arrived = send(message, rsa, scheme)
    odd = with_headers(arrived, {"content-type": "€", "digest": "€", "content-digest": "€"})
    with pytest.raises(SignatureError):
        claim(odd, now=NOW)


header_text = st.text(max_size=120) | st.binary(max_size=120).map(lambda data: data.decode("latin-1"))


@given(
    headers=st.dictionaries(
        st.sampled_from(["signature", "signature-input", "digest", "content-digest", "date", "host"]),
        header_text,
    ),
    url=st.text(max_size=40) | urls,
    body=st.binary(max_size=20),
)
@settings(max_examples=100)
def test_nothing_but_signature_errors(headers: dict[str, str], url: str, body: bytes) -> None:
    with pytest.raises(SignatureError):
        claim(Message("POST", url, headers, body), now=NOW)


@given(
    scheme=schemes,
    name=st.sampled_from(["signature", "signature-input", "digest", "date", "host"]),
    data=st.data(),
)
@settings(max_examples=100, deadline=None)
def test_damaged_headers_never_raise_anything_else(
    rsa: keys.KeyPair, scheme: Scheme, name: str, data: st.DataObject
) -> None:
    arrived = send(Message("POST", "https://example.org/inbox", {}, b"{}"), rsa, scheme)
    value = arrived.headers.get(name, "")
    start, end = sorted((data.draw(st.integers(0, len(value))), data.draw(st.integers(0, len(value)))))
    damaged = value[:start] + data.draw(st.text(max_size=5)) + value[end:]
    accepted(with_headers(arrived, {name: damaged}), rsa)
