"""The fixed list of file types: how each is recognised, named and shown."""

from typing import Literal

import msgspec

AttachmentKind = Literal["image", "gifv", "video", "audio", "unknown"]
"""`type` of a MediaAttachment: https://docs.joinmastodon.org/entities/MediaAttachment/#type"""


class Kind(msgspec.Struct, frozen=True):
    """A file type: media type, suffix of stored files, and what an attachment of it is called."""

    mime: str
    suffix: str
    attachment: AttachmentKind


KINDS = {
    kind.mime: kind
    for kind in (
        Kind("image/jpeg", ".jpg", "image"),
        Kind("image/png", ".png", "image"),
        Kind("image/gif", ".gif", "image"),
        Kind("image/webp", ".webp", "image"),
        Kind("image/avif", ".avif", "image"),
        Kind("video/mp4", ".mp4", "video"),
        Kind("video/webm", ".webm", "video"),
        Kind("video/quicktime", ".mov", "video"),
        Kind("audio/mpeg", ".mp3", "audio"),
        Kind("audio/mp4", ".m4a", "audio"),
        Kind("audio/ogg", ".ogg", "audio"),
        Kind("audio/flac", ".flac", "audio"),
        Kind("audio/wav", ".wav", "audio"),
    )
}
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif")
"""What may be uploaded everywhere."""
VIDEO_AND_AUDIO = (
    "video/mp4",
    "video/quicktime",
    "video/webm",
    "audio/mpeg",
    "audio/mp3",
    "audio/mp4",
    "audio/m4a",
    "audio/x-m4a",
    "audio/ogg",
    "audio/vorbis",
    "audio/opus",
    "audio/webm",
    "audio/flac",
    "audio/x-flac",
    "audio/wav",
    "audio/wave",
    "audio/x-wav",
    "audio/vnd.wave",
)
"""What may be uploaded besides where there is ffmpeg, under all the names that browsers have for it."""

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xfa", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
}
# Photographs of telephones: the same container as video, but no video.
_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def sniff(head: bytes) -> str | None:
    """The media type that the first 16 bytes of a file claim, or None for all that is not in the list."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return None if brand in _HEIF else _BRANDS.get(brand, "video/mp4")
    return next((mime for magic, mime in _MAGIC if head.startswith(magic)), None)


def attachment_kind(mime: str) -> AttachmentKind:
    """What an attachment with this media type is called; also for remote files, whose type is only claimed."""
    known = KINDS.get(mime)
    if known is not None:
        return known.attachment
    family = mime.partition("/")[0]
    return "video" if family == "video" else "audio" if family == "audio" else "unknown"
