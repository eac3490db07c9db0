import pytest

from fediserver.media import video
from fediserver.media.kinds import KINDS, PICTURES, VIDEO_AND_AUDIO, attachment_kind, sniff


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x20ftypavif", "image/avif"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x20ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"\xff\xf3\x84\xc4", "audio/mpeg"),
        (b"#EXTM3U\n#EXTINF:", None),
        (b"ffconcat version", None),
        (b"\x00\x00\x00\x20ftypheic", None),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"OggS", "audio/ogg"),
        (b"<svg xmlns=", None),
        (b"<!DOCTYPE html>", None),
        (b'{"@context":', None),
        (b"%PDF-1.7", None),
        (b"", None),
    ],
)
def test_types_are_known_by_their_first_bytes(head: bytes, mime: str | None) -> None:
    assert sniff(head) == mime


def test_every_accepted_picture_is_an_image_with_a_suffix() -> None:
    assert all(KINDS[mime].attachment == "image" and KINDS[mime].suffix.startswith(".") for mime in PICTURES)


def test_what_is_no_picture_is_announced_under_all_its_names() -> None:
    films = {mime for mime, kind in KINDS.items() if kind.attachment != "image"}
    assert films <= set(VIDEO_AND_AUDIO)
    assert all(attachment_kind(mime) in ("video", "audio") for mime in VIDEO_AND_AUDIO)


def test_attachments_of_strangers_are_named_by_what_they_claim() -> None:
    claimed = [
        "image/png",
        "video/mp4",
        "video/x-unheard",
        "audio/x-unheard",
        "image/svg+xml",
        "text/html",
        "",
    ]
    assert [attachment_kind(mime) for mime in claimed] == [
        "image",
        "video",
        "video",
        "audio",
        "unknown",
        "unknown",
        "unknown",
    ]


def test_whatever_is_no_picture_has_a_format_that_it_is_read_by() -> None:
    films = {mime for mime, kind in KINDS.items() if kind.attachment != "image"}
    assert set(video._FORMATS) == films | {"image/gif"}
