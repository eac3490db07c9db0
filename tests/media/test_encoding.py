"""What is decided about a file from what ffprobe says of it, whatever that is."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediserver.errors import Invalid
from fediserver.media import encoding
from fediserver.media.encoding import Facts, fitted, recipes

MIB = 1 << 20
FILM: dict[str, Any] = {
    "index": 0,
    "codec_type": "video",
    "codec_name": "h264",
    "profile": "High",
    "pix_fmt": "yuv420p",
    "width": 1280,
    "height": 720,
    "sample_aspect_ratio": "1:1",
    "avg_frame_rate": "30000/1001",
}
SOUND: dict[str, Any] = {"index": 1, "codec_type": "audio", "codec_name": "aac", "channels": 2}


def facts(*streams: dict[str, Any], duration: str = "12.5") -> Facts:
    printed = {"streams": streams, "format": {"duration": duration, "bit_rate": "800000"}}
    return encoding.facts(encoding.read(json.dumps(printed).encode()))


def arguments(found: Facts, demuxer: str = "mov", largest: int = 99 * MIB) -> list[str]:
    """The first way to make it."""
    return list(recipes(found, demuxer, largest)[0].arguments)


def after(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def test_what_plays_everywhere_is_copied() -> None:
    words = arguments(facts(FILM, SOUND))
    assert after(words, "-c") == "copy"
    assert words[:4] == ["-map", "0:0", "-map", "0:1"]


@pytest.mark.parametrize(
    "change",
    [
        {"codec_name": "hevc"},
        {"pix_fmt": "yuv420p10le"},
        {"profile": "High 4:4:4 Predictive"},
        {"sample_aspect_ratio": "4:3"},
    ],
)
def test_what_does_not_is_encoded(change: dict[str, Any]) -> None:
    assert after(arguments(facts(FILM | change, SOUND)), "-c:v") == "libx264"


def test_other_containers_and_sounds_are_encoded() -> None:
    assert "libx264" in arguments(facts(FILM, SOUND), "matroska")
    assert "libx264" in arguments(facts(FILM, SOUND | {"codec_name": "opus"}))


def test_every_way_drops_metadata_chapters_texts_and_data() -> None:
    for found, demuxer in ((facts(FILM, SOUND), "mov"), (facts(SOUND), "mov"), (facts(SOUND), "ogg")):
        for recipe in recipes(found, demuxer, 99 * MIB):
            words = list(recipe.arguments)
            assert after(words, "-map_metadata") == after(words, "-map_chapters") == "-1"
            assert {"-dn", "-sn"} <= set(words)


@pytest.mark.parametrize(("rotation", "size"), [(90, (720, 1280)), (-90, (720, 1280)), (180, (1280, 720))])
def test_a_film_is_as_large_as_it_is_shown(rotation: int, size: tuple[int, int]) -> None:
    found = facts(FILM | {"side_data_list": [{"side_data_type": "Display Matrix", "rotation": rotation}]})
    assert (found.width, found.height) == size


def test_pixels_that_are_not_square_are_made_so() -> None:
    found = facts(FILM | {"width": 720, "height": 576, "sample_aspect_ratio": "64:45"})
    assert (found.width, found.height) == (1024, 576)


def test_many_frames_become_sixty() -> None:
    assert "fps=60," in after(
        arguments(facts(FILM | {"codec_name": "hevc", "avg_frame_rate": "120/1"})), "-vf"
    )
    assert "fps" not in after(arguments(facts(FILM | {"codec_name": "hevc"})), "-vf")


def test_a_long_film_gets_what_fits() -> None:
    words = arguments(facts(FILM | {"codec_name": "hevc"}, SOUND, duration="1200"), largest=99 * MIB)
    assert int(after(words, "-maxrate")) * 1200 / 8 < 99 * MIB
    short = arguments(facts(FILM | {"codec_name": "hevc"}, SOUND, duration="10"))
    assert int(after(short, "-maxrate")) > int(after(words, "-maxrate"))


@pytest.mark.parametrize(
    ("duration", "size"), [("60", "1920:1080"), ("600", "1280:720"), ("1200", "852:480")]
)
def test_a_long_film_gets_fewer_pixels(duration: str, size: str) -> None:
    large = FILM | {"codec_name": "hevc", "width": 3840, "height": 2160}
    assert f"scale={size}" in after(arguments(facts(large, SOUND, duration=duration)), "-vf")


def test_a_long_sound_gets_what_fits() -> None:
    assert after(arguments(facts(SOUND, duration="60"), "ogg"), "-b:a") == "192k"
    assert after(arguments(facts(SOUND, duration="10800"), "ogg"), "-b:a") == "64k"


def test_silent_films_are_loops_when_they_are_short() -> None:
    assert recipes(facts(FILM, duration="30"), "mov", MIB)[0].kind == "gifv"
    assert recipes(facts(FILM, duration="31"), "mov", MIB)[0].kind == "video"
    assert recipes(facts(FILM, SOUND, duration="3"), "mov", MIB)[0].kind == "video"
    assert recipes(facts(FILM, duration="300"), "gif", MIB)[0].kind == "gifv"


def test_a_cover_is_no_film() -> None:
    picture = {"index": 1, "codec_type": "video", "codec_name": "png", "disposition": {"attached_pic": 1}}
    found = facts(SOUND | {"index": 0}, picture)
    assert found.video is None
    assert found.cover is not None
    assert recipes(found, "mp3", MIB)[0].kind == "audio"


@pytest.mark.parametrize(
    ("stream", "duration", "text"),
    [
        (FILM | {"width": 3842, "height": 2162}, "1", "pixels"),
        (FILM | {"width": 9000, "height": 10}, "1", "pixels"),
        (FILM | {"width": 1 << 20, "height": 1 << 20}, "1", "pixels"),
        (FILM | {"width": 1000, "height": 4000, "sample_aspect_ratio": "8:1"}, "1", "pixels"),
        (FILM | {"width": 0}, "1", "damaged"),
        (FILM | {"avg_frame_rate": "240/1"}, "1", "frames a second"),
        (FILM, "1201", "20 minutes"),
        (SOUND, "10801", "3 hours"),
        ({"index": 0, "codec_type": "subtitle"}, "1", "damaged"),
    ],
)
def test_what_is_over_a_limit_is_refused(stream: dict[str, Any], duration: str, text: str) -> None:
    with pytest.raises(Invalid, match=text):
        facts(stream, duration=duration)


@given(st.integers(1, 100_000), st.integers(1, 100_000), st.sampled_from((640 * 360, 1920 * 1080)))
def test_a_fitted_size_is_even_and_within_bounds(width: int, height: int, pixels: int) -> None:
    made = fitted(width, height, pixels)
    assert all(side >= 2 and side % 2 == 0 and side <= 4096 for side in made)
    assert made[0] * made[1] <= pixels or min(made) == 2


_WORDS = st.one_of(
    st.sampled_from(["0/0", "1:0", "nan", "inf", "-5", "1e400", "N/A", "30/1", "/", ":"]), st.text(max_size=8)
)
_STREAM = st.fixed_dictionaries(
    {"index": st.integers(0, 9)},
    optional={
        "codec_type": st.sampled_from(["video", "audio", "data", "subtitle"]),
        "codec_name": st.sampled_from(["h264", "aac", "mp3", "opus", ""]),
        "pix_fmt": st.sampled_from(["yuv420p", ""]),
        "profile": st.sampled_from(["High", ""]),
        "width": st.integers(-5, 1 << 40),
        "height": st.integers(-5, 1 << 40),
        "sample_aspect_ratio": _WORDS,
        "avg_frame_rate": _WORDS,
        "duration": _WORDS,
        "channels": st.integers(-1, 64),
        "side_data_list": st.lists(
            st.fixed_dictionaries({"rotation": st.floats(allow_nan=False, allow_infinity=False)})
        ),
    },
)


@given(
    st.lists(_STREAM, max_size=4), _WORDS, _WORDS, st.sampled_from(["mov", "matroska", "gif", "ogg", "mp3"])
)
def test_whatever_is_printed_is_refused_or_bounded(
    streams: list[dict[str, Any]], duration: str, bit_rate: str, demuxer: str
) -> None:
    printed = json.dumps(
        {"streams": streams, "format": {"duration": duration, "bit_rate": bit_rate}}
    ).encode()
    try:
        found = encoding.facts(encoding.read(printed))
    except Invalid:
        return
    assert found.width * found.height <= encoding.PIXELS
    orjson.dumps(found.meta)
    json.dumps(found.meta, allow_nan=False)
    for recipe in recipes(found, demuxer, 99 * MIB):
        assert "-t" in recipe.arguments
        assert all(isinstance(word, str) and "\0" not in word for word in recipe.arguments)


@pytest.mark.parametrize("printed", [b"", b"{", b"[]", b'{"streams": 3}', b'{"streams": [{"index": "x"}]}'])
def test_what_cannot_be_read_is_damaged(printed: bytes) -> None:
    with pytest.raises(Invalid, match="damaged"):
        encoding.read(printed)
