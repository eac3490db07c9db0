"""Video, moving GIFs and sound, from upload to post: https://docs.joinmastodon.org/methods/media/."""

import asyncio
import io
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from PIL import Image

from fediserver.media import encoding
from fediserver.web.api import media as endpoints
from tests import films
from tests.uploads import failed, fetched, files, png, ready, send

needs_ffmpeg = pytest.mark.needs_tool("ffmpeg")


@pytest.fixture
async def client(town: Any) -> httpx.AsyncClient:
    made: httpx.AsyncClient = await town.client(await town.account("alice"))
    return made


@needs_ffmpeg
async def test_a_film_goes_from_upload_to_post(town: Any, client: httpx.AsyncClient) -> None:
    sent = films.film("mp4")
    file = await ready(town, client, sent, description="a test card", focus="0.5,-0.5")
    assert (file["type"], file["description"]) == ("video", "a test card")
    original = file["meta"]["original"]
    assert (original["width"], original["height"], original["frame_rate"]) == (320, 240, "10/1")
    assert 0.9 < original["duration"] < 1.2
    assert original["bitrate"] > 0
    assert file["meta"]["small"] == {"width": 320, "height": 240, "size": "320x240", "aspect": 1.333333}
    assert file["meta"]["focus"] == {"x": 0.5, "y": -0.5}
    assert file["blurhash"]
    kept = films.probed(await fetched(client, file["url"], "video/mp4"))
    # Copied, not encoded anew: the pictures are the same bytes.
    assert [one["codec_name"] for one in kept["streams"]] == ["h264", "aac"]
    assert kept["streams"][0]["bit_rate"] == films.probed(sent)["streams"][0]["bit_rate"]
    with Image.open(io.BytesIO(await fetched(client, file["preview_url"], "image/jpeg"))) as picture:
        assert picture.size == (320, 240)
    status = await client.post("/api/v1/statuses", json={"status": "look", "media_ids": [file["id"]]})
    assert status.json()["media_attachments"] == [file]
    assert (await client.get(f"/api/v1/media/{file['id']}")).status_code == 404
    assert len(files(town)) == 2


@needs_ffmpeg
async def test_what_apps_do_not_play_is_encoded_anew(town: Any, client: httpx.AsyncClient) -> None:
    file = await ready(town, client, films.film("webm"))
    assert file["type"] == "video"
    kept = films.probed(await fetched(client, file["url"], "video/mp4"))
    assert [one["codec_name"] for one in kept["streams"]] == ["h264", "aac"]
    assert kept["streams"][0]["pix_fmt"] == "yuv420p"


@needs_ffmpeg
async def test_the_length_of_what_a_browser_recorded_is_found_out(
    town: Any, client: httpx.AsyncClient
) -> None:
    file = await ready(town, client, films.recorded_film())
    assert 0.9 < file["meta"]["original"]["duration"] < 1.2
    assert len(files(town)) == 2


@needs_ffmpeg
async def test_a_film_of_a_telephone_is_upright_and_tells_no_place(
    town: Any, client: httpx.AsyncClient
) -> None:
    file = await ready(town, client, films.phone_film())
    assert (file["meta"]["original"]["width"], file["meta"]["original"]["height"]) == (240, 320)
    data = await fetched(client, file["url"], "video/mp4")
    assert b"48.8577" not in data
    assert b"Secret" not in data
    kept = films.probed(data)
    assert not set(kept["format"]["tags"]) - {
        "major_brand",
        "minor_version",
        "compatible_brands",
    }
    with Image.open(io.BytesIO(await fetched(client, file["preview_url"], "image/jpeg"))) as picture:
        assert picture.size == (240, 320)


@needs_ffmpeg
async def test_a_moving_gif_becomes_a_silent_film_and_a_still_one_stays(
    town: Any, client: httpx.AsyncClient
) -> None:
    file = await ready(town, client, films.gif())
    assert file["type"] == "gifv"
    assert file["url"].endswith(".mp4")
    still = io.BytesIO()
    Image.new("P", (20, 20)).save(still, "GIF")
    answer = await send(client, still.getvalue())
    assert (answer.status_code, answer.json()["type"]) == (200, "image")


