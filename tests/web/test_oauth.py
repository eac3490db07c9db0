"""OAuth: applications, and codes that become tokens."""

import base64

import pytest

from fediserver.clock import MINUTE, SECOND
from fediserver.db import access as rows
from tests.garden import Garden, query
from tests.oauth_app import BACK, CHALLENGE, OOB, VERIFIER, App

# ---------------------------------------------------------------- registering


async def test_an_application_is_told_its_secret_once_and_only_its_hash_is_kept(garden: Garden) -> None:
    app = await App.register(garden)
    assert app.registered["redirect_uris"] == [BACK, OOB]
    assert app.registered["redirect_uri"] == f"{BACK}\n{OOB}"
    assert app.registered["scopes"] == ["read", "write"]
    assert app.registered["client_secret_expires_at"] == 0
    assert app.registered["website"] is None
    assert app.registered["id"].isdigit()
    row = await rows.application(garden.core.db, app.client_id)
    assert row is not None
    assert app.secret not in row.secret_hash


async def test_registering_takes_json_with_a_list_and_the_default_scope(garden: Garden) -> None:
    sent = {"client_name": "Rake", "redirect_uris": [BACK, "rake://in"], "website": "https://rake.example"}
    answer = await garden.browser().post("/api/v1/apps", json=sent)
    assert answer.json()["scopes"] == ["read"]
    assert answer.json()["redirect_uris"] == [BACK, "rake://in"]
    assert answer.json()["website"] == "https://rake.example"


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "chrome://settings/",
        "chrome-extension://abcdefgh/x.html",
        "moz-extension://abcdefgh/x.html",
        "intent://scan/#Intent;scheme=x;end",
        "intent://scan/",
        "android-app://com.example/https/x",
        "feed:javascript:alert(1)",
        "feed:https://app.example/",
        "jar:https://app.example/x.jar!/",
        "ms-msdt:/id",
        "search-ms:query=x",
        "mailto:rose@app.example",
        "rake:javascript:alert(1)",
        "rake:DATA:text/html,x",
        "file:///etc/passwd",
        "https://app.example/#fragment",
        "/relative",
        "//app.example/x",
        "https://user:pass@app.example/",
        "https:///nowhere",
        "http://app.example:99999/",
        "https://app.example/;\u00e9",
        'https://app.example/"x',
        "app:",
        "https://app.example/" + "x" * 2000,
    ],
)
async def test_addresses_that_run_or_lead_nowhere_are_refused(garden: Garden, uri: str) -> None:
    answer = await garden.browser().post("/api/v1/apps", json={"client_name": "Bad", "redirect_uris": [uri]})
    assert answer.status_code == 422
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "uri",
    [
        OOB,
        "http://127.0.0.1:3000/",
        "http://localhost:5555/cb",
        "http://[::1]:9/",
        "com.example.app:/cb",
        "rake://in",
        "rake:help",
    ],
)
async def test_loopback_private_and_out_of_band_addresses_are_taken(garden: Garden, uri: str) -> None:
    answer = await garden.browser().post("/api/v1/apps", json={"client_name": "Good", "redirect_uris": [uri]})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"redirect_uris": BACK},
        {"client_name": " ", "redirect_uris": BACK},
        {"client_name": "x" * 61, "redirect_uris": BACK},
        {"client_name": "Rake"},
        {"client_name": "Rake", "redirect_uris": BACK, "scopes": "read everything"},
        {"client_name": "Rake", "redirect_uris": BACK, "website": "javascript:1"},
    ],
)
async def test_what_is_missing_or_unknown_is_refused(garden: Garden, sent: dict[str, str]) -> None:
    assert (await garden.browser().post("/api/v1/apps", data=sent)).status_code == 422


# ---------------------------------------------------------------- the code flow


async def test_the_whole_flow_without_pkce(app: App) -> None:
    answer = await app.approved()
    location = answer.headers["location"]
    assert location.startswith(f"{BACK}?code=")
    assert query(location)["state"] == "xyzzy"
    token = await app.token(query(location)["code"])
    assert token.status_code == 200
    assert token.json()["token_type"] == "Bearer"
    assert token.json()["scope"] == "read"
    assert token.json()["created_at"] == app.garden.clock.now // SECOND
    assert token.headers["cache-control"] == "no-store"
    assert await app.accepted(token.json()["access_token"])


