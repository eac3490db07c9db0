import base64
import hashlib

import pytest

from fediserver.signatures.message import (
    Message,
    SignatureError,
    check_digest,
    content_digest,
    digest,
    target,
)

BODY = b'{"hello": "world"}'
SHA256 = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
SHA512 = base64.b64encode(hashlib.sha512(BODY).digest()).decode()


def post(field: str, value: str) -> Message:
    return Message("POST", "https://example.com/inbox", {field: value}, BODY)


def test_digests_of_the_published_example() -> None:
    assert digest(BODY) == f"SHA-256={SHA256}"
    assert content_digest(BODY) == f"sha-256=:{SHA256}:"


@pytest.mark.parametrize(
    "value",
    [
        f"SHA-256={SHA256}",
        f"sha-256={SHA256}",
        f"Sha-256={SHA256.rstrip('=')}",
        f"md5=Sd/dVLAcvNLSq16eXua5uQ==, SHA-256={SHA256}",
        f"SHA-512={SHA512}",
        f"SHA-256={SHA256},SHA-512={SHA512}",
        f"unixsum=30637 , sha-512={SHA512} , sha-256={SHA256}",
    ],
)
def test_digest_headers_of_any_case_and_in_lists_are_accepted(value: str) -> None:
    check_digest(post("digest", value))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "SHA-256=",
        "SHA-256",
        f"SHA-256={SHA512}",
        f"SHA-256={SHA256[::-1]}",
        f"md5={SHA256}",
        f"SHA-256={SHA256}, SHA-512={SHA256}",
        f"SHA-256={SHA256}, sha-256=AAAA",
        f"SHA-256={SHA256}," + "x" * 1024,
    ],
)
def test_digest_headers_that_do_not_match_are_refused(value: str) -> None:
    with pytest.raises(SignatureError) as caught:
        check_digest(post("digest", value))
    assert caught.value.reason == "digest"


def test_content_digest_is_read_between_colons() -> None:
    check_digest(post("content-digest", f"sha-256=:{SHA256}:"), "content-digest")
    check_digest(post("content-digest", f"sha-512=:{SHA512}:, sha-256=:{SHA256}:"), "content-digest")
    for value in (SHA256, f"sha-256={SHA256}", "sha-256=:", "sha-256=::"):
        with pytest.raises(SignatureError, match="content-digest"):
            check_digest(post("content-digest", value), "content-digest")


def test_a_digest_in_the_other_header_does_not_count() -> None:
    with pytest.raises(SignatureError, match="Send a digest header"):
        check_digest(post("content-digest", content_digest(BODY)))


def test_target_normalises_what_servers_write_differently() -> None:
    assert target("HTTPS://Example.org:443").uri == "https://example.org/"
    assert target("http://localhost:8001/inbox?a=B#frag").uri == "http://localhost:8001/inbox?a=B"
    assert target("https://example.org?x").query == "?x"
    assert target("http://[::1]:8080/x").authority == "[::1]:8080"


@pytest.mark.parametrize(
    "url",
    ["", "inbox", "ftp://a.example/", "https://", "https://a b/", "https://a.example/a b", "https://a.example/é",
     "https://user@a.example/", "https://a.example/\n"],
)  # fmt: skip
def test_target_refuses_what_is_no_absolute_url(url: str) -> None:
    with pytest.raises(SignatureError) as caught:
        target(url)
    assert caught.value.reason == "malformed"
