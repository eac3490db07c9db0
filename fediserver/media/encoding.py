"""From what ffprobe says of a file to what ffmpeg is to do with it: pure, so that it can be tried without either."""

import math
from fractions import Fraction
from typing import Literal

import msgspec

from fediserver.errors import Invalid

VIDEO_SECONDS = 20 * 60
AUDIO_SECONDS = 3 * 3600
PIXELS = 3840 * 2160
"""Width times height of a video that is taken."""
LONGEST_SIDE = 8192
FRAME_RATE = 120
"""Frames a second of a video that is taken."""
MADE_PIXELS = ((2_000_000, 1920 * 1080), (700_000, 1280 * 720), (0, 854 * 480))
"""How many pixels a video that is encoded here may have, by the bits a second that fit into its greatest size."""
MADE_SIDE = 4096
MADE_FRAME_RATE = 60
LOOP_SECONDS = 30
"""A video without sound that is no longer is shown like a moving picture."""
PREVIEW_PIXELS = 640 * 360
THREADS = "2"
DAMAGED = "The file is damaged, or coded in a way that is not read here; save it anew, as MP4 (H.264 and AAC) or as MP3"

_KBIT = 1000
_MOST_BITS = 1 << 40
_AUDIO_STEPS = (192, 160, 128, 96, 64, 48, 32)
_VIDEO_SOUND = 128 * _KBIT
_LEAST_VIDEO = 100 * _KBIT
_ROOM = 0.92
"""The part of the greatest size that the streams may fill."""
_H264_PROFILES = frozenset({"Constrained Baseline", "Baseline", "Main", "High"})
_PLAIN_PIXELS = frozenset({"yuv420p", "yuvj420p"})
_NO_METADATA = ("-map_metadata", "-1", "-map_chapters", "-1", "-dn", "-sn", "-fflags", "+bitexact")
_SQUARE = Fraction(1)

Made = Literal["video", "gifv", "audio"]


class Disposition(msgspec.Struct, frozen=True):
    """What a stream is for."""

    attached_pic: int = 0


class SideData(msgspec.Struct, frozen=True):
    """How a video is to be turned, in degrees."""

    rotation: float = 0


class Stream(msgspec.Struct, frozen=True):
    """A stream as ffprobe prints it; what is not known is missing."""

    index: int
    codec_type: str = ""
    codec_name: str = ""
    profile: str = ""
    pix_fmt: str = ""
    width: int = 0
    height: int = 0
    sample_aspect_ratio: str = ""
    avg_frame_rate: str = ""
    duration: str = ""
    channels: int = 0
    disposition: Disposition = Disposition()
    side_data_list: list[SideData] = []


class Container(msgspec.Struct, frozen=True):
    """The file as a whole."""

    duration: str = ""
    bit_rate: str = ""


class Probed(msgspec.Struct, frozen=True):
    """What ffprobe prints."""

    streams: list[Stream] = []
    format: Container = Container()


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is within the limits: its streams, seconds (0 where unknown), upright size, frames a second."""

    video: Stream | None
    audio: Stream | None
    cover: Stream | None
    seconds: float
    bit_rate: int
    width: int
    height: int
    frame_rate: Fraction

    @property
    def meta(self) -> dict[str, object]:
        """`meta.original` of a MediaAttachment."""
        times: dict[str, object] = {"duration": round(self.seconds, 6), "bitrate": self.bit_rate}
        if self.video is None:
            return times
        rate = f"{self.frame_rate.numerator}/{self.frame_rate.denominator}"
        return {"width": self.width, "height": self.height, "frame_rate": rate} | times


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What ffmpeg is told after its input, and what comes of it."""

    kind: Made
    mime: str
    suffix: str
    demuxer: str
    arguments: tuple[str, ...]


def read(printed: bytes) -> Probed:
    """What ffprobe has printed; Invalid where that is nothing."""
    try:
        return msgspec.json.decode(printed, type=Probed)
    except msgspec.DecodeError as error:
        raise Invalid(DAMAGED) from error