async def test_the_whole_flow_with_pkce_and_out_of_band(app: App) -> None:
    answer = await app.approved(
        redirect_uri=OOB, code_challenge=CHALLENGE, code_challenge_method="S256", scope="read write:media"
    )
    location = answer.headers["location"]
    assert location.startswith("/oauth/authorize/native?")
    page = await app.browser.get(location)
    code = query(location)["code"]
    assert code in page.text
    token = await app.token(code, redirect_uri=OOB, code_verifier=VERIFIER)
    assert token.json()["scope"] == "read write:media"


@pytest.mark.parametrize("verifier", ["", "w" * 50, "short", CHALLENGE])
async def test_a_wrong_or_missing_verifier_is_refused(app: App, verifier: str) -> None:
    code = await app.code(code_challenge=CHALLENGE, code_challenge_method="S256")
    answer = await app.token(code, code_verifier=verifier)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"
    assert (await app.token(code, code_verifier=VERIFIER)).status_code == 200


async def test_a_verifier_without_challenge_is_refused(app: App) -> None:
    assert (await app.token(await app.code(), code_verifier=VERIFIER)).status_code == 400


async def test_the_plain_challenge_is_refused_by_redirect(app: App) -> None:
    answer = await app.ask(code_challenge=VERIFIER, code_challenge_method="plain")
    assert query(answer.headers["location"])["error"] == "invalid_request"


async def test_a_code_works_once_and_coming_again_revokes_its_token(app: App) -> None:
    code = await app.code()
    token = (await app.token(code)).json()["access_token"]
    assert await app.accepted(token)
    again = await app.token(code)
    assert again.json()["error"] == "invalid_grant"
    assert not await app.accepted(token)
    assert (await app.token(code)).status_code == 400


async def test_a_code_runs_out_after_ten_minutes(app: App) -> None:
    code = await app.code()
    app.garden.clock.advance(10 * MINUTE)
    assert (await app.token(code)).json()["error"] == "invalid_grant"


async def test_a_code_is_good_only_for_its_address_and_its_app(app: App) -> None:
    code = await app.code()
    assert (await app.token(code, redirect_uri=OOB)).json()["error"] == "invalid_grant"
    other = await App.register(app.garden)
    assert (await other.token(code)).json()["error"] == "invalid_grant"
    assert (await app.token(code)).status_code == 200


async def test_a_wrong_secret_is_401(app: App) -> None:
    answer = await app.token(await app.code(), client_secret="wrong")
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (await app.token("x", client_id="nobody")).status_code == 401


async def test_basic_authentication_and_json(app: App) -> None:
    basic = base64.b64encode(f"{app.client_id}:{app.secret}".encode()).decode()
    sent = {"grant_type": "authorization_code", "redirect_uri": BACK, "code": await app.code()}
    answer = await app.garden.browser().post(
        "/oauth/token", json=sent, headers={"authorization": f"Basic {basic}"}
    )
    assert answer.status_code == 200
    raw = (b"%00:x", b"\xff:x", b"no colon")
    for credentials in ("!!!", "", *(base64.b64encode(each).decode() for each in raw)):
        headers = {"authorization": f"Basic {credentials}"}
        bad = await app.garden.browser().post("/oauth/token", json=sent, headers=headers)
        assert bad.status_code == 401
        assert bad.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("grant_type", "code"), [("", "invalid_request"), ("password", "unsupported_grant_type")]
)
async def test_other_grants_are_refused(app: App, grant_type: str, code: str) -> None:
    answer = await app.token("x", grant_type=grant_type)
    assert answer.status_code == 400
    assert answer.json()["error"] == code
    assert answer.json()["error_description"]


async def test_a_body_that_cannot_be_read_is_an_oauth_error(garden: Garden) -> None:
    answer = await garden.browser().post(
        "/oauth/token", content=b"{", headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


async def test_client_credentials_act_for_no_member(app: App) -> None:
    answer = await app.token("", grant_type="client_credentials", scope="read")
    token = answer.json()["access_token"]
    assert await app.accepted(token)
    info = await app.browser.get("/oauth/userinfo", headers={"authorization": f"Bearer {token}"})
    assert info.status_code == 403
    beyond = await app.token("", grant_type="client_credentials", scope="push")
    assert beyond.json()["error"] == "invalid_scope"


async def test_scopes_are_a_subset_of_those_registered(app: App) -> None:
    assert query((await app.ask(scope="read push")).headers["location"])["error"] == "invalid_scope"
    assert query((await app.ask(scope="admin:read")).headers["location"])["error"] == "invalid_scope"
    assert (await app.ask(scope="read:statuses write:media")).status_code == 200
    code = await app.code(scope="")
    assert (await app.token(code)).json()["scope"] == "read"
