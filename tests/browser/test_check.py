"""The check itself: what it is there to find, it finds."""

import pytest

from tests.browser.check import PHONE, check_shown
from tests.browser.window import Window

pytestmark = pytest.mark.needs_tool("chromium")

_SPOIL = """
    const picture = document.createElement('img'), pale = document.createElement('p');
    picture.src = 'http://stranger.example/pixel.png';
    pale.textContent = 'hardly to be read';
    pale.style.color = '#ddd';
    pale.style.width = '500px';
    document.querySelector('main').append(picture, pale);
"""


def test_faults_are_found(window: Window) -> None:
    window.look(PHONE.width, PHONE.height, dark=False)
    window.open("/about")
    window.driver.execute_script(_SPOIL)
    with pytest.raises(AssertionError) as found:
        check_shown(window)
    for fault in ("stranger.example", "px wide", "image-alt", "color-contrast"):
        assert fault in str(found.value)


def test_a_status_that_was_not_expected_is_a_fault(window: Window) -> None:
    window.open("/nowhere")
    with pytest.raises(AssertionError, match="answers 404"):
        check_shown(window)
