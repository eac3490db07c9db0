"""Blurhash: a picture's colours in some thirty characters (https://blurha.sh, its algorithm description)."""

import math
import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
COMPONENTS_X, COMPONENTS_Y = 4, 3
MAX_SIDE = 64
"""A rendered blurhash is stretched by whoever shows it: more pixels carry nothing more."""

Colour = tuple[float, float, float]

_DIGIT = {character: number for number, character in enumerate(ALPHABET)}
_LINEAR = [
    value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in range(256)
]


def encode(pixels: bytes, width: int, height: int) -> str:
    """The 4x3 blurhash of 8-bit RGB pixels, row by row; meant for pictures of about 32 x 32."""
    if not width or not height or len(pixels) != 3 * width * height:
        raise ValueError("pixels must be width * height * 3 bytes")
    factors = _factors([_LINEAR[value] for value in pixels], width, height)
    average, rest = factors[0], factors[1:]
    largest = max(abs(value) for colour in rest for value in colour)
    scale = max(0, min(82, math.floor(largest * 166 - 0.5)))
    hashed = _digits((COMPONENTS_X - 1) + (COMPONENTS_Y - 1) * 9, 1) + _digits(scale, 1)
    hashed += _digits(_packed(average), 4)
    return hashed + "".join(_digits(_quantised(colour, (scale + 1) / 166), 2) for colour in rest)


def valid(text: str) -> bool:
    """Whether a stranger's text is a blurhash."""
    if not 6 <= len(text) <= 166 or any(character not in _DIGIT for character in text):
        return False
    across, down = _components(text)
    return len(text) == 4 + 2 * across * down


def average(text: str) -> tuple[int, int, int]:
    """The mean colour (red, green, blue: 0-255) that a blurhash carries. ValueError when it is none."""
    if not valid(text):
        raise ValueError("not a blurhash")
    packed = _number(text[2:6])
    return packed >> 16 & 255, packed >> 8 & 255, packed & 255


def render(text: str, width: int = 32, height: int = 32) -> bytes:
    """A PNG of a blurhash, at most 64 pixels each way. ValueError when it is none."""
    red, green, blue = average(text)
    across, down = _components(text)
    width, height = max(1, min(width, MAX_SIDE)), max(1, min(height, MAX_SIDE))
    scale = (_DIGIT[text[1]] + 1) / 166
    colours: list[Colour] = [(_LINEAR[red], _LINEAR[green], _LINEAR[blue])]
    colours += [_restored(_number(text[at : at + 2]), scale) for at in range(6, len(text), 2)]
    waves_x, waves_y = _waves(width, across), _waves(height, down)
    rows = bytearray()
    for y in range(height):
        # Sums over the vertical waves first: a row then costs `across` products per pixel.
        line = [
            [
                sum(colours[j * across + i][channel] * waves_y[j][y] for j in range(down))
                for i in range(across)
            ]
            for channel in range(3)
        ]
        rows.append(0)
        for x in range(width):
            rows += bytes(_srgb(sum(part[i] * waves_x[i][x] for i in range(across))) for part in line)
    return _png(bytes(rows), width, height)


def _factors(linear: Sequence[float], width: int, height: int) -> list[Colour]:
    """The picture's cosine components, the vertical ones outermost; the first is the mean."""
    waves_x, waves_y = _waves(width, COMPONENTS_X), _waves(height, COMPONENTS_Y)
    channels = [linear[channel::3] for channel in range(3)]
    # Rows first, then columns: the sum is separable.
    sums = [
        [
            [math.fsum(map(float.__mul__, plane[y * width : (y + 1) * width], wave)) for y in range(height)]
            for wave in waves_x
        ]
        for plane in channels
    ]
    factors: list[Colour] = []
    for j, down in enumerate(waves_y):
        for i in range(COMPONENTS_X):
            weight = (1 if i == j == 0 else 2) / (width * height)
            red, green, blue = (weight * math.fsum(map(float.__mul__, sums[c][i], down)) for c in range(3))
            factors.append((red, green, blue))
    return factors


@lru_cache(maxsize=32)
def _waves(length: int, count: int) -> tuple[tuple[float, ...], ...]:
    # Taken in the middle of each pixel, where the waves of a plain colour cancel out exactly; the
    # published encoder takes its left edge, and nobody sees the difference when it is decoded.
    return tuple(
        tuple(math.cos(math.pi * n * (at + 0.5) / length) for at in range(length)) for n in range(count)
    )


def _components(text: str) -> tuple[int, int]:
    flag = _DIGIT[text[0]]
    return flag % 9 + 1, flag // 9 + 1


def _digits(number: int, length: int) -> str:
    return "".join(ALPHABET[number // 83**place % 83] for place in reversed(range(length)))


def _number(text: str) -> int:
    number = 0
    for character in text:
        number = number * 83 + _DIGIT[character]
    return number


def _packed(colour: Colour) -> int:
    red, green, blue = (_srgb(value) for value in colour)
    return red << 16 | green << 8 | blue


def _quantised(colour: Colour, scale: float) -> int:
    red, green, blue = (
        max(0, min(18, math.floor(math.copysign(abs(value / scale) ** 0.5, value) * 9 + 9.5)))
        for value in colour
    )
    return (red * 19 + green) * 19 + blue


def _restored(number: int, scale: float) -> Colour:
    red, green, blue = (
        math.copysign(((part - 9) / 9) ** 2, part - 9) * scale
        for part in (number // 361, number // 19 % 19, number % 19)
    )
    return red, green, blue


def _srgb(linear: float) -> int:
    value = max(0.0, min(1.0, linear))
    return int((value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055) * 255 + 0.5)


def _png(rows: bytes, width: int, height: int) -> bytes:
    """Rows of 8-bit RGB, each behind its filter byte, as a file (PNG specification, section 11)."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
