"""What the HTML of every page must hold to, as far as that can be told without a browser."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

LARGEST = 60 * 1024
"""Bytes of HTML and style sheet together."""

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_FETCHED = {"img": "src", "video": "src", "audio": "src", "source": "src", "iframe": "src", "embed": "src"}
_LINKED = frozenset({"stylesheet", "icon", "apple-touch-icon", "preload", "manifest"})
_SILENT = frozenset({"hidden", "submit", "button"})
_REFERRING = ("aria-describedby", "aria-labelledby", "aria-controls", "for")


class _Element:
    def __init__(self, tag: str, attributes: dict[str, str], parents: tuple[str, ...]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parents = parents
        self.text = ""


class _Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[_Element] = []
        self._open: list[_Element] = []
        self.faults: list[str] = []
        self.feed(html)
        self.close()
        if self._open:
            self.faults.append(f"never closed: {[each.tag for each in self._open]}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.faults.append(f"<{tag}> has an attribute twice: {names}")
        attributes = {name: value or "" for name, value in attrs}
        element = _Element(tag, attributes, tuple(each.tag for each in self._open))
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1].tag if self._open else 'nothing'}")
            while self._open and self._open[-1].tag != tag:
                self._open.pop()
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, *tags: str) -> list[_Element]:
        return [element for element in self.elements if element.tag in tags]


def check_html(html: str, url: str, css: str = "") -> None:
    """Assert that a page is small, whole, ours alone and fit for a screen reader; names all faults at once."""
    page = _Page(html)
    faults = [
        *page.faults,
        *_size(html, css),
        *_strangers(page, url),
        *_scripts(page),
        *_frame(page),
        *_headings(page),
        *_forms(page),
        *_names(page),
    ]
    assert not faults, f"{url}: " + "; ".join(faults)


def _size(html: str, css: str) -> list[str]:
    size = len(html.encode()) + len(css.encode())
    return [f"{size} bytes of HTML and CSS"] if size >= LARGEST else []


def _strangers(page: _Page, url: str) -> list[str]:
    """Everything that a browser fetches by itself comes from here."""
    fetched = [(each, each.attributes.get(_FETCHED[each.tag], "")) for each in page.all(*_FETCHED)]
    fetched += [(each, each.attributes.get("poster", "")) for each in page.all("video")]
    fetched += [
        (each, each.attributes.get("href", ""))
        for each in page.all("link")
        if _LINKED & set(each.attributes.get("rel", "").split())
    ]
    home = urlsplit(url).netloc
    return [
        f"<{each.tag}> fetches {address}"
        for each, address in fetched
        if not address.startswith("data:") and urlsplit(urljoin(url, address)).netloc != home
    ]


def _scripts(page: _Page) -> list[str]:
    faults = [
        f"<{each.tag}> in the page" for each in page.all("script", "style", "iframe", "object", "embed")
    ]
    for each in page.elements:
        faults += [
            f"{name} on <{each.tag}>" for name in each.attributes if name.startswith("on") or name == "style"
        ]
        if each.attributes.get("href", "").lower().startswith("javascript:"):
            faults.append("a javascript: link")
    return faults


def _frame(page: _Page) -> list[str]:
    faults = []
    if not page.all("html")[0].attributes.get("lang"):
        faults.append("no lang")
    if not page.all("title") or not page.all("title")[0].text.strip():
        faults.append("no title")
    if len(page.all("main")) != 1:
        faults.append("not one main")
    tops = {each.tag for each in page.elements if each.parents == ("html", "body")}
    faults += [f"no {tag} landmark" for tag in ("header", "footer") if tag not in tops]
    faults += ["a nav without name" for each in page.all("nav") if not each.attributes.get("aria-label")]
    links = page.all("a")
    if not links or links[0].attributes.get("href") != "#main":
        faults.append("the first link does not skip to the content")
    viewport = [each for each in page.all("meta") if each.attributes.get("name") == "viewport"]
    if not viewport or "scalable" in viewport[0].attributes["content"]:
        faults.append("no viewport, or one that cannot be enlarged")
    return faults


def _headings(page: _Page) -> list[str]:
    levels = [int(each.tag[1]) for each in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    faults = [] if levels.count(1) == 1 else [f"{levels.count(1)} h1"]
    faults += [
        f"h{below} follows h{above}"
        for above, below in zip([0, *levels], levels, strict=False)
        if below > above + 1
    ]
    return faults


def _forms(page: _Page) -> list[str]:
    labelled = {each.attributes.get("for") for each in page.all("label") if each.text.strip()}
    faults = []
    for each in page.all("input", "textarea", "select", "meter"):
        attributes = each.attributes
        if attributes.get("type") in _SILENT or "hidden" in attributes:
            continue
        named = attributes.get("aria-label") or attributes.get("aria-labelledby")
        if not named and attributes.get("id") not in labelled and "label" not in each.parents:
            faults.append(f"<{each.tag} name={attributes.get('name')}> has no label")
    return faults


def _names(page: _Page) -> list[str]:
    """Ids are unique, references lead somewhere, pictures have alternatives, buttons and links say something."""
    ids = [each.attributes["id"] for each in page.elements if "id" in each.attributes]
    faults = [f"the id {one} is there {ids.count(one)} times" for one in set(ids) if ids.count(one) > 1]
    for each in page.elements:
        for name in _REFERRING:
            missing = set(each.attributes.get(name, "").split()) - set(ids)
            faults += [f"{name} leads to {one}, which is not there" for one in missing]
    faults += ["an img without alt" for each in page.all("img") if "alt" not in each.attributes]
    alternatives = [each for each in page.all("img") if each.attributes.get("alt")]
    for each in page.all("a", "button"):
        inside = any(one.parents[-1:] == (each.tag,) for one in alternatives)
        if not each.text.strip() and not each.attributes.get("aria-label") and not inside:
            faults.append(f"an empty <{each.tag}>")
    return faults