@needs_ffmpeg
@pytest.mark.parametrize(("seconds", "kind"), [(1, "gifv"), (encoding.LOOP_SECONDS + 5, "video")])
async def test_a_short_film_without_sound_is_a_gifv(
    town: Any, client: httpx.AsyncClient, seconds: int, kind: str
) -> None:
    file = await ready(town, client, films.film("mp4", size="64x48", rate=2, seconds=seconds, sound=False))
    assert file["type"] == kind


@needs_ffmpeg
@pytest.mark.parametrize(
    ("suffix", "options", "mime"),
    [
        ("mp3", (), "audio/mpeg"),
        ("m4a", (), "audio/mp4"),
        ("ogg", ("-c:a", "libopus"), "audio/mpeg"),
        ("wav", (), "audio/mpeg"),
    ],
)
async def test_sound_is_kept_or_becomes_mp3_and_tells_nothing(
    town: Any, client: httpx.AsyncClient, suffix: str, options: tuple[str, ...], mime: str
) -> None:
    told = (
        "-metadata",
        "location=secret place",
        "-metadata",
        "artist=secret name",
        "-metadata",
        "title=secret",
    )
    sent = films.sound(suffix, *options, *told)
    assert b"secret" in sent
    file = await ready(town, client, sent)
    assert (file["type"], file["preview_url"], file["blurhash"]) == ("audio", None, None)
    assert 0.9 < file["meta"]["original"]["duration"] < 1.2
    assert file["meta"]["original"]["bitrate"] > 0
    data = await fetched(client, file["url"], mime)
    assert b"secret" not in data
    assert [one["codec_type"] for one in films.probed(data)["streams"]] == ["audio"]


@needs_ffmpeg
async def test_the_cover_in_a_sound_file_stands_for_it(town: Any, client: httpx.AsyncClient) -> None:
    file = await ready(town, client, films.with_cover())
    assert file["type"] == "audio"
    assert (file["meta"]["small"]["width"], file["meta"]["small"]["height"]) == (120, 80)
    with Image.open(io.BytesIO((await client.get(file["preview_url"])).content)) as picture:
        red, green, _ = picture.convert("RGB").resize((1, 1)).tobytes()
    assert red > 200
    assert green < 60
    assert b"secret" not in await fetched(client, file["url"], "audio/mpeg")


@needs_ffmpeg
async def test_a_thumbnail_stands_for_it_from_the_start_and_may_be_changed(
    town: Any, client: httpx.AsyncClient
) -> None:
    waiting = (await send(client, films.film("mp4"), thumbnail=png())).json()
    assert waiting["preview_url"]
    path = f"/api/v1/media/{waiting['id']}"
    changed = await client.put(path, files={"thumbnail": ("b.png", png("red"), "image/png")})
    assert changed.status_code == 206
    told = await client.put(path, json={"description": "told early", "focus": "0.25,0"})
    assert told.status_code == 206
    await town.settle()
    file = (await client.get(path)).json()
    assert file["preview_url"] == changed.json()["preview_url"] != waiting["preview_url"]
    assert file["meta"]["small"]["size"] == "60x30"
    assert file["meta"]["original"]["width"] == 320
    assert (file["description"], file["meta"]["focus"]["x"]) == ("told early", 0.25)
    assert (await client.get(waiting["preview_url"])).status_code == 404
    again = await client.put(path, files={"thumbnail": ("c.png", png("green"), "image/png")})
    assert again.status_code == 200
    assert again.json()["preview_url"] != file["preview_url"]
    assert (
        await client.put(path, files={"thumbnail": ("c.png", b"nothing", "image/png")})
    ).status_code == 422
    assert (await send(client, films.film("mp4"), thumbnail=b"nothing")).status_code == 422
    await town.settle()
    assert len(files(town)) == 2


