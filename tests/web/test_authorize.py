"""OAuth: the page on which a member lets an application in."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest

from fediserver.actions import access, moderate, register, sessions
from fediserver.db import access as rows
from fediserver.db import accounts
from fediserver.db.database import Writer
from fediserver.models.oauth import Application
from tests.garden import PASSWORD, Garden, hidden, query
from tests.oauth_app import BACK, OOB, App


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
