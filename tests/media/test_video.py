"""What ffmpeg makes of files, and what it is not brought to do."""

from pathlib import Path

import pytest

from fediserver.errors import Invalid
from fediserver.media.kinds import sniff
from fediserver.media.video import Converted, Converter
from tests import films

pytestmark = pytest.mark.needs_tool("ffmpeg")


async def converted(folder: Path, data: bytes) -> Converted:
    source = folder / "source"
    source.write_bytes(data)
    mime = sniff(data[:16])
    assert mime is not None
    return await Converter(largest=99 << 20).convert(source, mime, lambda name: folder / name)


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("ogg", ("-c:a", "libvorbis")),
        ("webm", ("-c:a", "libopus")),
        ("flac", ()),
        ("mp3", ("-ac", "1", "-ar", "8000")),
    ],
)
async def test_sound_of_any_accepted_kind_is_taken(
    tmp_path: Path, suffix: str, options: tuple[str, ...]
) -> None:
    made = await converted(tmp_path, films.sound(suffix, *options, "-metadata", "location=secret"))
    assert (made.kind, made.mime, made.suffix) == ("audio", "audio/mpeg", ".mp3")
    assert b"secret" not in made.part.read_bytes()


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "flac"])
async def test_a_cover_is_handed_out_and_is_no_film(tmp_path: Path, suffix: str) -> None:
    made = await converted(tmp_path, films.with_cover(suffix))
    assert made.kind == "audio"
    assert made.still is not None
    assert made.still.read_bytes().startswith(b"\x89PNG")
    assert [one["codec_type"] for one in films.probed(made.part.read_bytes())["streams"]] == ["audio"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x1aE\xdf\xa3" + bytes(500),
        b"OggS" + b"\xff" * 500,
        b"ID3" + b"\x00" * 500,
        b"RIFF\xff\xff\xff\xffWAVE" + b"fmt " * 100,
        b"fLaC" + b"\x7f" * 300,
    ],
)
async def test_what_only_begins_right_is_damaged(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Invalid, match="damaged"):
        await converted(tmp_path, data)


async def test_no_list_of_other_files_is_followed_whatever_it_is_taken_for(tmp_path: Path) -> None:
    other = tmp_path / "secret.mp4"
    other.write_bytes(films.film("mp4"))
    source = tmp_path / "source"
    for text in (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\nfile://{other}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile {other}\n",
    ):
        source.write_text(text)
        for mime in ("video/mp4", "video/webm", "audio/mpeg", "audio/ogg", "image/gif"):
            with pytest.raises(Invalid, match="damaged"):
                await Converter(largest=99 << 20).convert(source, mime, lambda name: tmp_path / name)


async def test_texts_and_further_tracks_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "words.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nsecret words\n")
    source = tmp_path / "source.mp4"
    source.write_bytes(films.film("mp4"))
    both = ("-i", str(source), "-i", str(tmp_path / "words.srt"))
    maps = ("-map", "0", "-map", "0:a", "-map", "1", "-c", "copy", "-c:s", "mov_text")
    sent = films.made("mp4", *both, *maps)
    assert len(films.probed(sent)["streams"]) == 4
    made = films.probed((await converted(tmp_path, sent)).part.read_bytes())
    assert [one["codec_type"] for one in made["streams"]] == ["video", "audio"]


async def test_a_film_without_a_tone_of_an_old_camera_is_encoded(tmp_path: Path) -> None:
    sent = films.made(
        "mov",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=321x241:rate=25:duration=1",
        "-c:v",
        "mjpeg",
        "-pix_fmt",
        "yuvj422p",
    )
    made = await converted(tmp_path, sent)
    assert (made.kind, made.meta["width"], made.meta["height"]) == ("gifv", 320, 240)
