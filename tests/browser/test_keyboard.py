"""All of it without a mouse: where the keyboard is can be seen, and it gets everywhere."""

import base64
import hashlib
from urllib.parse import urlencode

import pytest

from fediserver.actions import access
from tests.browser.callback import listening
from tests.browser.check import PHONE
from tests.browser.place import Place
from tests.browser.village import Village
from tests.browser.window import Focus, Window
from tests.garden import PASSWORD

pytestmark = pytest.mark.needs_tool("chromium")

TAB, ENTER, DOWN = "\ue004", "\ue007", "\ue015"
MOST = 40
"""Stops on a way, at most."""


def tab_to(window: Window, **wanted: str) -> Focus:
    """Press Tab until the keyboard is there; every stop on the way can be seen."""
    for _ in range(MOST):
        window.press(TAB)
        at = window.focus()
        assert at.ringed, f"the focus cannot be seen at {at}"
        assert at.inside, f"the focus is out of view at {at}"
        if all(getattr(at, name) == value for name, value in wanted.items()):
            return at
    raise AssertionError(f"Tab never comes to {wanted}")


@pytest.mark.parametrize("path", ["/", "/@alice", "thread", "/auth/sign_up"])
def test_the_first_stop_skips_to_the_content(window: Window, village: Village, path: str) -> None:
    window.look(PHONE.width, PHONE.height, dark=False)
    window.open(village.thread if path == "thread" else path)
    window.press(TAB)
    at = window.focus()
    assert at.href == "#main"
    assert at.ringed
    assert at.inside
    window.press(ENTER)
    assert window.focus().tag == "main"
    window.press(TAB)
    assert window.within("main")


def test_every_stop_of_a_thread_can_be_seen(window: Window, village: Village) -> None:
    window.look(PHONE.width, PHONE.height, dark=False)
    window.open(village.thread)
    tab_to(window, tag="summary", text="Insects")
    window.press(ENTER)
    assert "Wasps" in window.find("details[open]").text
    tab_to(window, tag="a", href="/about")


@pytest.mark.usefixtures("village")
def test_an_app_on_this_machine_is_let_in_by_keyboard_alone(window: Window, place: Place) -> None:
    verifier = "a-verifier-of-forty-three-characters-or-more-it-is"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    with listening() as callback:
        made = place.run(
            access.register_application(place.town.ctx, name="Rake", redirect_uris=[callback.address])
        )
        asked = {
            "client_id": made.application.client_id,
            "redirect_uri": callback.address,
            "response_type": "code",
            "state": "s&1",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        window.open(f"/oauth/authorize?{urlencode(asked)}")
        window.wait_for(f"{place.base}/auth/sign_in")
        tab_to(window, name="login")
        window.press("alice", TAB, PASSWORD)
        tab_to(window, tag="button", text="Log in")
        window.press(ENTER)
        window.wait_for(f"{place.base}/oauth/authorize")
        tab_to(window, tag="input", name="account")
        window.press(DOWN)
        assert "The Orchard" in window.find("label:has(input:focus)").text
        tab_to(window, tag="button", value="allow")
        window.press(ENTER)
        window.wait_for(callback.address)
        assert not window.complaints()
        assert [set(brought) for brought in callback.brought] == [{"code", "state"}]
        assert callback.brought[0]["state"] == "s&1"
        granted = place.run(redeemed(place, made, callback.brought[0]["code"], callback.address, verifier))
    assert granted == "orchard"


@pytest.mark.usefixtures("village")
def test_refusing_and_logging_out_by_keyboard(window: Window, place: Place) -> None:
    with listening() as callback:
        made = place.run(
            access.register_application(place.town.ctx, name="Rake", redirect_uris=[callback.address])
        )
        asked = {
            "client_id": made.application.client_id,
            "redirect_uri": callback.address,
            "response_type": "code",
        }
        window.open("/auth/sign_in")
        tab_to(window, name="login")
        window.press("bob", TAB, PASSWORD, ENTER)
        window.wait_for(f"{place.base}/")
        window.open(f"/oauth/authorize?{urlencode(asked)}")
        tab_to(window, tag="button", value="deny")
        window.press(ENTER)
        window.wait_for(callback.address)
        assert callback.brought[0]["error"] == "access_denied"
    window.open("/about")
    tab_to(window, tag="button", text="Log out")
    window.press(ENTER)
    window.wait_until_gone("nav form")
    assert "/auth/sign_in" in window.links("nav")


async def redeemed(place: Place, made: access.Registered, code: str, address: str, verifier: str) -> str:
    """The name of the account that the code turns out to speak for."""
    client = await place.town.client()
    answer = await client.post(
        "/oauth/token",
        data={
            "grant_type": "authorization_code",
            "client_id": made.application.client_id,
            "client_secret": made.secret,
            "redirect_uri": address,
            "code": code,
            "code_verifier": verifier,
        },
    )
    assert answer.status_code == 200, answer.text
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    account = await client.get("/api/v1/accounts/verify_credentials", headers=headers)
    return str(account.json()["username"])
