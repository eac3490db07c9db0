import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fediserver.media.blurhash import ALPHABET, average, encode, render, valid

SIDE = 32


def pixels(text: str, side: int = SIDE) -> list[tuple[int, int, int]]:
    with Image.open(io.BytesIO(render(text, side, side))) as image:
        assert image.size == (side, side)
        raw = image.convert("RGB").tobytes()
    return list(zip(raw[::3], raw[1::3], raw[2::3], strict=True))


def _digits(number: int, length: int) -> str:
    return "".join(ALPHABET[number // 83**place % 83] for place in reversed(range(length)))


@pytest.mark.parametrize(("level", "packed"), [(b"\x00", 0), (b"\xff", 0xFFFFFF)])
def test_black_and_white_by_hand(level: bytes, packed: int) -> None:
    # 4x3 components: 3 + 2 * 9 = 21 = "L"; no waves, so the scale is "0" and each of the eleven is (9, 9, 9).
    waves = _digits(9 * 361 + 9 * 19 + 9, 2) * 11
    assert waves[:2] == "fQ"
    assert encode(level * 3 * SIDE * SIDE, SIDE, SIDE) == "L0" + _digits(packed, 4) + waves


@given(st.tuples(*[st.integers(0, 255)] * 3))
@settings(max_examples=15, deadline=None)
def test_one_colour_stays_that_colour(colour: tuple[int, int, int]) -> None:
    text = encode(bytes(colour) * 64, 8, 8)
    assert len(text) == 28
    assert average(text) == colour
    assert all(abs(a - b) <= 1 for pixel in pixels(text, 8) for a, b in zip(pixel, colour, strict=True))


def test_a_gradient_comes_back_alike() -> None:
    drawn = bytes(value for y in range(SIDE) for x in range(SIDE) for value in (x * 8, y * 8, 128))
    restored = pixels(encode(drawn, SIDE, SIDE))
    errors = [
        abs(value - drawn[3 * number + channel])
        for number, pixel in enumerate(restored)
        for channel, value in enumerate(pixel)
    ]
    assert sum(errors) / len(errors) < 12


def test_the_example_that_is_known_everywhere() -> None:
    text = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
    assert valid(text)
    # "HV6n" is 9,934,485 = 0x979695.
    assert average(text) == (151, 150, 149)
    assert len(set(pixels(text))) > 100


@pytest.mark.parametrize(
    "text", ["", "L", "LEHV6nWB2yk8pyo0adR*.7kCMdn", "LEHV6nWB2yk8pyo0adR*.7kCMdnj0", "\u00e9" * 28]
)
def test_other_texts_are_refused(text: str) -> None:
    assert not valid(text)
    with pytest.raises(ValueError, match="not a blurhash"):
        render(text)


@given(st.text(ALPHABET, min_size=1, max_size=170))
@settings(max_examples=60)
def test_any_text_is_rendered_or_refused(text: str) -> None:
    if valid(text):
        assert render(text, 4, 4).startswith(b"\x89PNG")
    else:
        with pytest.raises(ValueError, match="not a blurhash"):
            render(text, 4, 4)


def test_a_rendering_is_bounded() -> None:
    with Image.open(io.BytesIO(render("L00000fQfQfQfQfQfQfQfQfQfQfQ", 10**9, 0))) as image:
        assert image.size == (64, 1)


def test_the_number_of_pixels_must_fit() -> None:
    with pytest.raises(ValueError, match="width"):
        encode(b"123", 2, 1)
