"""Mail to members: joining with a confirmed address, and new passwords, with a real mail server."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fediserver.actions import keep_out, moderate, register, sessions
from fediserver.actions.moderate import Decision
from fediserver.clock import DAY, HOUR, MINUTE, SECOND
from fediserver.db import access, accounts, mails
from fediserver.jobs import housekeeping
from tests.garden import PASSWORD, Garden, form
from tests.mail_server import MailServer, mail_server, text_of
from tests.town import NOON, Network, StoppedClock, opened_town
from tests.web.api.test_moderation import staff
from tests.web.api.test_sign_up import NEWCOMER, app_client

ADDRESS = NEWCOMER["email"]
AGAIN = "/api/v1/emails/confirmations"
CHECK = "/api/v1/emails/check_confirmation"


class PostalTown(Garden):
    """A garden that sends mail."""

    def __init__(self, town: Any, server: MailServer) -> None:
        super().__init__(town)
        self.town = town
        self.mail = server

    async def join(self, browser: httpx.AsyncClient, **changes: str) -> httpx.Response:
        fields = {
            "username": "newcomer",
            "email": ADDRESS,
            "password": PASSWORD,
            "reason": "leeks",
            **changes,
        }
        return await browser.post("/auth/sign_up", data=await form(browser, "/auth/sign_up") | fields)

    async def press(self, browser: httpx.AsyncClient, path: str, **typed: str) -> httpx.Response:
        """Fill in the form of a page and send it."""
        return await browser.post(path, data=await form(browser, path) | typed)

    async def waiting(self) -> int:
        return (await mails.standing(self.core.db)).waiting


@pytest.fixture
async def garden(tmp_path: Path, database_url: str | None) -> AsyncIterator[PostalTown]:
    async with mail_server() as server:
        town = opened_town(
            tmp_path,
            base_url="http://localhost:8001",
            clock=StoppedClock(NOON - NOON % DAY),
            network=Network(),
            database_url=database_url,
            registrations="open",
            mail_url=server.url(),
            mail_from="Garden <post@garden.example>",
        )
        async with town as opened:
            yield PostalTown(opened, server)


async def newcomer(garden: PostalTown) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    """The app with its own token, and with the one of the account that it made."""
    app = await app_client(garden.town)
    made = await app.post("/api/v1/accounts", data=NEWCOMER)
    assert made.status_code == 200, made.text
    member = await garden.town.client()
    member.headers["authorization"] = f"Bearer {made.json()['access_token']}"
    return app, member


async def test_an_app_makes_an_account_that_works_once_the_address_is_confirmed(garden: PostalTown) -> None:
    _, member = await newcomer(garden)
    for path in ("/api/v1/accounts/verify_credentials", "/api/v1/timelines/home"):
        refused = await member.get(path)
        assert refused.status_code == 403
        assert refused.json()["error"] == "Your login is missing a confirmed e-mail address"
    assert (await member.get(CHECK)).json() is False
    assert await garden.waiting() == 1

    await garden.town.settle()
    assert await garden.waiting() == 0
    (letter,) = garden.mail.letters
    assert (letter["To"], letter["From"]) == (ADDRESS, "Garden <post@garden.example>")
    assert "localhost:8001" in letter["Subject"]
    # Nothing that the newcomer typed goes to an address that may be somebody else's.
    assert "newcomer" not in text_of(letter)

    browser, path = garden.browser(), garden.mail.link(ADDRESS)
    assert (await browser.get(path)).status_code == 200
    assert (await member.get(CHECK)).json() is False, "looking at the link must not confirm"
    assert (await browser.post(path)).status_code == 403, "only the page's own form confirms"
    pressed = await garden.press(browser, path)
    assert pressed.status_code == 200
    assert "is confirmed" in pressed.text
    assert (await member.get(CHECK)).json() is True
    assert (await member.get("/api/v1/timelines/home")).status_code == 200
    assert (await browser.get(path)).status_code == 404, "the link works once"
    assert (await garden.log_in(browser, "newcomer", NEWCOMER["password"])).status_code == 303


async def test_the_page_asks_to_confirm_and_does_not_log_in_before(garden: PostalTown) -> None:
    browser = garden.browser()
    welcome = await garden.join(browser)
    assert welcome.status_code == 200
    assert "has to be confirmed" in welcome.text
    refused = await garden.log_in(browser, "newcomer")
    assert refused.status_code == 403
    assert "not confirmed yet" in refused.text
    await garden.town.settle()
    await garden.press(browser, garden.mail.link(ADDRESS))
    assert (await garden.log_in(browser, "newcomer")).status_code == 303


async def test_mail_is_written_in_the_language_of_the_page(garden: PostalTown) -> None:
    await garden.join(garden.browser(**{"accept-language": "de"}))
    await garden.town.settle()
    assert "Bestätige" in garden.mail.letters[0]["Subject"]
    assert "Öffne" in text_of(garden.mail.letters[0])


async def test_a_link_lasts_a_day_from_when_it_is_handed_over(garden: PostalTown) -> None:
    browser = garden.browser()
    await garden.join(browser)
    garden.mail.answer = "451 not now"
    await garden.town.settle()
    garden.clock.advance(20 * HOUR)
    garden.mail.answer = "250 OK"
    await garden.town.settle()
    garden.clock.advance(DAY - SECOND)
    assert (await browser.get(garden.mail.link(ADDRESS))).status_code == 200
    garden.clock.advance(2 * SECOND)
    assert (await browser.get(garden.mail.link(ADDRESS))).status_code == 404


async def test_the_app_has_the_link_sent_again_also_to_another_address(garden: PostalTown) -> None:
    _, member = await newcomer(garden)
    await garden.account("rose")
    await garden.town.settle()
    first = garden.mail.link(ADDRESS)
    answer = await member.post(AGAIN)
    assert (answer.status_code, answer.json()) == (200, {})
    await garden.town.settle()
    second, browser = garden.mail.link(ADDRESS), garden.browser()
    assert (await browser.get(first)).status_code == 404, "the newer link replaces the older one"
    assert (await browser.get(second)).status_code == 200

    for wrong, error in (("rose@example.org", "ERR_TAKEN"), ("nobody", "ERR_INVALID"), ("", "ERR_BLANK")):
        refused = await member.post(AGAIN, json={"email": wrong})
        assert refused.status_code == 422
        assert refused.json()["details"]["email"][0]["error"] == error
    await garden.press(browser, "/auth/reset", email=ADDRESS)
    await garden.town.settle()
    password = garden.mail.link(ADDRESS)
    assert (await browser.get(password)).status_code == 200
    assert (await member.post(AGAIN, data={"email": "other@mail.example"})).status_code == 200
    for old in (second, password):
        assert (await browser.get(old)).status_code == 404, "an old link must not confirm the new address"
    await garden.town.settle()
    await garden.press(browser, garden.mail.link("other@mail.example"))
    assert (await member.get(CHECK)).json() is True
    done = await member.post(AGAIN)
    assert done.status_code == 403
    assert "awaiting confirmation" in done.json()["error"]


async def test_a_blocked_address_is_not_reached_by_way_of_another(garden: PostalTown) -> None:
    by_hand = Decision(by=None)
    for domain, with_approval in (("bad.example", False), ("odd.example", True)):
        await keep_out.block_email_domain(
            garden.core, domain, allow_with_approval=with_approval, decision=by_hand
        )
    _, member = await newcomer(garden)
    refused = await member.post(AGAIN, json={"email": "me@mail.bad.example"})
    assert refused.status_code == 422
    assert refused.json()["details"]["email"][0]["error"] == "ERR_BLOCKED"
    assert (await member.post(AGAIN, json={"email": "me@odd.example"})).status_code == 200
    await garden.town.settle()
    pressed = await garden.press(garden.browser(), garden.mail.link("me@odd.example"))
    assert "let you in" in pressed.text
    assert (await member.get("/api/v1/timelines/home")).status_code == 403


async def test_who_moderates_is_told_of_a_newcomer_once_the_address_is_confirmed(garden: PostalTown) -> None:
    moderator = await staff(garden.town, "mona", "moderator")
    browser = garden.browser()
    await garden.join(browser)
    await garden.town.settle()
    assert (await moderator.get("/api/v1/notifications")).json() == []
    await garden.press(browser, garden.mail.link(ADDRESS))
    (told,) = (await moderator.get("/api/v1/notifications")).json()
    assert (told["type"], told["account"]["username"]) == ("admin.sign_up", "newcomer")


async def test_only_the_app_that_made_the_account_has_the_link_sent(garden: PostalTown) -> None:
    app, member = await newcomer(garden)
    account = await accounts.by_handle(garden.core.db, "newcomer")
    assert account is not None
    other = await garden.town.client(account)
    assert (await other.post(AGAIN)).status_code == 403
    assert (await app.post(AGAIN)).status_code == 422
    assert (await (await garden.town.client()).post(AGAIN)).status_code == 401
    garden.reconfigure(mail_url="")
    refused = await member.post(AGAIN)
    assert refused.status_code == 503
    assert "sends no mail" in refused.json()["error"]


async def test_three_mails_a_day_go_to_one_address(garden: PostalTown) -> None:
    _, member = await newcomer(garden)
    for expected in (200, 200, 429):
        assert (await member.post(AGAIN)).status_code == expected
    browser = garden.browser()
    asked = await garden.press(browser, "/auth/confirm", email=ADDRESS.upper())
    assert asked.status_code == 200
    assert await garden.waiting() == 3
    await garden.town.settle()
    garden.clock.advance(DAY)
    assert (await member.post(AGAIN)).status_code == 200


async def test_who_waits_names_three_other_addresses_a_day(garden: PostalTown) -> None:
    _, member = await newcomer(garden)
    answers = [await member.post(AGAIN, json={"email": f"victim{n}@mail.example"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert (await member.post(AGAIN)).status_code == 200, "the link to the present one is another matter"


async def test_what_is_decided_while_the_request_arrives_stands(garden: PostalTown) -> None:
    _, member = await newcomer(garden)
    account = await accounts.by_handle(garden.core.db, "newcomer")
    assert account is not None

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"email":'
        await moderate.take(garden.core, account.id, "disable", Decision(by=None))
        yield b'"other@mail.example"}'

    await member.post(AGAIN, content=slowly(), headers={"content-type": "application/json"})
    user = await accounts.user(garden.core.db, account.id)
    assert user is not None
    assert user.disabled_at is not None


async def test_without_limits_mail_is_not_counted(garden: PostalTown) -> None:
    garden.reconfigure(rate_limits="off")
    _, member = await newcomer(garden)
    assert [(await member.post(AGAIN)).status_code for _ in range(4)] == [200] * 4


async def test_a_forgotten_password_is_replaced_by_mail(garden: PostalTown) -> None:
    rose = await garden.account("rose")
    session, browser = await garden.session(rose), garden.browser()
    known = await garden.press(browser, "/auth/reset", email="Rose@example.org")
    await garden.town.settle()
    path = garden.mail.link("Rose@example.org")
    changed = await garden.press(browser, path, password="leeks by moonlight", again="leeks by moonlight")
    assert changed.status_code == 303
    assert await sessions.session(garden.core, session) is None
    assert (await browser.get(path)).status_code == 404
    assert (await garden.log_in(garden.browser(), "rose", "leeks by moonlight")).status_code == 303

    unknown = await garden.press(garden.browser(), "/auth/reset", email="nobody@example.org")
    assert "".join(unknown.text.split()) == "".join(known.text.split())
    for strange in ("", "rose", "a" * 300 + "@x.example", "x@y.example\r\nBcc: z@y.example"):
        assert (await garden.press(garden.browser(), "/auth/reset", email=strange)).status_code == 200
    await garden.town.settle()
    assert len(garden.mail.letters) == 1
    assert await garden.waiting() == 0


async def test_a_new_password_by_mail_confirms_the_address(garden: PostalTown) -> None:
    browser = garden.browser()
    await garden.join(browser)
    await garden.town.settle()
    await garden.press(browser, "/auth/reset", email=ADDRESS)
    await garden.town.settle()
    await garden.press(browser, garden.mail.link(ADDRESS), password=PASSWORD, again=PASSWORD)
    account = await accounts.by_handle(garden.core.db, "newcomer")
    assert account is not None
    user = await accounts.user(garden.core.db, account.id)
    assert user is not None
    assert user.confirmed_at is not None


async def test_asking_is_throttled_for_each_source(garden: PostalTown) -> None:
    browser = garden.browser()
    fields = await form(browser, "/auth/reset")
    codes = [
        (await browser.post("/auth/reset", data=fields | {"email": f"p{number}@x.example"})).status_code
        for number in range(21)
    ]
    assert codes == [200] * 20 + [429]


async def test_who_is_let_in_hears_of_it(garden: PostalTown) -> None:
    garden.reconfigure(registrations="approval")
    browser = garden.browser()
    await garden.join(browser)
    await garden.town.settle()
    pressed = await garden.press(browser, garden.mail.link(ADDRESS))
    assert "let you in" in pressed.text
    account = await accounts.by_handle(garden.core.db, "newcomer")
    assert account is not None
    await moderate.approve(garden.core, account.id, Decision(by=None))
    await garden.town.settle()
    assert "@newcomer" in text_of(garden.mail.letters[-1])
    assert garden.mail.link(ADDRESS) == "/auth/sign_in"
    assert (await garden.log_in(browser, "newcomer")).status_code == 303


async def test_a_link_that_was_used_is_not_sent_again(garden: PostalTown) -> None:
    """The first attempt arrives although the server says that it did not."""
    await garden.join(garden.browser())
    garden.mail.at_end = "451 lost in thought"
    await garden.town.settle()
    account = await accounts.by_handle(garden.core.db, "newcomer")
    assert account is not None
    (mail,) = await garden.core.db.write(
        lambda tx: mails.claim(tx, boot="test", now=garden.clock() + MINUTE, until=garden.clock(), limit=9)
    )
    assert mail.attempts == 1
    assert "451" in mail.last_error
    await garden.core.db.write(lambda tx: access.drop_link(tx, mail.link_hash))
    garden.mail.at_end = "250 OK"
    garden.clock.advance(MINUTE)
    await garden.town.settle()
    assert garden.mail.letters == []
    assert await garden.waiting() == 0


async def test_mail_that_is_refused_or_too_old_is_given_up(garden: PostalTown) -> None:
    await garden.join(garden.browser())
    garden.mail.answer = "550 nobody here"
    await garden.town.settle()
    assert await garden.waiting() == 0
    garden.mail.answer = "451 not now"
    await garden.press(garden.browser(), "/auth/confirm", email=ADDRESS)
    asked = garden.mail.asked
    for _ in range(60):
        await garden.town.settle()
        garden.clock.advance(HOUR)
    assert await garden.waiting() == 0
    assert 5 < garden.mail.asked - asked < 60


async def test_mail_that_is_not_sent_any_more_is_forgotten(garden: PostalTown) -> None:
    await garden.join(garden.browser())
    await housekeeping.tidy(garden.town.ctx)
    assert await garden.waiting() == 1
    garden.clock.advance(3 * DAY)
    await housekeeping.tidy(garden.town.ctx)
    assert await garden.waiting() == 0


async def test_nobody_is_written_to_who_may_not_come_in(garden: PostalTown) -> None:
    rose = await garden.account("rose")
    await moderate.take(garden.core, rose.id, "suspend", Decision(by=None))
    await garden.press(garden.browser(), "/auth/reset", email="rose@example.org")
    await garden.town.settle()
    assert garden.mail.letters == []


async def test_somebody_whom_mail_does_not_reach_is_confirmed_by_hand(garden: PostalTown) -> None:
    await garden.join(garden.browser())
    account = await accounts.by_handle(garden.core.db, "newcomer")
    assert account is not None
    await register.confirm_by_hand(garden.core, account)
    assert (await garden.log_in(garden.browser(), "newcomer")).status_code == 303
    await garden.town.settle()
    assert garden.mail.letters == [], "what is done need not be asked for"


async def test_a_node_without_mail_says_so(town: Any) -> None:
    browser = httpx.AsyncClient(
        transport=httpx.ASGITransport(town.app),
        base_url=town.ctx.config.base_url,
        headers={"accept": "text/html"},
    )
    for path in ("/auth/reset", "/auth/confirm"):
        answer = await browser.get(path)
        assert answer.status_code == 404
        assert "sends no mail" in answer.text
    assert "/auth/reset" not in (await browser.get("/auth/sign_in")).text
    assert (await browser.get("/auth/confirm/unknown")).status_code == 404
