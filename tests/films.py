"""Video and sound for tests, made by ffmpeg when they are needed."""

import functools
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

PICTURE = "testsrc2=size={size}:rate={rate}:duration={seconds}"
TONE = ("-f", "lavfi", "-i", "sine=duration={seconds}")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_IDENTITY = bytes.fromhex("00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000")
_TURNED = bytes.fromhex("00000000 00010000 00000000 ffff0000 00000000 00000000 00000000 00000000 40000000")


@functools.cache
def film(
    suffix: str, *options: str, size: str = "320x240", rate: int = 10, seconds: float = 1, sound: bool = True
) -> bytes:
    """A film with a moving test card, and a tone unless it is silent."""
    tone = (*_filled(TONE, seconds), "-c:a", "libopus" if suffix == "webm" else "aac") if sound else ()
    coded = ("-c:v", "libvpx", "-deadline", "realtime") if suffix == "webm" else H264
    card = ("-f", "lavfi", "-i", PICTURE.format(size=size, rate=rate, seconds=seconds))
    # The tone's encoder comes after both inputs.
    inputs, encoders = (*card, *tone[:4]), (*coded, *tone[4:])
    return made(suffix, *inputs, *encoders, *options)


@functools.cache
def gif(seconds: float = 1, rate: int = 5) -> bytes:
    return made("gif", "-f", "lavfi", "-i", PICTURE.format(size="64x48", rate=rate, seconds=seconds))


@functools.cache
def sound(suffix: str, *options: str, seconds: float = 1) -> bytes:
    return made(suffix, *_filled(TONE, seconds), *options)


@functools.cache
def with_cover(suffix: str = "mp3") -> bytes:
    """A sound file with a title and a red cover."""
    red = ("-f", "lavfi", "-i", "color=red:size=120x80:rate=1:duration=1")
    kept = ("-map", "0", "-map", "1", "-frames:v", "1", "-c:v", "png", "-disposition:v", "attached_pic")
    return made(suffix, *_filled(TONE, 1), *red, *kept, "-metadata", "title=secret title")


@functools.cache
def recorded_film() -> bytes:
    """A WebM as browsers record it: written as it came, without a word of its length."""
    with tempfile.NamedTemporaryFile(suffix=".webm") as file:
        file.write(film("webm"))
        file.flush()
        command = ["ffmpeg", "-v", "error", "-i", file.name, "-c", "copy", "-live", "1", "-f", "webm", "-"]
        data = subprocess.run(command, check=True, capture_output=True).stdout
    assert "duration" not in probed(data)["format"]
    return data


def phone_film() -> bytes:
    """A QuickTime film that lies on its side and tells where it was taken."""
    told = ("-metadata", "location=+48.8577+002.2950/", "-metadata", "make=Secret Phone")
    data = film("mov", *told)
    assert b"+48.8577" in data
    track = data.index(b"tkhd")
    place = data.index(_IDENTITY, track)
    return data[:place] + _TURNED + data[place + len(_IDENTITY) :]


def made(suffix: str, *arguments: str) -> bytes:
    """What ffmpeg makes of these arguments."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"made.{suffix}"
        subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments, str(path)], check=True)
        return path.read_bytes()


def probed(data: bytes) -> Any:
    """What ffprobe says of a file: format with tags, streams with codecs."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        done = subprocess.run(
            ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", file.name],
            check=True,
            capture_output=True,
        )
    return json.loads(done.stdout)


def _filled(words: tuple[str, ...], seconds: float) -> tuple[str, ...]:
    return tuple(word.format(seconds=seconds) for word in words)
