from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fediserver.actions import sessions
from fediserver.clock import DAY, MINUTE
from tests.garden import PASSWORD, Garden, hidden, open_garden


@pytest.fixture
async def garden(tmp_path: Path, database_url: str | None) -> AsyncIterator[Garden]:
    async with open_garden(tmp_path, database_url) as found:
        yield found


async def test_log_in_and_log_out_are_protected_too(garden: Garden) -> None:
    await garden.account("alice")
    browser = garden.browser()
    sent = {"login": "alice", "password": PASSWORD}
    assert (await browser.post("/auth/sign_in", data=sent)).status_code == 403
    await garden.log_in(browser, "alice")
    assert (await browser.post("/auth/sign_out")).status_code == 403


async def test_the_session_cookie_is_named_for_the_port_and_kept_from_scripts(garden: Garden) -> None:
    await garden.account("alice")
    answer = await garden.log_in(garden.browser(), "alice")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "session" in c)
    assert cookie.startswith("fediserver_session_8001=")
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie


async def test_on_https_it_is_a_host_cookie(garden: Garden) -> None:
    await garden.account("alice")
    garden.reconfigure(base_url="https://garden.example", domain="garden.example")
    browser = garden.browser()
    page = await browser.get("/auth/sign_in")
    cookie = page.headers["set-cookie"]
    assert cookie.startswith("__Host-form=")
    assert "Secure" in cookie
    headers = {"cookie": cookie.partition(";")[0]}
    sent = hidden(page.text) | {"login": "alice", "password": PASSWORD}
    answer = await browser.post("/auth/sign_in", data=sent, headers=headers)
    session = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-session="))
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
        assert part in session
    assert "Domain" not in session


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(garden: Garden) -> None:
    await garden.account("alice")
    browser = garden.browser()
    wrong = await garden.log_in(browser, "alice", "not this one")
    unknown = await garden.log_in(browser, "nobody", "not this one")
    assert wrong.status_code == unknown.status_code == 422
    for page in (wrong, unknown):
        assert "do not belong together" in page.text


async def test_log_in_takes_name_handle_and_address_in_any_case(garden: Garden) -> None:
    await garden.account("alice")
    for login in ("alice", "ALICE", "@alice", "Alice@Example.org"):
        assert (await garden.log_in(garden.browser(), login)).status_code == 303


async def test_log_in_is_throttled_per_name_and_per_address(garden: Garden) -> None:
    await garden.account("alice")
    browser = garden.browser()
    codes = [(await garden.log_in(browser, "alice", "wrong")).status_code for _ in range(21)]
    assert codes == [422] * 20 + [429]
    last = await garden.log_in(browser, "alice")
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) > 0
    codes = [(await garden.log_in(browser, f"n{number}", "wrong")).status_code for number in range(20)]
    assert codes[-1] == 429
    garden.clock.advance(20 * MINUTE)
    assert (await garden.log_in(browser, "alice")).status_code == 303


async def test_log_in_leads_only_to_our_own_pages(garden: Garden) -> None:
    await garden.account("alice")
    for following in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", "\\\\x"):
        browser = garden.browser()
        page = await browser.get("/auth/sign_in", params={"next": following})
        sent = hidden(page.text) | {"login": "alice", "password": PASSWORD, "next": following}
        assert (await browser.post("/auth/sign_in", data=sent)).headers["location"] == "/"


async def test_a_one_time_link_sets_the_password_once(garden: Garden) -> None:
    alice = await garden.account("alice", password="")
    token = await sessions.make_link(garden.core, alice)
    path = f"/auth/password/{token}"
    browser = garden.browser()
    assert (await browser.get(path)).status_code == 200
    fields = hidden((await browser.get(path)).text)
    sent = fields | {"password": "short", "again": "short"}
    assert (await browser.post(path, data=sent)).status_code == 422
    sent = fields | {"password": "wide enough", "again": "wide enouhg"}
    assert (await browser.post(path, data=sent)).status_code == 422
    sent = fields | {"password": "wide enough", "again": "wide enough"}
    assert (await browser.post(path, data=sent)).status_code == 303
    assert (await browser.get("/auth/sign_in")).status_code == 303
    assert (await browser.get(path)).status_code == 404
    assert (await browser.post(path, data=sent)).status_code == 404
    assert (await garden.log_in(garden.browser(), "alice", "wide enough")).status_code == 303


async def test_a_link_lasts_a_day_and_a_newer_one_replaces_it(garden: Garden) -> None:
    alice = await garden.account("alice")
    first = await sessions.make_link(garden.core, alice)
    second = await sessions.make_link(garden.core, alice)
    assert (await garden.browser().get(f"/auth/password/{first}")).status_code == 404
    assert (await garden.browser().get(f"/auth/password/{second}")).status_code == 200
    garden.clock.advance(DAY)
    assert (await garden.browser().get(f"/auth/password/{second}")).status_code == 404


async def test_logging_out_ends_the_session_itself(garden: Garden) -> None:
    alice = await garden.account("alice")
    browser = garden.browser()
    await garden.log_in(browser, "alice")
    cookie = browser.cookies["fediserver_session_8001"]
    page = await browser.get("/")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert (await browser.post("/auth/sign_out", data={"csrf_token": token})).status_code == 303
    copied = {"cookie": f"fediserver_session_8001={cookie}"}
    assert (await garden.browser().get("/auth/sign_in", headers=copied)).status_code == 200
    assert await sessions.session(garden.core, await garden.session(alice)) is not None


async def test_a_member_changes_the_password_and_other_browsers_are_logged_out(garden: Garden) -> None:
    await garden.account("alice")
    here, elsewhere = garden.browser(), garden.browser()
    for browser in (here, elsewhere):
        await garden.log_in(browser, "alice")
    fields = hidden((await here.get("/auth/password")).text)
    wrong = fields | {"current": "not this", "password": "wide enough", "again": "wide enough"}
    assert "is not right" in (await here.post("/auth/password", data=wrong)).text
    for chosen, again in (("short", "short"), ("wide enough", "wide enouhg")):
        sent = fields | {"current": PASSWORD, "password": chosen, "again": again}
        assert (await here.post("/auth/password", data=sent)).status_code == 422
    sent = fields | {"current": PASSWORD, "password": "wide enough", "again": "wide enough"}
    assert (await here.post("/auth/password", data=sent)).headers["location"] == "/@alice"
    assert (await here.get("/auth/password")).status_code == 200
    assert (await elsewhere.get("/auth/password")).headers["location"] == "/auth/sign_in?next=/auth/password"
    assert (await garden.log_in(garden.browser(), "alice")).status_code == 422
    assert (await garden.log_in(garden.browser(), "alice", "wide enough")).status_code == 303


async def test_the_form_for_a_new_password_is_where_password_keepers_look(garden: Garden) -> None:
    found = await garden.browser().get("/.well-known/change-password")
    assert (found.status_code, found.headers["location"]) == (303, "/auth/password")
    assert (await garden.browser().post("/auth/password")).status_code == 403


async def test_guessing_the_present_password_is_throttled(garden: Garden) -> None:
    await garden.account("alice")
    browser = garden.browser()
    await garden.log_in(browser, "alice")
    fields = hidden((await browser.get("/auth/password")).text)
    sent = fields | {"current": "not this", "password": "wide enough", "again": "wide enough"}
    answers = [(await browser.post("/auth/password", data=sent)).status_code for _ in range(20)]
    assert (answers[0], answers[-1]) == (422, 429)
