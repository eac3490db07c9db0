"""Tells a moving GIF from a still one without decoding either: https://www.w3.org/Graphics/GIF/spec-gif89a.txt."""

from typing import IO

_EXTENSION = 0x21
_IMAGE = 0x2C
_STEPS = 100_000
"""Blocks that are looked at: enough for a first picture of 25 MB."""
_HEADER_BYTES = 13
_IMAGE_BYTES = 9


def moves(file: IO[bytes]) -> bool:
    """Whether a file, read from its start, soon has a second picture; False for what is no whole GIF so far."""
    header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or header[:6] not in (b"GIF87a", b"GIF89a"):
        return False
    _pass_colours(file, header[10])
    pictures = steps = 0
    while steps < _STEPS and (kind := file.read(1)):
        if kind[0] == _EXTENSION:
            file.read(1)
        elif kind[0] == _IMAGE:
            pictures += 1
            described = file.read(_IMAGE_BYTES)
            if pictures == 2 or len(described) < _IMAGE_BYTES:
                return pictures == 2
            _pass_colours(file, described[8])
            file.read(1)
        else:
            return False
        steps += 1 + _pass_blocks(file, _STEPS - steps)
    return False


def _pass_colours(file: IO[bytes], flags: int) -> None:
    if flags & 0x80:
        file.read(3 << ((flags & 7) + 1))


def _pass_blocks(file: IO[bytes], most: int) -> int:
    """How many there were. Each has its length in front; one without any ends them, and so does the file's end."""
    for passed in range(most):
        length = file.read(1)
        if not length or length[0] == 0:
            return passed
        file.read(length[0])
    return most
