"""Numbers that no database keeps are answered like any other that names nothing."""

import asyncio

import pytest

from tests.town import Town

HUGE = ["9" * 30, str(2**63), "9" * 5000]


@pytest.mark.parametrize("number", HUGE)
async def test_no_address_breaks_on_a_huge_number(town: Town, number: str) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    for path in (
        f"/api/v1/statuses/{number}",
        f"/api/v1/statuses/{number}/context",
        f"/api/v1/accounts/{number}",
        f"/api/v1/polls/{number}",
        f"/contexts/{number}",
        f"/activities/{number}",
        f"/media/remote/{number}",
        f"/users/alice/statuses/{number}",
        f"/@alice/{number}",
    ):
        assert (await client.get(path, headers={"accept": "application/json"})).status_code == 404, path
    page = await client.get(f"/users/alice/followers?page=true&before={number}")
    assert page.status_code == 200


@pytest.mark.parametrize("number", HUGE)
async def test_no_parameter_breaks_on_a_huge_number(town: Town, number: str) -> None:
    client = await town.client(await town.account("alice"))
    for fields in (
        {"status": "x", "in_reply_to_id": number},
        {"status": "x", "media_ids": [number]},
        {"status": "x", "poll": {"options": ["a", "b"], "expires_in": number}},
    ):
        assert (await client.post("/api/v1/statuses", json=fields)).status_code == 422, fields
    for path in (
        f"/api/v1/accounts/relationships?id[]={number}",
        f"/api/v1/statuses?id[]={number}",
        f"/api/v1/notifications?account_id={number}",
    ):
        assert (await client.get(path)).status_code in (200, 422), path
    assert (await client.get(f"/api/v1/timelines/home?max_id={number}&limit={number}")).status_code == 200
    read = await client.post("/api/v1/markers", json={"home": {"last_read_id": number}})
    assert read.status_code == 422


async def test_a_post_deleted_by_many_at_once_is_deleted_once(town: Town) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    post = await town.post(alice, "soon gone")
    answers = await asyncio.gather(*(client.delete(f"/api/v1/statuses/{post.id}") for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {200, 404}
    assert 200 in {answer.status_code for answer in answers}
