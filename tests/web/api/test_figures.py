"""Figures for moderators over HTTP: measures, dimensions and retention."""

from typing import Any

import httpx
import pytest

from fediserver.actions import favourite, reblog
from fediserver.activitypub import lookup
from fediserver.clock import DAY, isoformat
from fediserver.db.query import Query
from fediserver.text.handles import Handle
from fediserver.views.entities.figures import human
from tests.conftest import OpenTown
from tests.town import Town, settle
from tests.web.api.test_media import send
from tests.web.api.test_moderation import reported, staff

API = "/api/v1/admin"
MEASURES, DIMENSIONS, RETENTION = f"{API}/measures", f"{API}/dimensions", f"{API}/retention"
KEPT = Query("update remote_files set bytes = 2048 where purpose = 'attachment'")
SEEN = Query("update users set last_seen_at = :now where account_id = :account_id")


def span(town: Any, days: int = 7) -> dict[str, str]:
    """The last days, today included."""
    return {"start_at": isoformat(town.clock() - (days - 1) * DAY), "end_at": isoformat(town.clock())[:10]}


async def asked(client: httpx.AsyncClient, path: str, **body: Any) -> list[dict[str, Any]]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def measured(
    client: httpx.AsyncClient, town: Any, key: str, **more: Any
) -> tuple[str, str | None, list[str]]:
    """Total, that of the week before, and the numbers of the days of a week."""
    (found,) = await asked(client, MEASURES, keys=[key], **span(town), **more)
    assert found["key"] == key
    assert [one["date"][10:] for one in found["data"]] == ["T00:00:00.000Z"] * 7
    return found["total"], found.get("previous_total"), [one["value"] for one in found["data"]]


async def parts(client: httpx.AsyncClient, key: str, **more: Any) -> dict[str, str]:
    (found,) = await asked(client, DIMENSIONS, keys=[key], **more)
    assert found["key"] == key
    return {one["key"]: one["value"] for one in found["data"]}


async def seen(town: Any, account: Any) -> None:
    await town.ctx.db.write(lambda tx: tx.run(SEEN, now=town.clock(), account_id=account.id))


def noughts(*last: str) -> list[str]:
    return ["0"] * (7 - len(last)) + list(last)


async def test_people_are_counted_by_day(town: Town) -> None:
    alice = await town.account("alice")
    await seen(town, alice)
    town.clock.advance(7 * DAY)
    bob = await town.account("bob")
    await seen(town, bob)
    town.clock.advance(DAY)
    client = await staff(town)
    for key in ("new_users", "active_users"):
        # The moderator is new, and here.
        assert await measured(client, town, key) == ("2", "1", noughts("1", "1")), key


async def test_what_people_do_is_counted(town: Town, open_town: OpenTown) -> None:
    elm = await open_town("elm.example")
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    carol = await lookup.account_by_handle(town.ctx, Handle((await elm.account("carol")).username, elm.host))
    assert carol is not None
    status = await town.post(alice, "hello")
    await favourite.add(town.ctx, bob, status)
    await favourite.add(town.ctx, carol, status)
    await reblog.add(town.ctx, bob, status)
    await town.post(bob, "yes", in_reply_to_id=status.id)
    client = await staff(town)
    assert await measured(client, town, "interactions") == ("3", "0", noughts("3"))


