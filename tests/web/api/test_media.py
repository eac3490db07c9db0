"""Files of posts."""

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from fediserver.actions import upload
from fediserver.web.api.media import focal_point


def png(width: int = 60, height: int = 30) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, height), (20, 120, 20)).save(data, "PNG")
    return data.getvalue()


async def send(client: httpx.AsyncClient, version: str = "v2", **fields: str) -> httpx.Response:
    return await client.post(
        f"/api/{version}/media", files={"file": ("a.png", png(), "image/png")}, data=fields
    )


async def test_a_picture_goes_from_upload_to_post(town: Any) -> None:
    alice = await town.account("alice")
    client, stranger = await town.client(alice), await town.client()
    answer = await send(client, description="a leek", focus="0.5,-2")
    assert answer.status_code == 200, answer.text
    file = answer.json()
    assert (file["type"], file["description"]) == ("image", "a leek")
    assert file["meta"]["focus"] == {"x": 0.5, "y": -1.0}
    assert file["meta"]["original"]["width"] == 60
    path = f"/api/v1/media/{file['id']}"
    assert (await client.get(path)).json() == file
    changed = await client.put(path, json={"description": "two leeks"})
    assert (changed.json()["description"], changed.json()["meta"]["focus"]["x"]) == ("two leeks", 0.5)
    status = (await client.post("/api/v1/statuses", json={"media_ids": [file["id"]]})).json()
    assert [one["id"] for one in status["media_attachments"]] == [file["id"]]
    assert (await client.get(path)).status_code == 404
    shown = (await stranger.get(f"/api/v1/accounts/{alice.id}/statuses?only_media=true")).json()
    assert shown[0]["media_attachments"][0]["description"] == "two leeks"
    change = {"id": file["id"], "description": "three leeks", "focus": "0,0"}
    edited = await client.put(
        f"/api/v1/statuses/{status['id']}",
        json={"status": "now with words", "media_ids": [file["id"]], "media_attributes": [change]},
    )
    assert edited.json()["media_attachments"][0]["description"] == "three leeks"
    history = (await stranger.get(f"/api/v1/statuses/{status['id']}/history")).json()
    assert len(history[0]["media_attachments"]) == 1


async def test_of_what_is_in_no_post_only_so_much_is_kept(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client, other = [await town.client(await town.account(name)) for name in ("alice", "bob")]
    monkeypatch.setattr(upload, "UNUSED_OF_ONE", 1)
    file = (await send(client)).json()
    refused = await send(client)
    assert refused.status_code == 429
    assert "in no post yet" in refused.json()["error"]
    assert (await send(other)).status_code == 200
    assert (await client.post("/api/v1/statuses", json={"media_ids": [file["id"]]})).status_code == 200
    assert (await send(client)).status_code == 200


@pytest.mark.parametrize("empty", [{"json": {"media_ids": []}}, {"data": {"media_ids[]": ""}}])
async def test_an_edit_keeps_the_files_that_it_says_nothing_of(town: Any, empty: dict[str, Any]) -> None:
    client = await town.client(await town.account("alice"))
    file = (await send(client)).json()
    wish = {"status": "See", "media_ids": [file["id"]]}
    path = f"/api/v1/statuses/{(await client.post('/api/v1/statuses', json=wish)).json()['id']}"
    kept = (await client.put(path, data={"status": "See here"})).json()
    assert [one["id"] for one in kept["media_attachments"]] == [file["id"]]
    poll = {"options": ["leek", "beet"], "expires_in": 600}
    assert (await client.put(path, json={"poll": poll})).status_code == 422
    gone = (await client.put(path, **empty)).json()
    assert (gone["content"], gone["media_attachments"]) == ("<p>See here</p>", [])


async def test_nobody_else_gets_at_an_upload(town: Any) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    file = (await send(await town.client(alice), "v1")).json()
    other = await town.client(bob)
    assert (await other.get(f"/api/v1/media/{file['id']}")).status_code == 404
    assert (await other.delete(f"/api/v1/media/{file['id']}")).status_code == 404
    used = await other.post("/api/v1/statuses", json={"status": "x", "media_ids": [file["id"]]})
    assert used.status_code == 422


async def test_an_upload_can_be_taken_back(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    file = (await send(client)).json()
    assert (await client.delete(f"/api/v1/media/{file['id']}")).json() == {}
    assert (await client.get(f"/api/v1/media/{file['id']}")).status_code == 404


async def test_what_is_no_picture_is_refused(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    for data in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", png()[:60]):
        answer = await client.post("/api/v2/media", files={"file": ("a.png", data, "image/png")})
        assert answer.status_code in (400, 422)
    assert (await client.post("/api/v2/media", data={"description": "nothing"})).status_code == 400
    assert (await send(client, focus="north")).status_code == 422


@pytest.mark.parametrize("text", ["1", "a,b", "nan,0", "inf,1", ","])
def test_a_focus_is_two_numbers(text: str) -> None:
    with pytest.raises(Exception, match="focus"):
        focal_point(text)


def test_no_focus_is_none() -> None:
    assert focal_point("") is None
    assert focal_point(None) is None
    assert focal_point("-3,0.25") == (-1.0, 0.25)


async def test_with_a_post_its_files_may_go_at_once(town: Any) -> None:
    client = await town.client(await town.account("alice"))
    for query, left in (("", 200), ("?delete_media=false", 200), ("?delete_media=true", 404)):
        file = (await send(client)).json()
        wish = {"status": "See", "media_ids": [file["id"]]}
        path = f"/api/v1/statuses/{(await client.post('/api/v1/statuses', json=wish)).json()['id']}"
        assert (await client.delete(f"{path}?delete_media=perhaps")).status_code == 422
        assert (await client.delete(f"{path}{query}")).json()["media_attachments"][0]["id"] == file["id"]
        assert (await client.get(f"/api/v1/media/{file['id']}")).status_code == left
        on_disk = town.ctx.storage.path(file["url"].partition("/media/")[2])
        assert on_disk.exists() is (left == 200)
