"""The one check of a page in a browser: small, ours alone, without script, fit for everybody in every light."""

from typing import NamedTuple
from urllib.parse import urlsplit

from tests.browser.markup import check_html
from tests.browser.window import Window


class Look(NamedTuple):
    """How wide and in which colours a page is looked at, and by which of axe-core's rules; by all without."""

    name: str
    width: int
    height: int
    dark: bool
    rules: tuple[str, ...] = ()


PHONE = Look("phone", 360, 740, dark=False)
LOOKS = (
    PHONE,
    Look("phone, dark", 360, 740, dark=True, rules=("color-contrast",)),
    Look("desktop, dark", 1200, 800, dark=True),
    Look("desktop", 1200, 800, dark=False, rules=("color-contrast",)),
)


def check_page(window: Window, path: str, status: int = 200) -> None:
    """Open a page and assert that it is as every page of ours has to be, in all of `LOOKS`."""
    window.look(PHONE.width, PHONE.height, dark=PHONE.dark)
    window.open(path)
    check_shown(window, status)


def check_shown(window: Window, status: int = 200) -> None:
    """The same of the page that is open already, since `Window.open` or the last of its forms."""
    traffic = window.traffic()
    address = window.address
    assert traffic.status == status, f"{address} answers {traffic.status}"
    check_html(traffic.html, address, traffic.css)
    home = urlsplit(window.base).netloc
    faults = [f"asks for {url}" for url in traffic.requested if urlsplit(url).netloc != home]
    # Of a file that is on another server still, an avatar say, nothing may be here.
    expected = [f"{window.base}/media/remote/", *([f"{address} - "] if status >= 400 else [])]
    faults += [f"the console says: {line}" for line in window.complaints(besides=expected)]
    # What is folded away has to be readable, too.
    window.unfold()
    for look in LOOKS:
        window.look(look.width, look.height, dark=look.dark)
        faults += [
            f"{look.name}: {fault}" for fault in [*window.overflow(), *window.violations(only=look.rules)]
        ]
    assert not faults, f"{address}: " + "; ".join(faults)