@needs_ffmpeg
async def test_what_is_not_ready_cannot_be_posted(town: Any, client: httpx.AsyncClient) -> None:
    file = (await send(client, films.film("mp4"))).json()
    for wanted in ({}, {"scheduled_at": "2030-01-01T00:00:00Z"}):
        answer = await client.post("/api/v1/statuses", json={"media_ids": [file["id"]]} | wanted)
        assert answer.status_code == 422
        assert "finished processing" in answer.json()["error"]


@needs_ffmpeg
async def test_a_film_stands_alone_in_its_post(town: Any, client: httpx.AsyncClient) -> None:
    film = await ready(town, client, films.film("mp4"))
    picture = (await send(client, png())).json()
    answer = await client.post("/api/v1/statuses", json={"media_ids": [film["id"], picture["id"]]})
    assert answer.status_code == 422
    assert "together" in answer.json()["error"]


@needs_ffmpeg
async def test_the_first_version_waits(town: Any, client: httpx.AsyncClient) -> None:
    asking = asyncio.create_task(send(client, films.film("mp4"), version="v1"))
    while not asking.done():
        await town.settle()
        await asyncio.sleep(0.05)
    answer = await asking
    assert answer.status_code == 200
    assert answer.json()["url"]
    broken = asyncio.create_task(send(client, films.film("mp4")[:5000], version="v1"))
    while not broken.done():
        await town.settle()
        await asyncio.sleep(0.05)
    assert (await broken).status_code == 422


@needs_ffmpeg
async def test_the_first_version_does_not_wait_for_ever(
    town: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "WAIT_SECONDS", 0.0)
    answer = await send(client, films.film("mp4"), version="v1")
    assert (answer.status_code, answer.json()["url"]) == (202, None)


@needs_ffmpeg
@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
        + b"#EXTM3U\n#EXT-X-TARGETDURATION:1\nfile:///etc/passwd",
        b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"ffconcat version 1.0\nfile /etc/passwd\n",
    ],
)
async def test_what_only_begins_like_a_film_fails(town: Any, client: httpx.AsyncClient, data: bytes) -> None:
    assert "damaged" in await failed(town, client, data)


