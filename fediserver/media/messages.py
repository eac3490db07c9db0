"""What the node and its image worker say to each other: MessagePack behind a length of four bytes."""

from typing import Literal

import msgspec

Purpose = Literal["attachment", "avatar", "header", "emoji", "preview"]
"""What a picture is for; `preview` is the picture of a link card."""

LENGTH_BYTES = 4
MESSAGE_BYTES = 256 << 20
"""No message is longer; the worker's memory limit lies above it."""


class Job(msgspec.Struct, frozen=True):
    """A picture to process: a file by its path, else so many bytes that follow the message.

    They are no part of it, because that would copy them twice.
    """

    purpose: Purpose
    path: str | None
    size: int


class Picture(msgspec.Struct, frozen=True, tag=True):
    """A processed picture and its still preview, both without metadata; sizes in pixels.

    For all but attachments the preview has the original's size, and is the same bytes unless it is animated.
    """

    original: bytes
    mime: str
    width: int
    height: int
    preview: bytes
    preview_mime: str
    preview_width: int
    preview_height: int
    blurhash: str
    animated: bool


class Failure(msgspec.Struct, frozen=True, tag=True):
    """Why a picture was not processed, for the person who sent it."""

    text: str


Answer = Picture | Failure


def frame(message: Job | Answer) -> bytes:
    """A message as it is written to the pipe."""
    content = msgspec.msgpack.encode(message)
    return len(content).to_bytes(LENGTH_BYTES, "big") + content
