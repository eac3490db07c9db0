import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from fediserver.actions import access, moderate, register, sessions
from fediserver.clock import DAY, MINUTE, SECOND
from fediserver.db import access as rows
from fediserver.db import accounts
from fediserver.db.database import Writer
from fediserver.models.oauth import Application
from tests.garden import PASSWORD, Garden, hidden, open_garden, query

BACK = "https://app.example/back"
OOB = "urn:ietf:wg:oauth:2.0:oob"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
async def garden(tmp_path: Path, database_url: str | None) -> AsyncIterator[Garden]:
    async with open_garden(tmp_path, database_url) as found:
        yield found


class App:
    """A client program: registered, and able to do its half of the flow."""

    def __init__(self, garden: Garden, browser: httpx.AsyncClient, registered: dict[str, Any]) -> None:
        self.garden = garden
        self.browser = browser
        self.registered = registered
        self.client_id = registered["client_id"]
        self.secret = registered["client_secret"]

    @classmethod
    async def register(cls, garden: Garden, scopes: str = "read write", *uris: str) -> "App":
        browser = garden.browser()
        sent = {
            "client_name": "Wheelbarrow",
            "redirect_uris": "\n".join(uris or (BACK, OOB)),
            "scopes": scopes,
        }
        answer = await browser.post("/api/v1/apps", data=sent)
        assert answer.status_code == 200, answer.text
        return cls(garden, browser, answer.json())

    def request(self, **changes: str) -> dict[str, str]:
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": BACK,
            "scope": "read",
            "state": "xyzzy",
        }
        return asked | changes

    async def ask(self, **changes: str) -> httpx.Response:
        return await self.browser.get(f"/oauth/authorize?{urlencode(self.request(**changes))}")

    async def approved(self, decision: str = "allow", account: str = "", **changes: str) -> httpx.Response:
        page = await self.ask(**changes)
        assert page.status_code == 200, page.text
        fields = hidden(page.text) | {"decision": decision}
        if account:
            fields["account"] = account
        return await self.browser.post("/oauth/authorize", data=fields)

    async def code(self, **changes: str) -> str:
        answer = await self.approved(**changes)
        assert answer.status_code == 303
        return query(answer.headers["location"])["code"]

    async def token(self, code: str, **changes: str) -> httpx.Response:
        sent = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "client_secret": self.secret,
            "redirect_uri": BACK,
            "code": code,
        }
        return await httpx_post(self, sent | changes)

    async def accepted(self, token: str) -> bool:
        answer = await self.browser.get(
            "/api/v1/apps/verify_credentials", headers={"authorization": f"Bearer {token}"}
        )
        return answer.status_code == 200


async def httpx_post(app: App, sent: dict[str, str]) -> httpx.Response:
    return await app.garden.browser().post("/oauth/token", data=sent)


@pytest.fixture
async def app(garden: Garden) -> App:
    """An app whose member is logged in in the same browser."""
    await garden.account("alice")
    made = await App.register(garden)
    assert (await garden.log_in(made.browser, "alice")).status_code == 303
    return made


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


# ---------------------------------------------------------------- the authorize page


async def test_an_unknown_app_or_address_is_told_to_the_person_not_redirected(app: App) -> None:
    for changes in (
        {"client_id": "nobody"},
        {"redirect_uri": f"{BACK}/more"},
        {"redirect_uri": f"{BACK}?x=1"},
        {"redirect_uri": "https://app.example/BACK"},
        {"redirect_uri": ""},
    ):
        answer = await app.ask(**changes)
        assert answer.status_code == 400
        assert "location" not in answer.headers


async def test_who_is_not_logged_in_logs_in_first_and_comes_back(garden: Garden) -> None:
    await garden.account("alice")
    app = await App.register(garden)
    away = await app.ask(lang="None", force_login="False")
    assert away.status_code == 303
    assert away.headers["location"].startswith("/auth/sign_in?next=")
    fields = hidden((await app.browser.get(away.headers["location"])).text)
    back = await app.browser.post("/auth/sign_in", data=fields | {"login": "alice", "password": PASSWORD})
    page = await app.browser.get(back.headers["location"])
    assert page.status_code == 200
    assert "Wheelbarrow" in page.text
    answer = await app.browser.post("/oauth/authorize", data=hidden(page.text) | {"decision": "allow"})
    assert query(answer.headers["location"])["state"] == "xyzzy"