async def test_reports_are_counted_when_made_and_when_closed(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    first = await reported(town, alice, bob)
    town.clock.advance(DAY)
    await reported(town, alice, bob)
    client = await staff(town)
    await client.post(f"{API}/reports/{first}/resolve")
    assert await measured(client, town, "opened_reports") == ("2", "0", noughts("1", "1"))
    assert await measured(client, town, "resolved_reports") == ("1", "0", noughts("1"))


async def test_uses_of_a_hashtag_are_counted_and_split(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await town.post(alice, "#leek", language="de")
    town.clock.advance(DAY)
    for author in (alice, bob, bob):
        await town.post(author, "#leek")
    await town.post(bob, "#leek", "unlisted")
    client = await staff(town)
    about = {"id": (await client.get(f"{API}/tags")).json()[0]["id"]}
    assert await measured(client, town, "tag_uses", tag_uses=about) == ("4", "0", noughts("1", "3"))
    assert await measured(client, town, "tag_accounts", tag_accounts=about) == ("2", "0", noughts("1", "2"))
    assert await measured(client, town, "tag_servers", tag_servers=about) == ("1", "0", noughts("1", "1"))
    assert await parts(client, "tag_servers", tag_servers=about) == {"oak.example": "4"}
    assert await parts(client, "tag_languages", tag_languages=about) == {"und": "3", "de": "1"}
    assert await parts(client, "tag_languages", tag_languages=about, limit=1) == {"und": "3"}


async def test_another_server_is_measured(town: Town, open_town: OpenTown) -> None:
    elm = await open_town("elm.example")
    alice, bob = await town.account("alice"), await elm.account("bob")
    there = await lookup.account_by_handle(town.ctx, Handle("bob", elm.host))
    here = await lookup.account_by_handle(elm.ctx, Handle("alice", town.host))
    assert there is not None
    assert here is not None
    await town.follow(alice, there)
    await elm.follow(bob, here)
    await settle(town, elm)
    for text in ("one", "two"):
        await elm.post(bob, text, language="fr")
    await settle(town, elm)
    client, about = await staff(town), {"domain": "elm.example"}
    await reported(town, alice, there)
    wanted = {
        "accounts": "1",
        "statuses": "2",
        "reports": "1",
        "follows": "1",
        "followers": "1",
        "media_attachments": "0",
    }
    for name, number in wanted.items():
        key = f"instance_{name}"
        total, before, days = await measured(client, town, key, **{key: about})
        assert (total, before, days[-1]) == (number, None, number), key
        total, _, days = await measured(client, town, key, **{key: {"domain": "other.example"}})
        assert (total, set(days)) == ("0", {"0"}), key
    assert await parts(client, "instance_accounts", instance_accounts=about) == {"bob": "1"}
    assert await parts(client, "instance_languages", instance_languages=about) == {"fr": "2"}
    servers = await parts(client, "servers")
    assert servers == {"elm.example": "2"}


async def test_bytes_kept_of_a_server_are_counted(town: Town, open_town: OpenTown) -> None:
    elm = await open_town("elm.example")
    alice, bob = await town.account("alice"), await elm.account("bob")
    there = await lookup.account_by_handle(town.ctx, Handle("bob", elm.host))
    assert there is not None
    await town.follow(alice, there)
    await settle(town, elm)
    file = (await send(await elm.client(bob))).json()
    await elm.post(bob, "A picture", media_ids=[int(file["id"])])
    await settle(town, elm)
    await town.ctx.db.write(lambda tx: tx.run(KEPT))
    client, key = await staff(town), "instance_media_attachments"
    (found,) = await asked(client, MEASURES, keys=[key], **span(town), **{key: {"domain": "elm.example"}})
    assert (found["total"], found["unit"], found["human_value"]) == ("2048", "bytes", "2.0 KiB")


async def test_what_the_node_is_made_of_is_told(town: Town) -> None:
    alice = await town.account("alice")
    await seen(town, alice)
    await town.post(alice, "hello")
    client = await staff(town)
    keys = ["space_usage", "software_versions", "sources", "languages", "servers"]
    found = {one["key"]: one["data"] for one in await asked(client, DIMENSIONS, keys=keys)}
    assert list(found) == keys
    engine = "sqlite" if town.ctx.db.url.startswith("sqlite") else "postgresql"
    assert [one["key"] for one in found["space_usage"]] == [engine, "media"]
    assert int(found["space_usage"][0]["value"]) > 10_000
    assert [one["unit"] for one in found["space_usage"]] == ["bytes", "bytes"]
    assert [one["key"] for one in found["software_versions"]] == ["fediserver", "python", engine]
    assert found["sources"] == []
    assert [(one["key"], one["value"]) for one in found["languages"]] == [("en", "2")]
    assert [(one["key"], one["value"]) for one in found["servers"]] == [("oak.example", "1")]
    # Of another time.
    town.clock.advance(40 * DAY)
    client = await staff(town, "mike")
    assert await parts(client, "servers") == {}
    past = {"start_at": isoformat(town.clock() - 41 * DAY), "end_at": isoformat(town.clock() - 39 * DAY)}
    assert await parts(client, "servers", **past) == {"oak.example": "1"}


async def test_those_who_stay_are_counted_by_when_they_came(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    await seen(town, bob)
    town.clock.advance(DAY)
    await seen(town, alice)
    client = await staff(town)
    found = await asked(client, RETENTION, frequency="day", **span(town, 2))
    assert [(one["frequency"], len(one["data"])) for one in found] == [("day", 2), ("day", 1)]
    first = [(one["value"], one["rate"]) for one in found[0]["data"]]
    assert first == [("2", 1.0), ("1", 0.5)]
    assert [one["value"] for one in found[1]["data"]] == ["1"]
    assert found[0]["period"] == found[0]["data"][0]["date"]
    months = await asked(client, RETENTION, frequency="month", **span(town, 60))
    assert [one["period"][8:10] for one in months] == ["01"] * len(months)
    assert [one["value"] for one in months[-1]["data"]] == ["3"]
    assert [one["value"] for one in months[0]["data"]] == ["0"] * len(months)
    assert months[0]["data"][0]["rate"] == 0


async def test_unknown_keys_are_left_out_and_known_ones_come_once(town: Town) -> None:
    client = await staff(town)
    found = await asked(client, MEASURES, keys=["new_users", "odd", "new_users"], **span(town))
    assert [one["key"] for one in found] == ["new_users"]
    form = {"keys[]": ["new_users", "opened_reports"], **span(town)}
    answer = await client.post(MEASURES, data=form)
    assert [one["key"] for one in answer.json()] == ["new_users", "opened_reports"]
    assert await asked(client, DIMENSIONS, keys=["odd"]) == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (MEASURES, {"keys": ["new_users"]}, 400),
        (MEASURES, {"start_at": "2026-09-01", "end_at": "2026-09-02"}, 400),
        (MEASURES, {"keys": ["new_users"], "start_at": "x", "end_at": "2026-09-02"}, 422),
        (MEASURES, {"keys": ["new_users"], "start_at": "2026-09-03", "end_at": "2026-09-02"}, 422),
        (MEASURES, {"keys": ["new_users"], "start_at": "2020-09-03", "end_at": "2026-09-02"}, 422),
        (MEASURES, {"keys": ["new_users"], "start_at": "0001-01-01", "end_at": "0001-01-02"}, 422),
        (MEASURES, {"keys": ["new_users"], "start_at": "9999-01-01", "end_at": "9999-01-02"}, 422),
        (MEASURES, {"keys": ["tag_uses"], "start_at": "2026-09-01", "end_at": "2026-09-02"}, 400),
        (
            MEASURES,
            {"keys": ["tag_uses"], "tag_uses": {"id": "7"}, "start_at": "2026-09-01", "end_at": "2026-09-02"},
            404,
        ),
        (MEASURES, {"keys": ["instance_reports"], "start_at": "2026-09-01", "end_at": "2026-09-02"}, 400),
        (DIMENSIONS, {"keys": ["tag_languages"]}, 400),
        (DIMENSIONS, {"keys": ["tag_languages"], "tag_languages": {"id": "7"}}, 404),
        (DIMENSIONS, {"keys": ["servers"], "start_at": "2026-09-01"}, 400),
        (RETENTION, {"start_at": "2026-09-01"}, 400),
        (RETENTION, {"start_at": "2026-01-01", "end_at": "2026-09-01"}, 422),
    ],
)
async def test_what_makes_no_sense_is_refused(
    town: Town, path: str, body: dict[str, Any], status: int
) -> None:
    client = await staff(town)
    assert (await client.post(path, json=body)).status_code == status


async def test_figures_are_for_moderators_with_the_scope(town: Town) -> None:
    body = {"keys": ["new_users", "languages"], **span(town)}
    member = await town.client(await town.account("dave"), scopes="read write admin:read admin:write")
    narrow = await town.client(
        await town.account("nora", role="moderator"), scopes="admin:read:reports admin:write"
    )
    reading = await town.client(await town.account("rita", role="moderator"), scopes="admin:read")
    for path in (MEASURES, DIMENSIONS, RETENTION):
        for client, status in ((await town.client(), 401), (member, 403), (narrow, 403), (reading, 200)):
            assert (await client.post(path, json=body)).status_code == status, path


def test_bytes_are_told_as_people_read_them() -> None:
    assert [human(size) for size in (0, 1023, 1024, 1_572_864, 5 << 40)] == [
        "0 bytes",
        "1023 bytes",
        "1.0 KiB",
        "1.5 MiB",
        "5.0 TiB",
    ]
