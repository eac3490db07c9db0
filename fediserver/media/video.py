"""Video, moving GIFs and sound, made by ffmpeg into what apps and browsers play, with nothing that tells of people.

ffmpeg and ffprobe are programs of the system, if they are there; docs/decisions/0025-video.md says why so. A file is
read by the one demuxer that its first bytes ask for, and by decoders of a list: no playlist, no script of other
files, no address is ever followed.
"""

import asyncio
import contextlib
import logging
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from fediserver.errors import Invalid
from fediserver.media import child, encoding
from fediserver.media.child import Bounds, Overrun, Ran
from fediserver.media.encoding import DAMAGED, Facts, Made, Recipe

log = logging.getLogger(__name__)

NO_FFMPEG = "This node takes no video and no sound, for ffmpeg is not installed on it; send a picture instead"
SWITCHED_OFF = "This node takes no video and no sound; send a picture instead"
SECONDS = 1800.0
"""For one step with one file."""
LOOK_SECONDS = 30.0
MEMORY_BYTES = 1 << 30
STILL_AT = 1.0
"""Seconds from the start: films often begin in the dark."""

_FORMATS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "audio/mp4": "mov",
    "video/webm": "matroska",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/wav": "wav",
    "image/gif": "gif",
}
# Formats by the names under which the program lists them.
_DEMUXERS = {one: one for one in _FORMATS.values()} | {
    "mov": "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska": "matroska,webm",
}
# Names of decoders. Those of texts decode nothing: ffprobe gives a file up that has a stream which it may not open.
_CODECS = (
    "h264,hevc,vp8,vp9,av1,libdav1d,libaom-av1,mpeg4,h263,mjpeg,png,bmp,webp,gif,"
    "aac,mp3,mp3float,opus,libopus,vorbis,libvorbis,flac,alac,ac3,eac3,amrnb,amrwb,libopencore_amrnb,"
    "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_f32le,pcm_u8,pcm_mulaw,pcm_alaw,"
    "mov_text,subrip,srt,webvtt,text,ass"
)
_SHOWN = (
    "format=duration,bit_rate:stream=index,codec_type,codec_name,profile,pix_fmt,width,height,sample_aspect_ratio,"
    "avg_frame_rate,duration,channels:stream_disposition=attached_pic:stream_side_data=rotation"
)
_OVER_TIME = 128 + signal.SIGXCPU
_OVER_SIZE = 128 + signal.SIGXFSZ

Part = Callable[[str], Path]
"""From the name of a part of what is being made to where it is written."""


class Tools(NamedTuple):
    """Where the two programs lie."""

    ffmpeg: str
    ffprobe: str


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """What was made, in a part that is not settled yet; `still` is a part that holds a picture for its preview."""

    kind: Made
    mime: str
    suffix: str
    part: Path
    meta: dict[str, object]
    still: Path | None


class Converter:
    """Makes one file at a time, however many ask; each step within its limits of time, memory and size.

    `largest` bounds uploads and what is made of them, in bytes; with 0 none is taken.
    """

    def __init__(self, *, largest: int, seconds: float = SECONDS) -> None:
        self.largest = largest
        self._seconds = seconds
        self._turn = asyncio.Lock()

    @property
    def is_there(self) -> bool:
        """Whether video and sound can be taken."""
        return self.largest > 0 and _tools() is not None

    def demand(self) -> Tools:
        """Where the programs are; Invalid, with the reason, where no video and no sound is taken."""
        if self.largest <= 0:
            raise Invalid(SWITCHED_OFF)
        found = _tools()
        if found is None:
            raise Invalid(NO_FFMPEG)
        return found

    async def convert(self, source: Path, mime: str, part: Part) -> Converted:
        """Make a file that plays everywhere of one whose first bytes claim that type.

        Invalid, with what to do, when it is damaged or over a limit. `part` names where to write; what lies there
        afterwards is the caller's to settle or remove, whatever comes of it.
        """
        tools = self.demand()
        async with self._turn:
            work = _Work(tools, self.largest, self._seconds, part)
            try:
                return await work.convert(source, _FORMATS[mime])
            except Overrun as error:
                raise Invalid("The file took too long to process; make it shorter or smaller") from error