async def test_force_login_asks_again_and_words_for_nothing_do_not(app: App) -> None:
    assert (await app.ask(force_login="true")).headers["location"].startswith("/auth/sign_in")
    for word in ("False", "None", "", "0"):
        assert (await app.ask(force_login=word)).status_code == 200
    page = await app.browser.get((await app.ask(force_login="true")).headers["location"])
    assert page.status_code == 200
    assert 'type="password"' in page.text


async def test_a_state_is_returned_as_it_was_even_the_word_none(app: App) -> None:
    for state in ("None", "a b&c=ü"):
        assert query((await app.approved(state=state)).headers["location"])["state"] == state
    plain = app.request()
    del plain["state"]
    page = await app.browser.get(f"/oauth/authorize?{urlencode(plain)}")
    answer = await app.browser.post("/oauth/authorize", data=hidden(page.text) | {"decision": "allow"})
    assert "state" not in query(answer.headers["location"])


async def test_a_trailing_slash_is_the_same_page(app: App) -> None:
    answer = await app.browser.get(f"/oauth/authorize/?{urlencode(app.request())}")
    assert answer.status_code == 200


async def test_refusing_leads_back_with_access_denied(app: App) -> None:
    location = (await app.approved(decision="deny")).headers["location"]
    assert query(location)["error"] == "access_denied"
    native = (await app.approved(decision="deny", redirect_uri=OOB)).headers["location"]
    assert "not let in" in (await app.browser.get(native)).text


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        (BACK, "https://app.example"),
        ("http://127.0.0.1:3000/", "http://127.0.0.1:3000"),
        ("com.example.app:/cb", "com.example.app:"),
        ("http://[::1]:9/", "http:"),
    ],
)
async def test_the_page_lets_the_redirect_through_and_has_no_opener_policy(
    app: App, uri: str, target: str
) -> None:
    other = await App.register(app.garden, "read", uri)
    other.browser = app.browser
    page = await other.ask(redirect_uri=uri)
    policy = page.headers["content-security-policy"]
    assert f"form-action 'self' {target};" in policy
    assert "frame-ancestors 'none'" in policy
    assert "cross-origin-opener-policy" not in page.headers


async def test_an_address_with_a_query_keeps_it(app: App) -> None:
    uri = "https://app.example/in?kind=moss"
    other = await App.register(app.garden, "read", uri)
    other.browser = app.browser
    assert query((await other.approved(redirect_uri=uri)).headers["location"])["kind"] == "moss"


async def test_an_app_that_wants_no_page_gets_an_error_instead(app: App) -> None:
    for browser, code in ((app.browser, "consent_required"), (app.garden.browser(), "login_required")):
        answer = await browser.get(f"/oauth/authorize?{urlencode(app.request(prompt='none'))}")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"{BACK}?")
        told = query(answer.headers["location"])
        assert (told["error"], told["state"]) == (code, "xyzzy")
        assert "prompt=none" in told["error_description"]


async def test_an_app_may_have_the_member_log_in_again(app: App) -> None:
    answer = await app.ask(prompt="login")
    assert answer.headers["location"].startswith("/auth/sign_in?next=")
    assert "prompt" not in answer.headers["location"]
    assert (await app.ask(prompt="consent")).status_code == 200


@pytest.mark.parametrize("way", ["link", "form", "suspended"])
@pytest.mark.parametrize("voice", ["alice", "orchard"])
async def test_a_new_password_and_a_suspension_end_codes_that_are_no_tokens_yet(
    app: App, way: str, voice: str
) -> None:
    core = app.garden.core
    alice = await accounts.by_handle(core.db, "alice")
    assert alice is not None
    group = await register.create_group(core, name="orchard", title="The Orchard", owner=alice)
    code = await app.code(account=str({"alice": alice, "orchard": group}[voice].id))
    bob = await app.garden.account("bob")
    other = await access.authorize(
        core,
        application=await _application(app),
        member=bob,
        act_as=bob,
        redirect_uri=BACK,
        granted=("read",),
        challenge="",
    )
    if way == "link":
        await sessions.choose_password(core, await sessions.make_link(core, alice), "wide beds of leeks")
    elif way == "form":
        fields = hidden((await app.browser.get("/auth/password")).text)
        sent = fields | {"current": PASSWORD, "password": "wide beds of leeks", "again": "wide beds of leeks"}
        assert (await app.browser.post("/auth/password", data=sent)).status_code == 303
    else:
        await moderate.take(core, alice.id, "suspend", moderate.Decision(by=None))
    answer = await app.token(code)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await app.token(other)).status_code == 200, "what others gave stays"


