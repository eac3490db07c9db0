import pytest

from fediserver.actions import sessions
from fediserver.actions.mail import CONFIRM_LINK, PASSWORD_LINK
from fediserver.clock import DAY, MINUTE
from tests.garden import PASSWORD, Garden, hidden


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
    codes = [(await garden.log_in(browser, "alice", "wrong")).status_code for _ in range(11)]
    assert codes == [422] * 10 + [429]
    last = await garden.log_in(browser, "alice")
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) > 0
    codes = [(await garden.log_in(browser, f"n{number}", "wrong")).status_code for number in range(30)]
    assert (codes[0], codes[-1]) == (422, 429)
    garden.clock.advance(20 * MINUTE)
    assert (await garden.log_in(browser, "alice")).status_code == 303


@pytest.mark.parametrize("name", ["otto", "nobody"])
async def test_every_spelling_of_a_log_in_has_the_same_counter(garden: Garden, name: str) -> None:
    await garden.account("otto")
    spellings = [name, f"@{name}", f"@@{name}", f" {name.upper()} ", f"{name.title()}"]
    if name == "otto":
        spellings += ["otto@example.org", "OTTO@Example.org", " Otto@example.org"]
    codes = [
        (await garden.log_in(garden.browser(), spelling, "wrong")).status_code
        for _ in range(4)
        for spelling in spellings
    ]
    assert codes == [422] * 10 + [429] * (len(codes) - 10)


async def test_guesses_from_many_networks_are_slowed_down(garden: Garden) -> None:
    await garden.account("alice")
    codes = [
        (await garden.log_in(garden.browser(address=f"198.51.100.{number}"), "alice", "wrong")).status_code
        for number in range(101)
    ]
    assert codes == [422] * 100 + [429]
    assert (await garden.log_in(garden.browser(address="203.0.113.1"), "alice")).status_code == 429
    garden.clock.advance(60 * MINUTE)
    assert (await garden.log_in(garden.browser(address="203.0.113.1"), "alice")).status_code == 303


async def locked(garden: Garden, name: str) -> None:
    """Guess from the network of everybody else until the door is shut for it."""
    codes = {(await garden.log_in(garden.browser(), name, "wrong")).status_code for _ in range(45)}
    assert codes == {422, 429}
    assert (await garden.log_in(garden.browser(), name)).status_code == 429


async def test_nobody_is_locked_out_of_a_browser_they_know(garden: Garden) -> None:
    await garden.account("alice")
    await garden.account("bob")
    hers = garden.browser()
    await garden.log_in(hers, "alice")
    page = await hers.get("/")
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    await hers.post("/auth/sign_out", data={"csrf_token": token})
    await locked(garden, "alice")
    assert (await garden.log_in(hers, "bob")).status_code == 429, "it is known for alice alone"
    assert (await garden.log_in(hers, "alice", "wrong")).status_code == 422
    assert (await garden.log_in(hers, "alice")).status_code == 303


async def test_a_known_browser_is_counted_too(garden: Garden) -> None:
    await garden.account("alice")
    browser = garden.browser()
    await garden.log_in(browser, "alice")
    thief = garden.browser()
    thief.cookies.set("fediserver_browser_8001", browser.cookies["fediserver_browser_8001"])
    codes = [(await garden.log_in(thief, "alice", "wrong")).status_code for _ in range(21)]
    assert codes == [422] * 20 + [429]


async def test_a_new_password_makes_known_browsers_strangers_again(garden: Garden) -> None:
    alice = await garden.account("alice")
    browser = garden.browser()
    await garden.log_in(browser, "alice")
    link = await sessions.make_link(garden.core, alice)
    await sessions.choose_password(garden.core, link, "wide beds of leeks")
    browser.cookies.delete("fediserver_session_8001")
    await locked(garden, "alice")
    assert (await garden.log_in(browser, "alice", "wide beds of leeks")).status_code == 429


@pytest.mark.parametrize("cookie", ["", "x", "0" * 96, "é"])
async def test_a_cookie_that_is_not_ours_is_nothing(garden: Garden, cookie: str) -> None:
    await garden.account("alice")
    await locked(garden, "alice")
    browser = garden.browser()
    form = await browser.get("/auth/sign_in")
    own = f"fediserver_form_8001={browser.cookies['fediserver_form_8001']}"
    browser.cookies.clear()
    headers = {"cookie": f"{own}; fediserver_browser_8001={cookie}".encode()}
    sent = hidden(form.text) | {"login": "alice", "password": PASSWORD}
    answer = await browser.post("/auth/sign_in", data=sent, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 429


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


@pytest.mark.parametrize("way", ["form", "link"])
async def test_a_new_password_ends_every_link_to_choose_one(garden: Garden, way: str) -> None:
    """Who could read the member's mail for a moment has no key to the account left."""
    alice = await garden.account("alice")
    await garden.log_in(browser := garden.browser(), "alice")
    mailed = await sessions.make_link(garden.core, alice, PASSWORD_LINK)
    confirmation = await sessions.make_link(garden.core, alice, CONFIRM_LINK)
    if way == "link":
        link = await sessions.make_link(garden.core, alice)
        await sessions.choose_password(garden.core, link, "wide enough")
    else:
        sent = {"current": PASSWORD, "password": "wide enough", "again": "wide enough"}
        fields = hidden((await browser.get("/auth/password")).text)
        assert (await browser.post("/auth/password", data=fields | sent)).status_code == 303
    assert (await garden.browser().get(f"/auth/password/{mailed}")).status_code == 404
    assert (await garden.browser().get(f"/auth/confirm/{confirmation}")).status_code == 200


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


async def test_guessing_the_present_password_is_throttled_by_itself(garden: Garden) -> None:
    await garden.account("alice")
    browser = garden.browser()
    await garden.log_in(browser, "alice")
    await locked(garden, "alice")
    fields = hidden((await browser.get("/auth/password")).text)
    sent = fields | {"current": "not this", "password": "wide enough", "again": "wide enough"}
    answers = [(await browser.post("/auth/password", data=sent)).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