@needs_ffmpeg
async def test_half_a_film_fails(town: Any, client: httpx.AsyncClient) -> None:
    whole = films.film("mp4", "-movflags", "+faststart")
    assert "damaged" in await failed(town, client, films.film("mp4")[: len(whole) // 2])
    assert (await ready(town, client, whole))["type"] == "video"


@pytest.mark.parametrize(
    "data", [b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", b"ffconcat version 1.0\nfile /etc/passwd\n"]
)
async def test_a_playlist_is_refused_at_once(town: Any, client: httpx.AsyncClient, data: bytes) -> None:
    answer = await send(client, data)
    assert answer.status_code == 422
    assert "MP4" in answer.json()["error"]


@needs_ffmpeg
async def test_limits_of_length_pixels_and_frames(
    town: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "pixels" in await failed(town, client, films.film("mp4", size="3842x2162", rate=1))
    assert "frames a second" in await failed(town, client, films.film("mp4", size="64x48", rate=200))
    monkeypatch.setattr(encoding, "VIDEO_SECONDS", 3)
    monkeypatch.setattr(encoding, "AUDIO_SECONDS", 3)
    assert "too long" in await failed(town, client, films.film("mp4", size="64x48", rate=2, seconds=5))
    assert "too long" in await failed(town, client, films.sound("mp3", seconds=5))


@needs_ffmpeg
async def test_too_large_a_film_is_refused(open_town: Any) -> None:
    town = await open_town("elm.example", video_limit="20K")
    client = await town.client(await town.account("alice"))
    answer = await send(client, films.film("mp4", size="640x480"))
    assert answer.status_code == 413
    assert "20480 bytes" in answer.json()["error"]
    # Small as a FLAC, but not as an MP3.
    silence = films.made("flac", "-f", "lavfi", "-i", "anullsrc=duration=600", "-frame_size", "32768")
    assert len(silence) < 20_480
    assert "too large" in await failed(town, client, silence)
    shown = (await client.get("/api/v2/instance")).json()["configuration"]["media_attachments"]
    assert shown["video_size_limit"] == 20_480


async def test_a_node_may_take_no_video(open_town: Any) -> None:
    town = await open_town("elm.example", video_limit="0")
    client = await town.client(await town.account("alice"))
    answer = await send(client, b"\x00\x00\x00\x18ftypisom" + bytes(20))
    assert answer.status_code == 422
    assert "takes no video" in answer.json()["error"]


async def test_without_ffmpeg_video_is_refused_and_not_announced(
    town: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = await send(client, b"\x00\x00\x00\x18ftypisom" + bytes(20))
    assert answer.status_code == 422
    assert "ffmpeg is not installed" in answer.json()["error"]
    moving = io.BytesIO()
    frames = [Image.new("P", (20, 20), colour) for colour in (1, 2)]
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    kept = await send(client, moving.getvalue())
    assert (kept.status_code, kept.json()["type"]) == (200, "image")
    for version in ("v1", "v2"):
        shown = (await client.get(f"/api/{version}/instance")).json()["configuration"]["media_attachments"]
        assert not [one for one in shown["supported_mime_types"] if not one.startswith("image/")]
        assert shown["video_size_limit"] == 0


@needs_ffmpeg
async def test_with_ffmpeg_video_is_announced(town: Any, client: httpx.AsyncClient) -> None:
    for version in ("v1", "v2"):
        shown = (await client.get(f"/api/{version}/instance")).json()["configuration"]["media_attachments"]
        assert {"video/mp4", "video/quicktime", "audio/mpeg", "audio/ogg"} <= set(
            shown["supported_mime_types"]
        )
        assert shown["video_size_limit"] == 99 << 20
        assert (shown["video_matrix_limit"], shown["video_frame_rate_limit"]) == (3840 * 2160, 120)


@needs_ffmpeg
async def test_a_film_is_served_in_ranges(town: Any, client: httpx.AsyncClient) -> None:
    url = (await ready(town, client, films.film("mp4")))["url"]
    whole = (await client.get(url)).content
    first = await client.get(url, headers={"range": "bytes=0-1"})
    assert (first.status_code, first.content) == (206, whole[:2])
    assert first.headers["content-range"] == f"bytes 0-1/{len(whole)}"
    assert first.headers["accept-ranges"] == "bytes"
    assert first.headers["content-type"] == "video/mp4"
    assert first.headers["x-content-type-options"] == "nosniff"
    # Opened by itself it is played; anything else it may not do.
    assert first.headers["content-security-policy"] == "default-src 'none'; media-src 'self'"
    end = await client.get(url, headers={"range": "bytes=-10"})
    assert (end.status_code, end.content) == (206, whole[-10:])
    beyond = await client.get(url, headers={"range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"].endswith(f"*/{len(whole)}")
    head = await client.head(url, headers={"range": "bytes=0-1"})
    assert (head.status_code, head.content) == (206, b"")


@needs_ffmpeg
async def test_other_servers_are_told_what_it_is(town: Any, client: httpx.AsyncClient) -> None:
    file = await ready(town, client, films.film("mp4"), description="a test card")
    status = (await client.post("/api/v1/statuses", json={"media_ids": [file["id"]]})).json()
    stranger = await town.client()
    told = await stranger.get(status["uri"], headers={"accept": "application/activity+json"})
    (document,) = orjson.loads(told.content)["attachment"]
    assert document["type"] == "Document"
    assert (document["mediaType"], document["url"]) == ("video/mp4", file["url"])
    assert (document["width"], document["height"], document["name"]) == (320, 240, "a test card")
    assert document["blurhash"] == file["blurhash"]
    assert document["duration"].startswith("PT1")
    assert document["icon"] == {"type": "Image", "url": file["preview_url"]}
