"""Many at once: what several processes do to the same rows ends as if one had done it after the other."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from fediserver.actions import access
from fediserver.actions.write import PollDraft
from fediserver.db import accounts, media, polls
from tests.town import Town
from tests.web.api.test_media import send

MANY = 20
Call = Callable[[int], Awaitable[httpx.Response]]


async def at_once(call: Call, count: int = MANY) -> Counter[int]:
    """How often each status was answered; no other error may come out."""
    answers = await asyncio.gather(*(call(number) for number in range(count)))
    return Counter(answer.status_code for answer in answers)


async def test_a_member_has_one_vote(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    post = await town.post(alice, "tea?", poll=PollDraft(options=["yes", "no"], expires_in=3600))
    client = await town.client(bob)
    path = f"/api/v1/polls/{post.poll_id}"
    seen = await at_once(lambda number: client.post(f"{path}/votes", json={"choices": [number % 2]}))
    assert seen == {200: 1, 422: MANY - 1}
    shown = (await client.get(path)).json()
    assert (shown["votes_count"], shown["voters_count"], len(shown["own_votes"])) == (1, 1, 1)
    assert post.poll_id is not None
    assert await polls.voters(town.ctx.db, post.poll_id) == [bob.id]


async def test_counts_of_marks_that_come_and_go_stay_true(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    post = await town.post(alice, "leeks")
    client = await town.client(bob)
    path = f"/api/v1/statuses/{post.id}"
    for come, go, mark, count in (
        ("favourite", "unfavourite", "favourited", "favourites_count"),
        ("reblog", "unreblog", "reblogged", "reblogs_count"),
    ):
        for _ in range(3):
            seen = await at_once(
                lambda number, come=come, go=go: client.post(f"{path}/{go if number % 2 else come}")  # type: ignore[misc]
            )
            # The answer to a boost is the boost, which may be gone by then.
            assert set(seen) <= {200, 404}
            shown = (await client.get(path)).json()
            assert shown[count] == int(shown[mark])
    row = await accounts.by_id(town.ctx.db, bob.id)
    assert row is not None
    listed = (await client.get(f"/api/v1/accounts/{bob.id}/statuses")).json()
    assert row.statuses_count == len(listed)


async def test_a_code_gives_one_token_and_a_copy_takes_it_back(town: Town) -> None:
    alice = await town.account("alice")
    stranger = await town.client()
    address = "https://app.example/back"
    wish = {"client_name": "App", "redirect_uris": address, "scopes": "read"}
    app = (await stranger.post("/api/v1/apps", data=wish)).json()
    application = await access.authenticate(town.ctx, app["client_id"], app["client_secret"])
    for _ in range(3):
        code = await access.authorize(
            town.ctx,
            application=application,
            member=alice,
            act_as=alice,
            redirect_uri=address,
            granted=("read",),
            challenge="",
        )

        async def exchanged(_: int, code: str = code) -> access.Issued | None:
            try:
                return await access.exchange(
                    town.ctx, application=application, code=code, redirect_uri=address, verifier=""
                )
            except access.Denied:
                return None

        issued = [one for one in await asyncio.gather(*map(exchanged, range(MANY))) if one is not None]
        assert len(issued) == 1
        stranger.headers["authorization"] = f"Bearer {issued[0].token}"
        assert (await stranger.get("/api/v1/accounts/verify_credentials")).status_code == 401


async def test_a_file_goes_with_one_post(town: Town) -> None:
    client = await town.client(await town.account("alice"))
    file = (await send(client)).json()

    def post(number: int) -> Any:
        return client.post("/api/v1/statuses", json={"status": f"no {number}", "media_ids": [file["id"]]})

    seen = await at_once(post, 10)
    assert seen == {200: 1, 422: 9}
    row = (await media.by_ids(town.ctx.db, [int(file["id"])]))[int(file["id"])]
    assert row.status_id is not None
    shown = (await client.get(f"/api/v1/statuses/{row.status_id}")).json()
    assert [one["id"] for one in shown["media_attachments"]] == [file["id"]]


async def test_a_key_makes_one_post(town: Town) -> None:
    client = await town.client(await town.account("alice"))
    client.headers["idempotency-key"] = "once"
    answers = await asyncio.gather(
        *(client.post("/api/v1/statuses", json={"status": "leeks"}) for _ in range(MANY))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