def facts(probed: Probed) -> Facts:
    """The facts of a file; Invalid when it holds nothing to see or hear, or is over a limit."""
    video = _first(probed, "video", attached=0)
    audio = _first(probed, "audio", attached=0)
    if video is None and audio is None:
        raise Invalid(DAMAGED)
    width, height, rate = (0, 0, Fraction(0)) if video is None else _seen(video)
    known = [_number(probed.format.duration), *(_number(one.duration) for one in (video, audio) if one)]
    found = Facts(
        video=video,
        audio=audio,
        cover=_first(probed, "video", attached=1),
        seconds=known[0] or max(known),
        bit_rate=int(min(_number(probed.format.bit_rate), _MOST_BITS)),
        width=width,
        height=height,
        frame_rate=rate,
    )
    _check_length(found)
    return found


def _check_length(found: Facts) -> None:
    """Raise Invalid when a file lasts too long."""
    most = VIDEO_SECONDS if found.video else AUDIO_SECONDS
    if found.seconds > most + 0.5:
        what, bound = (
            ("video", f"{most // 60} minutes") if found.video else ("sound", f"{most // 3600} hours")
        )
        raise Invalid(f"The {what} is too long: at most {bound}; cut it and send it again")


def recipes(found: Facts, demuxer: str, largest: int) -> list[Recipe]:
    """How to make a file that apps and browsers play and that has at most `largest` bytes: the ways to try, in order.

    What they play as it is, is only put into a fresh container.
    """
    if found.video is None:
        return _audio(found, demuxer, largest)
    return _video(found, found.video, demuxer, largest)


def whole(into: str) -> tuple[str, ...]:
    """What ffmpeg is told to copy a film that was written as it came, so that its length is known."""
    return ("-map", "0:v?", "-map", "0:a?", "-c", "copy", *_NO_METADATA, "-f", "matroska", into)


