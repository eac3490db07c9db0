"""A real Chromium without screen, and what tests ask of the page that it shows."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

PROGRAMS = ("chromium", "chromedriver")
"""What has to be on the machine."""
PATIENCE = 15
"""Seconds until a page that does not come is given up."""

# Nothing but the node is reachable, and Chromium itself does not try.
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
# What axe-core calls best practice is asked for, too, and the size of targets, which is off of itself.
_AXE = """
    const [only, done] = arguments, options = {resultTypes: ['violations']};
    if (only) options.runOnly = only;
    else options.rules = {'target-size': {enabled: true}};
    axe.run(document, options).then(done)
"""
_FOCUS = """
    const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
    return {
        tag: at.tagName.toLowerCase(), name: at.getAttribute('name') || '', text: at.innerText || '',
        href: at.getAttribute('href') || '', value: at.getAttribute('value') || '',
        ringed: at.matches(':focus-visible') && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        inside: box.width > 0 && box.left > -1 && box.right < innerWidth + 1
            && box.top > -1 && box.bottom < innerHeight + 1
    }
"""
_OVERFLOW = """
    const wide = document.documentElement.scrollWidth;
    if (wide <= innerWidth) return [];
    const guilty = [...document.querySelectorAll('body *')].filter(
        one => one.getBoundingClientRect().right > innerWidth + 1);
    return [`${wide} px wide: ` + guilty.slice(0, 4).map(one => `<${one.tagName} class=${one.className}>`).join()]
