"""Every page, by phone and by desktop, by day and by night."""

import pytest

from tests.browser.check import check_page
from tests.browser.place import Place
from tests.browser.village import Village
from tests.browser.window import Window

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
        ("/nowhere", 404),
        ("/@mallory", 403),
        ("/@trudy", 410),
    ],
)
def test_pages_for_everybody(window: Window, village: Village, path: str, status: int) -> None:
    check_page(window, path, status)


def test_a_thread_with_all_that_posts_can_have(window: Window, village: Village) -> None:
    check_page(window, village.thread)