def still(found: Facts, at: float, into: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What ffmpeg is told before and after its input to draw the frame at a time (seconds) as a small JPEG."""
    width, height = fitted(found.width, found.height, PREVIEW_PIXELS)
    drawn = f"scale={width}:{height},setsar=1,format=yuvj420p"
    picture = ("-frames:v", "1", "-vf", drawn, "-c:v", "mjpeg", "-q:v", "3", "-f", "mjpeg", into)
    return ("-ss", f"{at:g}"), ("-map", "0:v:0", "-an", *_NO_METADATA, *picture)


def cover(stream: Stream, into: str) -> tuple[str, ...]:
    """What ffmpeg is told to hand out the picture that lies in a sound file, as it is."""
    return (
        "-map",
        f"0:{stream.index}",
        "-c",
        "copy",
        "-frames:v",
        "1",
        *_NO_METADATA,
        "-f",
        "rawvideo",
        into,
    )


def fitted(width: int, height: int, pixels: int) -> tuple[int, int]:
    """A size of that shape with at most so many pixels, both sides even."""
    scale = min(1.0, math.sqrt(pixels / (width * height)), MADE_SIDE / max(width, height))
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


def _video(found: Facts, stream: Stream, demuxer: str, largest: int) -> list[Recipe]:
    is_loop = found.audio is None and 0 < found.seconds <= LOOP_SECONDS
    kind: Made = "gifv" if is_loop or demuxer == "gif" else "video"
    maps = ("-map", f"0:{stream.index}", *(("-map", f"0:{found.audio.index}") if found.audio else ()))
    end = (*_NO_METADATA, "-t", str(VIDEO_SECONDS + 1), "-movflags", "+faststart", "-f", "mp4")
    coded = (*maps, *_h264(found, largest), *(_aac(found.audio) if found.audio else ()), *end)
    ways = [(*maps, "-c", "copy", *end)] if _plays_as_it_is(found, stream, demuxer) else []
    return [
        Recipe(kind=kind, mime="video/mp4", suffix=".mp4", demuxer="mov", arguments=way)
        for way in (*ways, coded)
    ]


def _plays_as_it_is(found: Facts, stream: Stream, demuxer: str) -> bool:
    return (
        demuxer == "mov"
        and stream.codec_name == "h264"
        and stream.profile in _H264_PROFILES
        and stream.pix_fmt in _PLAIN_PIXELS
        and _ratio(stream.sample_aspect_ratio) == _SQUARE
        and (found.audio is None or found.audio.codec_name in ("aac", "mp3"))
    )


def _h264(found: Facts, largest: int) -> tuple[str, ...]:
    fits = int(largest * 8 * _ROOM / max(1.0, found.seconds or VIDEO_SECONDS)) - _VIDEO_SOUND
    pixels = next((most for least, most in MADE_PIXELS if fits >= least), MADE_PIXELS[-1][1])
    width, height = fitted(found.width, found.height, pixels)
    rate = min(found.frame_rate or 30, MADE_FRAME_RATE)
    filters = [f"scale={width}:{height}", "setsar=1", "format=yuv420p"]
    if rate != found.frame_rate:
        filters.insert(0, f"fps={rate}")
    most = int(width * height * (2.5 if rate <= 30 else 4)) + 400 * _KBIT
    bits = max(_LEAST_VIDEO, min(most, fits))
    bounds = ("-maxrate", str(bits), "-bufsize", str(2 * bits), "-threads", THREADS)
    return ("-vf", ",".join(filters), "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", *bounds)


def _aac(stream: Stream) -> tuple[str, ...]:
    return ("-c:a", "aac", "-b:a", str(_VIDEO_SOUND), *_stereo(stream))


def _audio(found: Facts, demuxer: str, largest: int) -> list[Recipe]:
    stream = found.audio
    if stream is None:
        raise Invalid(DAMAGED)
    maps = ("-map", f"0:{stream.index}")
    limit = ("-t", str(AUDIO_SECONDS + 1))
    # No tag of any version: nothing is left of the names and places in the old ones.
    mp3 = (*_NO_METADATA, *limit, "-id3v2_version", "0", "-write_id3v1", "0", "-f", "mp3")
    fits = largest * 8 * _ROOM / max(1.0, found.seconds or AUDIO_SECONDS) / _KBIT
    bits = next((step for step in _AUDIO_STEPS if step <= fits), _AUDIO_STEPS[-1])
    coded = Recipe(
        kind="audio",
        mime="audio/mpeg",
        suffix=".mp3",
        demuxer="mp3",
        arguments=(*maps, "-c:a", "libmp3lame", "-b:a", f"{bits}k", *_stereo(stream), *mp3),
    )
    if stream.codec_name == "mp3":
        return [msgspec.structs.replace(coded, arguments=(*maps, "-c", "copy", *mp3)), coded]
    if demuxer == "mov" and stream.codec_name == "aac":
        kept = (*maps, "-c", "copy", *_NO_METADATA, *limit, "-movflags", "+faststart", "-f", "mp4")
        whole = Recipe(kind="audio", mime="audio/mp4", suffix=".m4a", demuxer="mov", arguments=kept)
        return [whole, coded]
    return [coded]


def _stereo(stream: Stream) -> tuple[str, ...]:
    return ("-ac", "2") if stream.channels > 2 else ()


def _first(probed: Probed, kind: str, *, attached: int) -> Stream | None:
    return next(
        (
            one
            for one in probed.streams
            if one.codec_type == kind and one.disposition.attached_pic == attached
        ),
        None,
    )


def _seen(video: Stream) -> tuple[int, int, Fraction]:
    """Width and height as they are shown, and frames a second; Invalid when there are too many."""
    width, height = video.width, video.height
    if width < 1 or height < 1:
        raise Invalid(DAMAGED)
    ratio = _ratio(video.sample_aspect_ratio)
    if ratio != _SQUARE:
        width = max(1, round(width * ratio))
    if any(round(one.rotation) % 180 == 90 for one in video.side_data_list):
        width, height = height, width
    if max(video.width * video.height, width * height) > PIXELS or max(width, height) > LONGEST_SIDE:
        raise Invalid("The video has too many pixels: at most 3840 × 2160; make it smaller and send it again")
    rate = _fraction(video.avg_frame_rate)
    if rate > FRAME_RATE + 1:
        raise Invalid(f"The video has too many frames a second: at most {FRAME_RATE}; save it with fewer")
    return width, height, rate


def _ratio(text: str) -> Fraction:
    """The shape of a pixel; what is not said, or absurd, is a square."""
    found = _fraction(text.replace(":", "/"))
    return found if Fraction(1, 8) <= found <= 8 else _SQUARE


def _fraction(text: str) -> Fraction:
    try:
        found = Fraction(text[:40])
    except (ValueError, ZeroDivisionError):
        return Fraction(0)
    return max(found, Fraction(0)).limit_denominator(1_000_000)


def _number(text: str) -> float:
    """What is no number, or below nothing, is 0."""
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return found if math.isfinite(found) and found > 0 else 0.0