"""


class Traffic(NamedTuple):
    """What the browser fetched for a page: all addresses, and the page and its style sheet as they were sent."""

    status: int
    requested: list[str]
    html: str
    css: str


class Focus(NamedTuple):
    """What the keyboard is at: `ringed` when that can be seen, `inside` when it is in view."""

    tag: str
    name: str
    text: str
    href: str
    value: str
    ringed: bool
    inside: bool


class Window:
    """The one window of a browser; `base` is the node that it looks at."""

    def __init__(self, driver: webdriver.Chrome, base: str) -> None:
        self.driver = driver
        self.base = base
        driver.set_page_load_timeout(PATIENCE)
        driver.set_script_timeout(PATIENCE)
        # So that every page is seen as by a first visitor.
        self._command("Network.setCacheDisabled", cacheDisabled=True)

    @property
    def address(self) -> str:
        """Of the page that is shown."""
        return str(self.driver.current_url)

    def open(self, path: str) -> None:
        """Go to a path of the node, or to a whole address."""
        self.forget_traffic()
        self.driver.get(urljoin(self.base, path))

    def at(self, base: str) -> "Window":
        """The same window, for another node."""
        return Window(self.driver, base)

    @contextmanager
    def reading(self, language: str) -> Iterator[None]:
        """Ask for pages in another language for a while."""
        self._command("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        try:
            yield
        finally:
            self._command("Network.setExtraHTTPHeaders", headers={})

    def fill(self, **fields: str) -> None:
        """Write into the fields of a form, by name."""
        for name, text in fields.items():
            field = self.find(f"main [name={name}]")
            field.clear()
            field.send_keys(text)

    def submit(self) -> None:
        """Press the first button of the form, and wait for what comes of it."""
        self.forget_traffic()
        button = self.find("main form button")
        button.click()
        # The answer may take longer than the click: the old page is gone when its button is.
        wait = WebDriverWait(self.driver, PATIENCE)
        wait.until(staleness_of(button))
        wait.until(lambda driver: driver.execute_script("return document.readyState") == "complete")

    def log_out(self) -> None:
        """Forget all cookies."""
        self._command("Network.clearBrowserCookies")

    def look(self, width: int, height: int, *, dark: bool) -> None:
        """Another size and scheme of colours."""
        self._command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        # Colours on their way from one to the other are neither.
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self._command("Emulation.setEmulatedMedia", features=[scheme, still])

    def unfold(self) -> None:
        """Open everything that is folded away."""
        self.driver.execute_script("document.querySelectorAll('details').forEach(one => { one.open = true })")

    def overflow(self) -> list[str]:
        """What makes the page scroll sideways; nothing, where all is well."""
        return [str(fault) for fault in self.driver.execute_script(_OVERFLOW)]

    def violations(self, *, only: Sequence[str] = ()) -> list[str]:
        """What axe-core finds wrong, by all its rules or those named, with the first element of each kind."""
        if not self.driver.execute_script("return 'axe' in window"):
            self.driver.execute_script(_axe())
        found = self.driver.execute_async_script(_AXE, list(only) or None)
        return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]

    def complaints(self, *, besides: Sequence[str] = ()) -> list[str]:
        """What the console has against the page (refusals by its policy, files that are not there).

        Not what begins with one of `besides`.
        """
        lines = [str(entry["message"]) for entry in self._log("browser")]
        return [line for line in lines if not line.startswith(tuple(besides))]

    def traffic(self) -> Traffic:
        """Of the page that is shown, since it was opened."""
        requested, kinds = [], {}
        status = 0
        for event, given in self._events():
            if event == "Network.requestWillBeSent":
                requested.append(given["request"]["url"])
            elif event == "Network.responseReceived":
                if given["type"] == "Document":
                    status = given["response"]["status"]
                kinds[given["type"]] = given["requestId"]
        local = [url for url in requested if urlsplit(url).scheme != "data"]
        return Traffic(status, local, self._body(kinds["Document"]), self._body(kinds.get("Stylesheet", "")))

    def forget_traffic(self) -> None:
        """Count from here on."""
        self._log("performance")
        self._log("browser")

    def press(self, *keys: str) -> None:
        """Keys, one after the other."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def focus(self) -> Focus:
        """Where the keyboard is."""
        return Focus(**self.driver.execute_script(_FOCUS))

    def find(self, selector: str) -> WebElement:
        """The first element that a CSS selector names."""
        return self.driver.find_element("css selector", selector)

    def texts(self, selector: str) -> list[str]:
        """What all elements say that a CSS selector names."""
        return [found.text for found in self.driver.find_elements("css selector", selector)]

    def links(self, selector: str) -> list[str]:
        """The paths that links within lead to."""
        found = self.driver.find_elements("css selector", f"{selector} a")
        return [urlsplit(str(link.get_attribute("href"))).path for link in found]

    def script(self, text: str) -> Any:
        """What a script finds in the page; pages have none of their own."""
        return self.driver.execute_script(text)

    def within(self, selector: str) -> bool:
        """Whether the keyboard is in there."""
        return bool(
            self.driver.execute_script("return !!document.activeElement.closest(arguments[0])", selector)
        )

    def wait_until_gone(self, selector: str) -> None:
        """Until no element is named so any more."""
        WebDriverWait(self.driver, PATIENCE).until_not(
            lambda driver: driver.find_elements("css selector", selector)
        )

    def wait_for(self, start: str) -> str:
        """The address, once it starts so."""
        WebDriverWait(self.driver, PATIENCE).until(lambda driver: driver.current_url.startswith(start))
        return self.address

    def _command(self, name: str, **params: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, params)

    def _log(self, kind: str) -> Sequence[dict[str, Any]]:
        entries: Sequence[dict[str, Any]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]
        return entries

    def _events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for entry in self._log("performance"):
            message = json.loads(entry["message"])["message"]
            yield message["method"], message["params"]

    def _body(self, request_id: str) -> str:
        return (
            str(self._command("Network.getResponseBody", requestId=request_id)["body"]) if request_id else ""
        )


@contextmanager
def chromium(profile: Path, base: str) -> Iterator[Window]:
    """A browser with an empty profile, gone at the end."""
    options = Options()
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    options.add_experimental_option("perfLoggingPrefs", {"enableNetwork": True, "enablePage": False})
    programs = [shutil.which(name) for name in PROGRAMS]
    options.binary_location = programs[0] or ""
    driver = webdriver.Chrome(options=options, service=Service(programs[1]))
    try:
        yield Window(driver, base)
    finally:
        driver.quit()


@cache
def _axe() -> str:
    package = resources.files("selenium_axe_python")
    return (package / "axe-core" / "axe.min.js").read_text("utf-8")
