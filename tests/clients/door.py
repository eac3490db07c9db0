"""Log-in through the node's pages as a person with a browser does it: forms, cookies, redirects."""

from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urljoin

import httpx

PASSWORD = "a long enough password"


class Form(NamedTuple):
    """A form of a page: where it goes, and its fields as the page filled them."""

    action: str
    fields: dict[str, str]


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.code = ""
        self._in_code = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), {}))
        elif tag in ("input", "button") and self.forms and given.get("name"):
            fields = self.forms[-1].fields
            chosen = given.get("type") not in ("radio", "checkbox") or "checked" in given
            if chosen and given["name"] not in fields:
                fields[given["name"]] = given.get("value", "")
        self._in_code = tag == "code"

    def handle_data(self, data: str) -> None:
        if self._in_code and not self.code:
            self.code = data.strip()


async def authorise(client: httpx.AsyncClient, url: str, *, name: str) -> str:
    """Sign in, agree, and answer the code that the page shows (out of band)."""
    answer = await client.get(url, follow_redirects=True)
    for _ in range(4):
        page = _Page(answer.text)
        if page.code and "/oauth/authorize/native" in str(answer.url):
            return page.code
        form = next(
            form for form in page.forms if "password" in form.fields or form.action == "/oauth/authorize"
        )
        fields = dict(form.fields)
        if "password" in fields:
            fields["password"] = PASSWORD
            fields.update(
                {field: name for field in ("login", "name", "username", "email") if field in fields}
            )
        answer = await client.post(
            urljoin(str(answer.url), form.action),
            data=fields,
            headers={"origin": str(client.base_url).rstrip("/")},
            follow_redirects=True,
        )
        assert answer.status_code == 200, answer.text
    raise AssertionError(f"no code on {answer.url}: {answer.text[:500]}")
