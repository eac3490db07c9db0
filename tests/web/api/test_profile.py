"""The profile's own endpoint, settings of web clients, and what is asked about one's address, over HTTP."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from PIL import Image

from fediserver.actions import moderate
from fediserver.actions.moderate import Decision, Measure
from fediserver.activitypub import lookup
from fediserver.db import accounts as account_rows
from fediserver.db.query import Query
from fediserver.text.handles import Handle
from tests.conftest import OpenTown

PATH = "/api/v1/profile"
KEPT = Query("select data from web_settings where account_id = :account_id")


def png() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (40, 40), (200, 30, 30)).save(data, "PNG")
    return data.getvalue()


async def test_the_profile_is_told_as_typed_and_as_shown(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    fresh = (await client.get(PATH)).json()
    assert (fresh["avatar"], fresh["header"], fresh["featured_tags"]) == (None, None, [])
    assert (fresh["show_media"], fresh["show_media_replies"], fresh["show_featured"]) == (True, True, True)
    await client.post("/api/v1/featured_tags", json={"name": "leek"})
    form = {
        "display_name": "Alice",
        "note": "grows #leek",
        "fields_attributes[0][name]": "Web",
        "fields_attributes[0][value]": "https://alice.example",
        "avatar_description": "a leek",
        "show_media_replies": "false",
        "show_featured": "0",
        "locked": "1",
    }
    files = {"avatar": ("me.png", png(), "image/png")}
    changed = (await client.patch(PATH, data=form, files=files)).json()
    assert (changed["display_name"], changed["note"], changed["locked"]) == ("Alice", "grows #leek", True)
    assert "<p>" in changed["formatted_note"]
    assert changed["fields"][0]["value"] == "https://alice.example"
    assert "<a " in changed["formatted_fields"][0]["value"]
    assert changed["avatar"].startswith("https://oak.example/media/")
    assert changed["avatar_description"] == "a leek"
    assert (changed["show_media"], changed["show_media_replies"], changed["show_featured"]) == (
        True,
        False,
        False,
    )
    assert [tag["name"] for tag in changed["featured_tags"]] == ["leek"]
    assert (await client.get(PATH)).json() == changed
    shown = (await (await town.client()).get("/api/v1/accounts/lookup?acct=alice")).json()
    assert (shown["avatar_description"], shown["show_media_replies"]) == ("a leek", False)


async def test_both_endpoints_describe_pictures_but_one_has_the_tabs(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    wish = {"header_description": "a field", "show_media": False}
    answer = await client.patch("/api/v1/accounts/update_credentials", json=wish)
    assert (answer.json()["header_description"], answer.json()["show_media"]) == ("a field", True)
    assert (await client.patch(PATH, json=wish)).json()["show_media"] is False


@pytest.mark.parametrize(
    "wish",
    [
        {"avatar_description": "x" * 151},
        {"header_description": "x" * 151},
        {"note": "x" * 501},
        {"locked": "maybe"},
    ],
)
async def test_what_is_too_long_or_no_answer_is_refused(town: Any, wish: dict[str, str]) -> None:
    client = await town.client(await town.account("alice"))
    refused = await client.patch(PATH, json=wish)
    assert refused.status_code == 422
    assert set(refused.json()["details"]) == set(wish)


async def test_others_learn_of_descriptions_and_tabs(town: Any, open_town: OpenTown) -> None:
    elm = await open_town("elm.example")
    client = await town.client(await town.account("alice"))
    wish = {"avatar_description": "a leek", "show_media": "0", "show_featured": "0"}
    await client.patch(PATH, data=wish, files={"avatar": ("me.png", png(), "image/png")})
    document = (await client.get("/users/alice", headers={"accept": "application/activity+json"})).json()
    assert (document["icon"]["name"], document["showMedia"]) == ("a leek", False)
    assert (document["showRepliesInMedia"], document["showFeatured"]) == (True, False)
    row = await lookup.account_by_handle(elm.ctx, Handle("alice", "oak.example"))
    assert row is not None
    assert (row.avatar_description, row.header_description) == ("a leek", "")
    assert (row.show_media, row.show_media_replies, row.show_featured) == (False, True, False)


async def test_a_web_client_keeps_its_settings(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    data = {"known_fediverse": True, "home": {"shows": {"reply": False}, "regex": ""}, "none": None}
    for kept in ({"other": 1}, data):
        assert (await client.patch("/api/web/settings", json={"data": kept})).json() == {}
    assert msgspec.json.decode(await town.ctx.db.value(KEPT, account_id=alice.id)) == data
    for wrong in ({}, {"data": "text"}, {"data": [1]}, {"data": {"x": "y" * 65_536}}):
        assert (await client.patch("/api/web/settings", json=wrong)).status_code == 422
    assert msgspec.json.decode(await town.ctx.db.value(KEPT, account_id=alice.id)) == data
    assert (await (await town.client()).patch("/api/web/settings", json={"data": {}})).status_code == 401


async def test_whether_an_address_is_confirmed_can_be_asked_before_it_is(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    check, again = "/api/v1/emails/check_confirmation", "/api/v1/emails/confirmations"
    assert (await client.get(check)).json() is True
    assert (await client.post(again)).status_code == 403
    user = await account_rows.user(town.ctx.db, alice.id)
    assert user is not None
    row = msgspec.structs.replace(user, confirmed_at=None)
    await town.ctx.db.write(lambda tx: account_rows.update_user(tx, row))
    client = await town.client(alice)
    assert (await client.get(PATH)).status_code == 403
    assert (await client.get(check)).json() is False
    # Only the app with which the account was made may ask for the link: tests/web/test_by_mail.py.
    assert (await client.post(again)).status_code == 403


async def test_what_this_node_does_not_have_is_said_as_servers_without_it_say_it(town: Any) -> None:
    alice = await town.account("alice")
    client, stranger = await town.client(alice), await town.client()
    proofs = await client.get(f"/api/v1/accounts/{alice.id}/identity_proofs")
    assert (proofs.json(), proofs.headers["deprecation"][0]) == ([], "@")
    assert (await client.get("/api/v1/accounts/7/identity_proofs")).status_code == 404
    assert (await stranger.get(f"/api/v1/accounts/{alice.id}/identity_proofs")).status_code == 401
    wish = {"email": "reader@mail.example"}
    path = f"/api/v1/accounts/{alice.id}/email_subscriptions"
    assert (await stranger.post(path, json=wish)).status_code == 404
    invited = await stranger.get("/invite/abc", headers={"accept": "application/json"})
    assert invited.status_code == 404
    assert invited.json()["error"]


async def test_the_profile_needs_a_token_and_its_scope(town: Any) -> None:
    alice = await town.account("alice")
    stranger, other = await town.client(), await town.client(alice, scopes="read:statuses write:statuses")
    calls = [("GET", PATH), ("PATCH", PATH), ("GET", "/api/v1/emails/check_confirmation")]
    calls.append(("POST", "/api/v1/emails/confirmations"))
    for method, path in calls:
        assert (await stranger.request(method, path)).status_code == 401, path
        assert (await other.request(method, path)).status_code == 403, path
    assert (await (await town.client(alice, scopes="profile")).get(PATH)).status_code == 200


async def test_a_name_turns_nothing_and_stays_on_its_line(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    typed = {
        "display_name": " Al\u202eice\n A.\u200b ",
        "fields_attributes": [{"name": "a\u2067b", "value": "c"}],
    }
    shown = (await client.patch("/api/v1/accounts/update_credentials", json=typed)).json()
    assert (shown["display_name"], shown["fields"][0]["name"]) == ("Alice A.", "ab")


def film(into: str) -> bytes:
    data = io.BytesIO()
    frames = [Image.new("RGB", (60, 60), colour) for colour in ("red", "green", "blue")]
    frames[0].save(data, into, save_all=True, append_images=frames[1:], duration=100)
    return data.getvalue()


async def frames_of(client: httpx.AsyncClient, address: str) -> int:
    answer = await client.get(address)
    assert answer.status_code == 200, address
    with Image.open(io.BytesIO(answer.content)) as image:
        return int(getattr(image, "n_frames", 1))


@pytest.mark.parametrize("into", ["GIF", "WEBP"])
async def test_a_picture_that_moves_has_one_that_does_not(town: Any, into: str) -> None:
    client = await town.client(await town.account("alice"))
    files = {
        name: (f"me.{into.lower()}", film(into), f"image/{into.lower()}") for name in ("avatar", "header")
    }
    for entity in (
        (await client.patch("/api/v1/accounts/update_credentials", files=files)).json(),
        (await client.get(PATH)).json(),
        (await (await town.client()).get("/api/v1/accounts/lookup?acct=alice")).json(),
    ):
        for name in ("avatar", "header"):
            assert await frames_of(client, entity[name]) == 3
            assert await frames_of(client, entity[f"{name}_static"]) == 1
    plain = (await client.patch(PATH, files={"avatar": ("me.png", png(), "image/png")})).json()
    assert plain["avatar_static"] == plain["avatar"]
    removed = (await client.delete("/api/v1/profile/header")).json()
    assert removed["header_static"] == removed["header"] == "https://oak.example/static/header.png"


async def test_what_is_decided_while_a_picture_arrives_stands(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    decisions: list[Measure] = ["silence", "sensitive", "suspend"]

    async def slowly(body: bytes) -> AsyncIterator[bytes]:
        """A picture for which the member takes so long that somebody moderates them meanwhile."""
        yield body[:100]
        await moderate.take(town.ctx, alice.id, decisions.pop(0), Decision(by=None))
        yield body[100:]

    async def send() -> int:
        form = httpx.Request("PATCH", "https://x/", data={"note": "still here"}, files={"avatar": png()})
        headers = {"content-type": form.headers["content-type"]}
        body = await form.aread()
        answer: httpx.Response = await client.patch(PATH, content=slowly(body), headers=headers)
        return answer.status_code

    assert [await send() for _ in range(3)] == [200, 200, 403]
    found = await account_rows.by_id(town.ctx.db, alice.id)
    assert found is not None
    assert None not in (found.silenced_at, found.sensitized_at, found.suspended_at)


async def test_of_two_changes_at_once_neither_is_lost(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"display_name":'
        await client.patch(PATH, json={"note": "grows leeks"})
        yield b'"Alice"}'

    await client.patch(PATH, content=slowly(), headers={"content-type": "application/json"})
    told = (await client.get(PATH)).json()
    assert (told["display_name"], told["note"]) == ("Alice", "grows leeks")


async def test_pictures_that_no_profile_shows_go_off_the_disk(town: Any) -> None:
    client = await town.client(await town.account("alice"))

    async def kept() -> int:
        return int((await town.ctx.storage.usage()).files)

    async def sent(**form: Any) -> int:
        files = {name: (name, data) for name, data in form.items() if isinstance(data, bytes)}
        data = {name: text for name, text in form.items() if isinstance(text, str)}
        answer = await client.patch(PATH, data=data, files=files)
        return int(answer.status_code)

    assert (await sent(avatar=png(), header=png()), await kept()) == (200, 2)
    assert (await sent(avatar=png()), await kept()) == (200, 2), "the former one is gone"
    assert (await sent(avatar=png(), display_name="x" * 500), await kept()) == (422, 2)
    assert (await sent(avatar=png(), header=b"no picture"), await kept()) == (422, 2)
    assert await asyncio.gather(*(sent(avatar=png()) for _ in range(5))) == [200] * 5
    assert await kept() == 2, "nor is anything left where several come at once"
    assert (await client.delete(f"{PATH}/avatar")).status_code == 200
    assert await kept() == 1
    assert (await client.get((await client.get(PATH)).json()["header"])).status_code == 200


async def test_pictures_of_who_is_deleted_go_off_the_disk(town: Any) -> None:
    alice = await town.account("alice")
    client = await town.client(alice)
    await client.patch(PATH, files={"avatar": ("a", png()), "header": ("h", png())})
    for deed in (
        moderate.take(town.ctx, alice.id, "suspend", Decision(by=None)),
        moderate.delete(town.ctx, alice.id, Decision(by=None)),
    ):
        assert (await town.ctx.storage.usage()).files == 2
        await deed
        await town.settle()
    assert (await town.ctx.storage.usage()).files == 0