async def test_a_form_that_was_under_way_when_the_password_was_replaced_lets_no_app_in(app: App) -> None:
    core = app.garden.core
    alice = await accounts.by_handle(core.db, "alice")
    assert alice is not None
    form = urlencode(hidden((await app.ask()).text) | {"decision": "allow"}).encode()

    async def slowly() -> AsyncIterator[bytes]:
        yield form[:10]
        await sessions.choose_password(core, await sessions.make_link(core, alice), "wide beds of leeks")
        yield form[10:]

    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await app.browser.post("/oauth/authorize", content=slowly(), headers=headers)
    assert (answer.status_code, answer.headers.get("location")) == (400, None)


async def _application(app: App) -> Application:
    found = await rows.application(app.garden.core.db, app.client_id)
    assert found is not None
    return found


async def test_a_speaker_of_a_group_may_act_as_it_and_others_may_not(app: App) -> None:
    core = app.garden.core
    alice = await accounts.by_handle(core.db, "alice")
    assert alice is not None
    bob = await app.garden.account("bob")
    ours = await register.create_group(core, name="orchard", title="The Orchard", owner=alice)
    theirs = await register.create_group(core, name="mill", title="The Mill", owner=bob)
    page = await app.ask()
    assert "The Orchard" in page.text
    assert "The Mill" not in page.text
    code = query((await app.approved(account=str(ours.id))).headers["location"])["code"]
    token = (await app.token(code)).json()["access_token"]
    grant = await app.garden.access.tokens.grant(token)
    assert grant.viewer().id == ours.id
    assert grant.viewer().user.account_id == alice.id
    assert (await app.approved(account=str(theirs.id))).status_code == 400

    async def leave(tx: Writer) -> None:
        await accounts.drop_member(tx, ours.id, alice.id)

    await core.db.write(leave)
    core.bus.publish("signals")
    refused = await app.browser.get("/oauth/userinfo", headers={"authorization": f"Bearer {token}"})
    assert refused.status_code == 403


# ---------------------------------------------------------------- forms from elsewhere


async def test_a_form_without_token_or_with_a_strangers_is_refused(app: App) -> None:
    fields = hidden((await app.ask()).text) | {"decision": "allow"}
    stranger = app.garden.browser()
    theirs = hidden((await stranger.get("/auth/sign_in")).text)
    for changes in ({"csrf_token": ""}, {"csrf_token": theirs["csrf_token"]}, {"csrf_token": "zz"}):
        answer = await app.browser.post("/oauth/authorize", data=fields | changes)
        assert answer.status_code == 403
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = await app.browser.post("/oauth/authorize", data=fields, headers=headers)
        assert answer.status_code == 403
    assert (await app.browser.post("/oauth/authorize", data=fields)).status_code == 303


# ---------------------------------------------------------------- cookies


async def test_the_interfaces_for_programs_never_read_cookies(app: App) -> None:
    assert (await app.browser.get("/api/v1/apps/verify_credentials")).status_code == 401
    assert (await app.browser.get("/oauth/userinfo")).status_code == 401
    assert (await app.browser.get("/auth/sign_in")).status_code == 303


# ---------------------------------------------------------------- tokens in use


