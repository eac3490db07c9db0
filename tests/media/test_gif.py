import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fediserver.media import gif


def drawn(count: int) -> bytes:
    frames = [Image.new("RGB", (40, 30), (number * 40, 80, 0)) for number in range(count)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], comment=b"x" * 600, loop=0)
    return out.getvalue()


@pytest.mark.parametrize(("count", "moving"), [(1, False), (2, True), (5, True)])
def test_a_gif_moves_when_it_has_a_second_picture(count: int, moving: bool) -> None:
    assert gif.moves(io.BytesIO(drawn(count))) is moving


def test_what_is_cut_off_before_its_second_picture_does_not_move() -> None:
    whole = drawn(2)
    moving = [gif.moves(io.BytesIO(whole[:length])) for length in range(len(whole) + 1)]
    # From some length on, and then always.
    assert moving == sorted(moving)
    assert moving[-1]
    assert not moving[60]


@pytest.mark.parametrize("block", [b"\x21\xfe\x00", b"\x21\xfe" + b"\x01x" * 300 + b"\x00"])
def test_what_hides_its_second_picture_behind_many_blocks_is_not_read_to_its_end(block: bytes) -> None:
    whole = drawn(2)
    head, rest = whole[: 13 + (3 << (whole[10] & 7) + 1)], whole[13 + (3 << (whole[10] & 7) + 1) :]
    assert gif.moves(io.BytesIO(head + block * 10 + rest))
    endless = io.BytesIO(head + block * (3_000_000 // len(block)) + rest)
    assert not gif.moves(endless)
    assert endless.tell() < 1_000_000


@given(st.binary(max_size=200))
def test_nothing_makes_it_fail(data: bytes) -> None:
    assert gif.moves(io.BytesIO(data)) is False
    assert gif.moves(io.BytesIO(b"GIF89a" + data)) in (True, False)
