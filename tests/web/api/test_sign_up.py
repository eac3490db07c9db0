"""Accounts that people make in their app."""

from typing import Any

import httpx

NEWCOMER = {
    "username": "newcomer",
    "email": "new@mail.example",
    "password": "a quiet bed of leeks",
    "agreement": "1",
    "locale": "en",
}


async def app_client(town: Any, scopes: str = "read write") -> httpx.AsyncClient:
    client: httpx.AsyncClient = await town.client()
    fields = {"client_name": "an app", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": scopes}
    app = (await client.post("/api/v1/apps", json=fields)).json()
    asked = {"grant_type": "client_credentials", "scope": scopes}
    secrets = {name: app[name] for name in ("client_id", "client_secret")}
    token = (await client.post("/oauth/token", json=asked | secrets)).json()["access_token"]
    client.headers["authorization"] = f"Bearer {token}"
    return client


async def test_an_app_makes_an_account_that_works_at_once(open_town: Any) -> None:
    town = await open_town("oak.example", registrations="open")
    client = await app_client(town)
    answer = await client.post("/api/v1/accounts", data=NEWCOMER)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["token_type"], answer.json()["scope"]) == ("Bearer", "read write")
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    posted = await client.post("/api/v1/statuses", json={"status": "hello"}, headers=headers)
    assert posted.json()["account"]["username"] == "newcomer"
    again = await client.post("/api/v1/accounts", data=NEWCOMER)
    assert again.status_code == 422
    assert again.json()["details"]["username"][0]["error"] == "ERR_TAKEN"


async def test_who_waits_for_approval_is_told_so(town: Any) -> None:
    client = await app_client(town)
    answer = await client.post("/api/v1/accounts", data=NEWCOMER | {"reason": "I grow leeks"})
    assert answer.status_code == 200, answer.text
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    refused = await client.get("/api/v1/timelines/home", headers=headers)
    assert refused.status_code == 403
    assert "approval" in refused.json()["error"]


async def test_no_account_without_agreement_token_and_scope(town: Any) -> None:
    client = await app_client(town)
    refused = await client.post("/api/v1/accounts", data=NEWCOMER | {"agreement": "0"})
    assert refused.json()["details"]["agreement"][0]["error"] == "ERR_ACCEPTED"
    member = await town.client(await town.account("alice"))
    assert (await member.post("/api/v1/accounts", data=NEWCOMER)).status_code == 403
    assert (await (await town.client()).post("/api/v1/accounts", data=NEWCOMER)).status_code == 401
    narrow = await app_client(town, "read")
    assert (await narrow.post("/api/v1/accounts", data=NEWCOMER)).status_code == 403


async def test_an_app_alone_is_no_member(town: Any) -> None:
    client = await app_client(town)
    assert (await client.get("/api/v1/timelines/home")).status_code == 422
    assert (await client.get("/api/v1/timelines/public")).status_code == 200


async def test_default_pictures_are_there(town: Any) -> None:
    client = await town.client()
    for name in ("avatar.png", "header.png"):
        answer = await client.get(f"/static/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.headers["access-control-allow-origin"] == "*"
