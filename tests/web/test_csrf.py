"""Form tokens and where a form came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from fediserver.errors import Forbidden
from fediserver.web import csrf

SECRET = b"s" * 32
BASE = "https://garden.example"


def test_a_token_is_good_for_its_session_alone() -> None:
    made = csrf.token(SECRET, "session")
    assert made != csrf.token(SECRET, "session")
    csrf.check(SECRET, "session", made)
    for secret, session in [(SECRET, "another"), (SECRET, ""), (b"t" * 32, "session")]:
        with pytest.raises(Forbidden, match="out of date"):
            csrf.check(secret, session, made)


def test_no_session_has_no_token() -> None:
    with pytest.raises(Forbidden):
        csrf.check(SECRET, "", csrf.token(SECRET, ""))


@given(st.one_of(st.none(), st.integers(), st.text(), st.binary(max_size=60).map(bytes.hex)))
def test_anything_else_is_refused(given_token: object) -> None:
    with pytest.raises(Forbidden):
        csrf.check(SECRET, "session", given_token)


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw, "query_string": b""})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "same-origin", "origin": BASE},
        {"sec_fetch_site": "none"},
        {"origin": "https://Garden.example:443"},
        {"referer": BASE + "/login?next=x"},
        {"sec_fetch_site": "same-origin", "origin": "null"},
    ],
)
def test_our_own_forms_pass(headers: dict[str, str]) -> None:
    csrf.check_origin(request(**headers), BASE)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site", "origin": BASE},
        {"origin": "https://evil.example"},
        {"origin": "http://garden.example"},
        {"origin": "https://garden.example:8443"},
        {"origin": "null"},
        {"origin": "https://garden.example.evil.example", "referer": BASE},
        {"referer": "https://garden.example@evil.example/"},
        {"origin": "https://[broken"},
        {"origin": "https://garden.example:99999"},
    ],
)
def test_other_sites_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden, match=r"garden\.example"):
        csrf.check_origin(request(**headers), BASE)
