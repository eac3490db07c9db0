"""One browser and one lively node for each process that runs tests."""

from collections.abc import Iterator

import pytest

from tests.browser.place import Place, open_place
from tests.browser.village import Village, settle_in
from tests.browser.window import Window, chromium


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A node with people and posts."""
    with open_place(tmp_path_factory.mktemp("place")) as found:
        yield found


@pytest.fixture(scope="session")
def village(place: Place) -> Village:
    """What is there to be looked at."""
    return place.run(settle_in(place.town))


@pytest.fixture(scope="session")
def browser(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """Chromium; `window` is what tests take."""
    with chromium(tmp_path_factory.mktemp("chromium"), place.base) as found:
        yield found


@pytest.fixture
def window(browser: Window) -> Window:
    """The browser as a first visitor has it."""
    browser.log_out()
    return browser
