"""Every page, by phone and by desktop, by day and by night."""

from pathlib import Path
from urllib.parse import urlencode

import pytest

from fediserver.actions import access, sessions, take_along
from fediserver.actions.mail import CONFIRM_LINK
from fediserver.text.csv_files import Entry
from tests.browser.check import check_page, check_shown
from tests.browser.door import log_in
from tests.browser.place import Place, open_place
from tests.browser.village import Village, password_path, person
from tests.browser.window import Window

# What stands beyond its element is drawn where no element around it cuts it off.
_LINES = """
    const lines = [...document.querySelectorAll('.depth-2')];
    return lines.length > 0 && lines.every(line => {
        if (getComputedStyle(line, '::before').borderLeftStyle !== 'solid') return false;
        for (let around = line; around !== document.documentElement; around = around.parentElement) {
            if (!['visible', 'auto'].includes(getComputedStyle(around).overflowX)) return false;
        }
        return true;
    });
"""

pytestmark = pytest.mark.needs_tool("chromium")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/about", 200),
        ("/auth/sign_in", 200),
        ("/auth/sign_up", 200),
        ("/@alice", 200),
        ("/@orchard", 200),
        ("/tags/orchard", 200),
        ("/tags/nothing", 200),
        ("/oauth/authorize/native?code=VzHkRw8mQp3sX2", 200),
        ("/oauth/authorize", 400),
        ("/@mallory", 403),
        ("/nowhere", 404),
        ("/@trudy", 410),
    ],
)
@pytest.mark.usefixtures("village")
def test_pages_for_everybody(window: Window, path: str, status: int) -> None:
    check_page(window, path, status)


def test_a_thread_with_all_that_posts_can_have(window: Window, village: Village) -> None:
    check_page(window, village.thread)
    asked = [entry for entry in window.texts(".post") if "Ours is longer" in entry]
    assert asked, "the answer from afar is not shown"
    assert window.script(_LINES), "the line from an answer to what it answers is cut off"
    check_page(window, village.reply)
    check_page(window, village.deleted, 410)


def test_an_empty_node(window: Window, tmp_path: Path) -> None:
    with open_place(tmp_path, registrations="approval") as empty:
        for path in ("/", "/auth/sign_up"):
            check_page(window.at(empty.base), path)


def test_pages_in_german(window: Window, village: Village) -> None:
    with window.reading("de"):
        for path in ("/", village.thread):
            check_page(window, path)
            assert window.find("html").get_attribute("lang") == "de"


def test_forms_that_were_filled_in_wrongly(window: Window) -> None:
    window.open("/auth/sign_in")
    window.fill(login="nobody", password="not the password")
    window.submit()
    check_shown(window, 422)
    assert window.texts("[role=alert]")
    window.open("/auth/sign_up")
    window.fill(username="No Good", email="nobody@nowhere.example", password="password")
    window.submit()
    check_shown(window, 422)
    assert window.texts(".error")


def test_choosing_a_password(window: Window, place: Place) -> None:
    carol = place.run(person(place.town, "carol", password=""))
    check_page(window, place.run(password_path(place.town, carol)))
    window.fill(password="a shed full of rakes", again="a shed full of hoes")
    window.submit()
    check_shown(window, 422)
    window.fill(password="a shed full of rakes", again="a shed full of rakes")
    window.submit()
    window.wait_for(f"{place.base}/")
    check_shown(window)
    assert "/@carol" in window.links("nav")


def test_what_goes_by_mail(window: Window, tmp_path: Path) -> None:
    # Nobody takes the mail.
    with open_place(tmp_path, mail_url="smtp://localhost:9") as postal:
        newcomer = postal.run(person(postal.town, "newcomer", confirmed=False))
        link = postal.run(sessions.make_link(postal.town.ctx, newcomer, CONFIRM_LINK))
        there = window.at(postal.base)
        for path in ("/auth/sign_in", "/auth/reset", "/auth/confirm", f"/auth/confirm/{link}"):
            check_page(there, path)
        there.submit()
        check_shown(there)
        assert "is confirmed" in there.texts("[role=status]")[0]
        there.open("/auth/reset")
        there.fill(email="newcomer@mail.example")
        there.submit()
        check_shown(there)
        assert "on its way" in there.texts("[role=status]")[0]


@pytest.mark.usefixtures("village")
def test_pages_of_members(window: Window, place: Place) -> None:
    log_in(window, "alice")
    alice = place.run(place.town.known("alice@"))
    place.run(
        take_along.begin(place.town.ctx, alice, "blocks", [Entry("nobody@far.example")], overwrite=False)
    )
    for path in ("/", "/@alice", "/auth/password", "/settings/data"):
        check_page(window, path)
    made = place.run(
        access.register_application(
            place.town.ctx,
            name="Rake for phones",
            redirect_uris=["rake://back"],
            scopes_asked="read write follow push profile",
            website="https://rake.example",
        )
    )
    asked = {
        "client_id": made.application.client_id,
        "redirect_uri": "rake://back",
        "response_type": "code",
        "scope": "read write follow push profile",
    }
    check_page(window, f"/oauth/authorize?{urlencode(asked)}")
    assert "the group The Orchard" in window.find("fieldset").text