class _Work:
    """All that is done with one file."""

    def __init__(self, tools: Tools, largest: int, seconds: float, part: Part) -> None:
        self._tools = tools
        self._largest = largest
        self._seconds = seconds
        self._part = part

    async def convert(self, source: Path, demuxer: str) -> Converted:
        found = encoding.facts(await self._look(source, demuxer))
        if not found.seconds and demuxer == "matroska":
            # So browsers record. How well it may be encoded depends on how long it is.
            source = await self._whole(source, demuxer)
            found = encoding.facts(await self._look(source, demuxer))
        recipe, made_part = await self._make(found, source, demuxer)
        made = encoding.facts(await self._look(made_part, recipe.demuxer))
        still = await self._still(made, made_part, recipe) if made.video else None
        if made.video is None and found.cover is not None:
            still = await self._cover(found.cover, source, demuxer)
        return Converted(
            kind=recipe.kind,
            mime=recipe.mime,
            suffix=recipe.suffix,
            part=made_part,
            meta=made.meta,
            still=still,
        )

    async def _make(self, found: Facts, source: Path, demuxer: str) -> tuple[Recipe, Path]:
        ways = encoding.recipes(found, demuxer, self._largest)
        for recipe in ways:
            part = self._part(recipe.suffix[1:])
            try:
                await self._ffmpeg((*_input(source, demuxer), *recipe.arguments, _file(part)))
            except Invalid:
                # What cannot be copied may yet be decoded.
                if recipe is ways[-1]:
                    raise
            else:
                return recipe, part
        raise Invalid(DAMAGED)

    async def _whole(self, source: Path, demuxer: str) -> Path:
        copied = self._part("whole")
        await self._ffmpeg((*_input(source, demuxer), *encoding.whole(_file(copied))))
        return copied

    async def _look(self, file: Path, demuxer: str) -> encoding.Probed:
        command = (self._tools.ffprobe, "-v", "error", *_reading(demuxer), "-show_entries", _SHOWN)
        seconds = min(LOOK_SECONDS, self._seconds)
        ran = await child.run((*command, "-of", "json=c=1", _file(file)), self._bounds(seconds))
        _check(ran, "ffprobe")
        return encoding.read(ran.output)

    async def _still(self, made: Facts, part: Path, recipe: Recipe) -> Path:
        """A frame of the film that was made: that it can be drawn also shows that the film is whole so far."""
        drawn = self._part("jpg")
        late = STILL_AT if recipe.kind == "video" and made.seconds > 3 * STILL_AT else 0.0
        before, after = encoding.still(made, late, _file(drawn))
        await self._ffmpeg((*before, *_input(part, recipe.demuxer), *after))
        if not drawn.stat().st_size:
            raise Invalid(DAMAGED)
        return drawn

    async def _cover(self, stream: encoding.Stream, source: Path, demuxer: str) -> Path | None:
        taken = self._part("cover")
        with contextlib.suppress(Invalid):
            await self._ffmpeg((*_input(source, demuxer), *encoding.cover(stream, _file(taken))))
            return taken
        return None

    async def _ffmpeg(self, arguments: Sequence[str]) -> None:
        command = (self._tools.ffmpeg, "-v", "error", "-nostdin", "-y", "-filter_threads", "1", *arguments)
        _check(await child.run(command, self._bounds(self._seconds)), "ffmpeg")

    def _bounds(self, seconds: float) -> Bounds:
        return Bounds(
            seconds=seconds,
            cpu_seconds=max(1, int(seconds)),
            memory=MEMORY_BYTES,
            # A container may be a little larger than what is in it.
            file_bytes=self._largest + self._largest // 8 + (1 << 20),
        )


def _tools() -> Tools | None:
    ffmpeg, ffprobe = shutil.which("ffmpeg"), shutil.which("ffprobe")
    return Tools(ffmpeg, ffprobe) if ffmpeg and ffprobe else None


def _reading(demuxer: str) -> tuple[str, ...]:
    """How a stranger's file is read, whatever it says of itself."""
    formats = ("-format_whitelist", _DEMUXERS[demuxer], "-codec_whitelist", _CODECS, "-f", demuxer)
    # As it is by default: the tracks of a film may say that what is in them lies in another file.
    more = ("-enable_drefs", "0") if demuxer == "mov" else ()
    return ("-protocol_whitelist", "file", *formats, *more)


def _input(file: Path, demuxer: str) -> tuple[str, ...]:
    return ("-threads", encoding.THREADS, *_reading(demuxer), "-i", _file(file))


def _file(path: Path) -> str:
    """The path as the programs are to take it: never as an address, an option or a pattern."""
    return f"file:{path}"


def _check(ran: Ran, program: str) -> None:
    if ran.code == 0:
        return
    log.info("%s ended with %d: %r", program, ran.code, ran.complaint[-500:])
    if ran.code == _OVER_TIME:
        raise Overrun
    if ran.code == _OVER_SIZE or "File too large" in ran.complaint:
        raise Invalid("The file is too large once it is encoded; make it shorter or smaller")
    raise Invalid(DAMAGED)
