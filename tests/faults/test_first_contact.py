"""Writing to people whom nobody here has met, while their server is down: it arrives when that is back."""

import asyncio
from pathlib import Path
from socket import EAI_AGAIN, EAI_NONAME, gaierror
from typing import NoReturn

import httpx
import pytest

from fediserver.clock import HOUR, MINUTE
from fediserver.errors import Unreachable
from fediserver.net.guard import AddressGuard
from fediserver.net.resolver import GuardedResolver, NoSuchName
from tests.conftest import OpenTown
from tests.processes import marker, node
from tests.town import settle

DOWN_SECONDS = 10
LONGEST = 90
"""Tries come after 2, 10 and 30 seconds, and the post itself has to be delivered then."""


async def test_a_mention_and_a_direct_post_arrive_when_their_server_is_back(tmp_path: Path) -> None:
    async with node(tmp_path / "oak") as oak, node(tmp_path / "elm") as elm:
        (alice,), (bob, erin) = await asyncio.gather(oak.accounts("alice"), elm.accounts("bob", "erin"))
        await elm.stop()
        down = asyncio.create_task(asyncio.sleep(DOWN_SECONDS))
        hello, secret = marker(), marker()
        mention, direct = await asyncio.gather(
            alice.post(f"{bob.handle} {hello}"), alice.post(f"{erin.handle} {secret}", "direct")
        )
        assert (mention["mentions"], direct["mentions"]) == ([], [])
        await down
        await elm.start()

        for person, text, post in ((bob, hello, mention), (erin, secret, direct)):
            notification = await person.told("mention", text=text, seconds=LONGEST)
            received = notification["status"]
            assert (received["uri"], received["visibility"]) == (post["uri"], post["visibility"])
            assert [one["acct"] for one in received["mentions"]] == [person.name]
            sent = await alice.get(f"/v1/statuses/{post['id']}")
            assert [one["acct"] for one in sent["mentions"]] == [person.handle.removeprefix("@")]


async def test_a_direct_post_to_nobody_is_refused_and_one_to_a_host_that_is_down_waits(
    open_town: OpenTown,
) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    client = await oak.client(await oak.account("alice"))

    async def write(text: str) -> int:
        answer = await client.post("/api/v1/statuses", json={"status": text, "visibility": "direct"})
        return answer.status_code

    assert await write("@nobody@elm.example hello") == 422
    assert await write("@nobody@elm.example @nobody@oak.example @nobody hello") == 422
    oak.network.down.add("elm.example")
    assert await write("@bob@elm.example hello") == 200
    bob = await elm.account("bob")
    oak.network.down.clear()
    oak.clock.advance(MINUTE)
    await settle(oak, elm)
    told = await (await elm.client(bob)).get("/api/v1/notifications")
    assert [one["status"]["visibility"] for one in told.json()] == ["direct"]


@pytest.mark.parametrize("status", [429, 502, 503])
async def test_an_answer_of_a_proxy_is_not_taken_for_nobody(open_town: OpenTown, status: int) -> None:
    oak = await open_town("oak.example")
    url = "https://elm.example/.well-known/webfinger?resource=acct:bob@elm.example"
    oak.network.answers[url] = httpx.Response(status, text="later")
    client = await oak.client(await oak.account("alice"))
    answer = await client.post(
        "/api/v1/statuses", json={"status": "@bob@elm.example hello", "visibility": "direct"}
    )
    assert answer.status_code == 200
    assert url in [str(request.url) for request in oak.network.requests]


async def test_a_direct_post_to_a_host_that_does_not_exist_is_refused(
    open_town: OpenTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    oak = await open_town("oak.example")

    async def asked(*_: object) -> NoReturn:
        raise NoSuchName("nowhere.example: the name was not found")

    monkeypatch.setattr(oak.network, "handle_async_request", asked)
    client = await oak.client(await oak.account("alice"))
    answer = await client.post(
        "/api/v1/statuses", json={"status": "@bob@nowhere.example hello", "visibility": "direct"}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(("code", "kind"), [(EAI_NONAME, NoSuchName), (EAI_AGAIN, Unreachable)])
async def test_a_name_that_does_not_exist_is_told_from_a_name_server_that_is_down(
    code: int, kind: type[Unreachable]
) -> None:
    async def lookup(_: str) -> list[str]:
        raise gaierror(code, "no")

    resolver = GuardedResolver(AddressGuard(), scheme="https", lookup=lookup)
    with pytest.raises(Unreachable) as raised:
        await resolver.resolve("nowhere.example", 443)
    assert raised.type is kind


async def test_who_is_named_no_longer_is_not_looked_for(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, _ = await oak.account("alice"), await elm.account("eve")
    await oak.account("bob")
    client = await oak.client(alice)
    oak.network.down.add("elm.example")
    draft = {"status": "@eve@elm.example @bob a secret", "visibility": "direct"}
    made = (await client.post("/api/v1/statuses", json=draft)).json()
    await client.put(f"/api/v1/statuses/{made['id']}", json={"status": "@bob another secret"})
    oak.network.down.clear()
    oak.clock.advance(HOUR)
    await settle(oak, elm)
    shown = (await client.get(f"/api/v1/statuses/{made['id']}")).json()
    assert [one["acct"] for one in shown["mentions"]] == ["bob"]
    assert await elm.status(made["uri"]) is None
