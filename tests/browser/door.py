"""Log-in by form, as a person with a mouse does it."""

from tests.browser.window import Window
from tests.garden import PASSWORD


def log_in(window: Window, name: str) -> None:
    """Through the log-in page to the front page."""
    window.open("/auth/sign_in")
    window.fill(login=name, password=PASSWORD)
    window.submit()
    window.wait_for(f"{window.base}/")
