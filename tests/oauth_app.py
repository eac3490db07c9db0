"""An OAuth application as a test has it: registered, and able to do its half of the flow."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.garden import Garden, hidden, query

BACK = "https://app.example/back"
OOB = "urn:ietf:wg:oauth:2.0:oob"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class App:
    """A client program: registered, and able to do its half of the flow."""

    def __init__(self, garden: Garden, browser: httpx.AsyncClient, registered: dict[str, Any]) -> None:
        self.garden = garden
        self.browser = browser
        self.registered = registered
        self.client_id = registered["client_id"]
        self.secret = registered["client_secret"]

    @classmethod
    async def register(cls, garden: Garden, scopes: str = "read write", *uris: str) -> "App":
        browser = garden.browser()
        sent = {
            "client_name": "Wheelbarrow",
            "redirect_uris": "\n".join(uris or (BACK, OOB)),
            "scopes": scopes,
        }
        answer = await browser.post("/api/v1/apps", data=sent)
        assert answer.status_code == 200, answer.text
        return cls(garden, browser, answer.json())

    def request(self, **changes: str) -> dict[str, str]:
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": BACK,
            "scope": "read",
            "state": "xyzzy",
        }
        return asked | changes

    async def ask(self, **changes: str) -> httpx.Response:
        return await self.browser.get(f"/oauth/authorize?{urlencode(self.request(**changes))}")

    async def approved(self, decision: str = "allow", account: str = "", **changes: str) -> httpx.Response:
        page = await self.ask(**changes)
        assert page.status_code == 200, page.text
        fields = hidden(page.text) | {"decision": decision}
        if account:
            fields["account"] = account
        return await self.browser.post("/oauth/authorize", data=fields)

    async def code(self, **changes: str) -> str:
        answer = await self.approved(**changes)
        assert answer.status_code == 303
        return query(answer.headers["location"])["code"]

    async def token(self, code: str, **changes: str) -> httpx.Response:
        sent = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "client_secret": self.secret,
            "redirect_uri": BACK,
            "code": code,
        }
        return await httpx_post(self, sent | changes)

    async def accepted(self, token: str) -> bool:
        answer = await self.browser.get(
            "/api/v1/apps/verify_credentials", headers={"authorization": f"Bearer {token}"}
        )
        return answer.status_code == 200


async def httpx_post(app: App, sent: dict[str, str]) -> httpx.Response:
    return await app.garden.browser().post("/oauth/token", data=sent)