async def test_a_bad_token_is_401_with_mastodons_words(garden: Garden) -> None:
    for token in ("nonsense", "", "x" * 500):
        answer = await garden.browser().get("/oauth/userinfo", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert answer.json() == {"error": "The access token is invalid"}
        assert "www-authenticate" in answer.headers


async def test_userinfo_needs_its_scope_and_tells_who_it_is(app: App) -> None:
    token = (await app.token(await app.code())).json()["access_token"]
    refused = await app.browser.get("/oauth/userinfo", headers={"authorization": f"Bearer {token}"})
    assert refused.status_code == 403
    assert refused.json() == {"error": "This action is outside the authorized scopes"}
    other = await App.register(app.garden, "profile")
    other.browser = app.browser
    good = (await other.token(await other.code(scope="profile"))).json()["access_token"]
    info = (await app.browser.get("/oauth/userinfo", headers={"authorization": f"Bearer {good}"})).json()
    assert info["sub"] == "http://localhost:8001/users/alice"
    assert info["preferred_username"] == "alice"
    posted = await app.browser.post("/oauth/userinfo", data={"access_token": good})
    assert posted.json() == info


async def test_revoking_ends_a_token_at_once_and_only_ones_own(app: App) -> None:
    token = (await app.token(await app.code())).json()["access_token"]
    assert await app.accepted(token)
    other = await App.register(app.garden)
    sent = {"client_id": other.client_id, "client_secret": other.secret, "token": token}
    refused = await app.browser.post("/oauth/revoke", data=sent)
    assert refused.status_code == 403
    assert refused.json()["error"] == "unauthorized_client"
    sent = {"client_id": app.client_id, "client_secret": app.secret, "token": token}
    assert (await app.browser.post("/oauth/revoke", data=sent)).json() == {}
    assert not await app.accepted(token)
    assert (await app.browser.post("/oauth/revoke", data=sent)).status_code == 200
    assert (await app.browser.post("/oauth/revoke", data=sent | {"client_secret": "x"})).status_code == 401


async def test_a_revocation_by_another_process_acts_within_two_seconds(app: App) -> None:
    token = (await app.token(await app.code())).json()["access_token"]
    assert await app.accepted(token)
    row = await rows.token(app.garden.core.db, access.hashed(token))
    assert row is not None
    await app.garden.core.db.write(lambda tx: rows.drop_token(tx, row.id))
    assert await app.accepted(token)
    app.garden.clock.advance(2 * SECOND)
    assert not await app.accepted(token)


async def test_a_token_made_to_end_ends(garden: Garden) -> None:
    alice = await garden.account("alice")
    made = await access.register_application(garden.core, name="Spade", redirect_uris=[OOB])
    issued = await access.issue_token(
        garden.core,
        application=made.application,
        account=alice,
        user_id=alice.id,
        granted=("read",),
        expires_at=garden.clock.now + DAY,
    )
    assert (await garden.access.tokens.grant(issued.token)).viewer().id == alice.id
    garden.clock.advance(DAY)
    headers = {"authorization": f"Bearer {issued.token}"}
    assert (await garden.browser().get("/oauth/userinfo", headers=headers)).status_code == 401


async def test_the_metadata_document_names_what_there_is(garden: Garden) -> None:
    document = (await garden.browser().get("/.well-known/oauth-authorization-server")).json()
    assert document["issuer"] == "http://localhost:8001/"
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["grant_types_supported"] == ["authorization_code", "client_credentials"]
    for name in ("authorization_endpoint", "token_endpoint", "revocation_endpoint"):
        assert document[name].startswith("http://localhost:8001/oauth/")
        assert "?" not in document[name]


async def test_a_token_tells_what_it_is_good_for(app: App) -> None:
    token = (await app.token(await app.code())).json()
    headers = {"authorization": f"Bearer {token['access_token']}"}
    told = (await app.browser.get("/oauth/token/info", headers=headers)).json()
    assert (told["scope"], told["application"]) == (["read"], {"uid": app.client_id})
    assert (told["expires_in"], told["created_at"]) == (None, token["created_at"])
    assert told["resource_owner_id"].isdigit()
    by_parameter = await app.browser.get("/oauth/token/info", params={"access_token": token["access_token"]})
    assert by_parameter.json() == told
    assert (await app.browser.get("/oauth/token/info")).status_code == 401


async def test_an_app_may_ask_whether_its_own_tokens_work(app: App) -> None:
    token = (await app.token(await app.code())).json()

    async def asked(who: App, **changes: str) -> httpx.Response:
        sent = {"client_id": who.client_id, "client_secret": who.secret, "token": token["access_token"]}
        return await who.browser.post("/oauth/introspect", data=sent | changes)

    told = (await asked(app)).json()
    assert (told["active"], told["scope"], told["client_id"]) == (True, "read", app.client_id)
    assert (told["token_type"], told["iat"]) == ("Bearer", token["created_at"])
    other = await App.register(app.garden)
    for answer in (await asked(other), await asked(app, token="unknown")):
        assert answer.json() == {"active": False}
    assert (await asked(app, token="")).json()["error"] == "invalid_request"
    assert (await asked(app, client_secret="wrong")).status_code == 401
    sent = {"client_id": app.client_id, "client_secret": app.secret, "token": token["access_token"]}
    await app.browser.post("/oauth/revoke", data=sent)
    assert (await asked(app)).json() == {"active": False}
