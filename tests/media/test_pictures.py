import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from fediserver.errors import Invalid
from fediserver.media.blurhash import average
from fediserver.media.messages import Picture, Purpose
from fediserver.media.pictures import PLANS, process

RED, BLUE, GREEN = (250, 10, 10), (10, 10, 250), (10, 250, 10)
ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F


def halves(width: int, height: int) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def saved(image: Image.Image, into: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, into, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def near(image: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    pixel = image.convert("RGB").getpixel(at)
    assert isinstance(pixel, tuple)
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True))


def check(picture: Picture) -> Image.Image:
    """The facts agree with the files; answers the original."""
    original, preview = opened(picture.original), opened(picture.preview)
    assert original.size == (picture.width, picture.height)
    assert preview.size == (picture.preview_width, picture.preview_height)
    assert Image.MIME[original.format or ""] == picture.mime
    assert Image.MIME[preview.format or ""] == picture.preview_mime
    assert len(picture.blurhash) == 28
    assert (
        picture.preview_width * picture.preview_height <= 640 * 360 or picture.width == picture.preview_width
    )
    return original


@pytest.mark.parametrize(
    ("into", "mime"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("GIF", "image/png"),
        ("WEBP", "image/webp"),
        ("AVIF", "image/jpeg"),
    ],
)
def test_each_format_becomes_one_of_ours(into: str, mime: str) -> None:
    picture = process(saved(halves(1200, 800), into), "attachment")
    assert (picture.mime, picture.preview_mime, picture.animated) == (mime, "image/jpeg", False)
    image = check(picture)
    assert image.size == (1200, 800)
    assert near(image, (100, 400), RED)
    assert near(image, (1100, 400), BLUE)


def test_places_and_cameras_are_removed() -> None:
    image = halves(400, 300)
    exif = image.getexif()
    exif[MAKER] = "SecretCamera"
    exif.get_ifd(GPS)[2] = (52.0, 31.0, 12.0)
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "SecretCamera")
    files = [
        saved(image, "JPEG", exif=exif, comment=b"SecretCamera", xmp=b"<x>SecretCamera</x>"),
        saved(image, "PNG", exif=exif, pnginfo=text),
        saved(image, "WEBP", exif=exif, xmp=b"<x>SecretCamera</x>"),
        saved(image, "GIF", comment=b"SecretCamera"),
        saved(
            image, "GIF", comment=b"SecretCamera", save_all=True, append_images=[halves(400, 300).rotate(180)]
        ),
    ]
    for data in files:
        assert b"SecretCamera" in data
        for purpose in PLANS:
            picture = process(data + b"SecretCamera behind the end", purpose)
            for part in (picture.original, picture.preview):
                assert b"SecretCamera" not in part
                assert not dict(opened(part).getexif())
                assert not {"exif", "comment", "xmp", "icc_profile", "Comment"} & set(opened(part).info)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("into", ["JPEG", "PNG", "WEBP"])
def test_pictures_stand_upright(orientation: int, into: str) -> None:
    upright = halves(320, 200)
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    lying = upright if undo is None else upright.transpose(undo)
    exif = lying.getexif()
    exif[ORIENTATION] = orientation
    picture = process(saved(lying, into, exif=exif), "attachment")
    image = check(picture)
    assert image.size == (320, 200)
    assert near(image, (40, 100), RED)
    assert near(image, (280, 100), BLUE)


@pytest.mark.parametrize("into", ["JPEG", "PNG"])
def test_lying_pictures_are_cut_as_they_will_stand(into: str) -> None:
    lying = halves(2000, 3200)
    exif = lying.getexif()
    exif[ORIENTATION] = 6
    picture = process(saved(lying, into, exif=exif), "header")
    image = check(picture)
    assert image.size == (1500, 500)
    assert near(image, (750, 20), RED)
    assert near(image, (750, 480), BLUE)


def test_large_pictures_shrink_to_the_bound() -> None:
    picture = process(saved(halves(6000, 2000), "JPEG"), "attachment")
    check(picture)
    assert 3840 * 2160 * 0.99 < picture.width * picture.height <= 3840 * 2160
    assert abs(picture.width / picture.height - 3) < 0.01
    assert picture.preview_width * picture.preview_height <= 640 * 360


@pytest.mark.parametrize(
    ("purpose", "size", "expected"),
    [
        ("avatar", (1000, 700), (400, 400)),
        ("avatar", (300, 100), (100, 100)),
        ("header", (3000, 3000), (1500, 500)),
        ("header", (600, 600), (600, 200)),
        ("emoji", (512, 256), (128, 64)),
        ("emoji", (20, 20), (20, 20)),
        ("preview", (1280, 720), (640, 360)),
        ("avatar", (5000, 1), (1, 1)),
        ("attachment", (30000, 2), (16383, 1)),
    ],
)
@pytest.mark.parametrize("into", ["JPEG", "PNG"])
def test_each_purpose_has_its_size(
    purpose: Purpose, size: tuple[int, int], expected: tuple[int, int], into: str
) -> None:
    picture = process(saved(halves(*size), into), purpose)
    check(picture)
    assert (picture.width, picture.height) == expected
    if purpose != "attachment":
        assert picture.preview == picture.original


def test_what_shines_through_stays_so() -> None:
    image = Image.new("RGBA", (900, 600), (0, 0, 0, 0))
    image.paste(RED, (0, 0, 300, 600))
    picture = process(saved(image, "PNG"), "attachment")
    found = check(picture)
    assert (picture.mime, found.mode, picture.preview_mime) == ("image/png", "RGBA", "image/webp")
    assert found.getpixel((800, 300)) == (0, 0, 0, 0)
    assert min(average(picture.blurhash)) > 100
    assert process(saved(image.convert("RGB"), "PNG"), "attachment").preview_mime == "image/jpeg"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
def test_every_mode_of_png(mode: str) -> None:
    if mode == "I;16":
        image = Image.frombytes("I;16", (64, 64), struct.pack("<H", 40_000) * 64 * 64)
    else:
        image = Image.new("L", (64, 64), 156).convert(mode)
    found = check(process(saved(image, "PNG"), "attachment"))
    if mode != "1":
        assert near(found, (5, 5), (156, 156, 156))


def test_cmyk_becomes_rgb() -> None:
    found = check(process(saved(halves(64, 64).convert("CMYK"), "JPEG"), "attachment"))
    assert found.mode == "RGB"
    assert near(found, (5, 5), RED)


def test_colour_profiles_are_applied_or_ignored() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for profile in (srgb, lab, b"rubbish"):
        found = check(process(saved(halves(64, 64), "PNG", icc_profile=profile), "attachment"))
        assert near(found, (5, 5), RED)


def film(into: str, frames: int = 4, size: tuple[int, int] = (120, 80), **options: object) -> bytes:
    pictures = [Image.new("RGB", size, colour) for colour in (RED, BLUE, GREEN)] * frames
    for number, picture in enumerate(pictures):
        picture.paste((number, number, number), (0, 0, 9, 9))
    return saved(
        pictures[0], into, save_all=True, append_images=pictures[1:frames], duration=120, loop=0, **options
    )


@pytest.mark.parametrize(
    ("into", "mime"), [("GIF", "image/gif"), ("WEBP", "image/webp"), ("PNG", "image/webp")]
)
def test_animations_go_on_moving(into: str, mime: str) -> None:
    picture = process(film(into, lossless=True), "attachment")
    assert (picture.mime, picture.animated, picture.preview_mime) == (mime, True, "image/jpeg")
    found = check(picture)
    assert getattr(found, "n_frames", 1) == 4
    for number, colour in enumerate((RED, BLUE, GREEN, RED)):
        found.seek(number)
        found.load()
        assert near(found, (60, 40), colour)
        assert found.info["duration"] == 120
    assert found.info["loop"] == 0


def test_few_colours_of_a_gif_stay_exact() -> None:
    found = check(process(film("GIF"), "attachment"))
    found.seek(1)
    assert found.convert("RGB").getpixel((60, 40)) == BLUE


def test_a_clear_gif_stays_clear() -> None:
    frames = []
    for at in (0, 40):
        frame = Image.new("RGBA", (80, 80), (0, 0, 0, 0))
        frame.paste(RED, (at, 0, at + 40, 80))
        frames.append(frame)
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100, disposal=2)
    found = check(process(data, "emoji"))
    found.seek(1)
    assert found.convert("RGBA").getpixel((10, 10)) == (0, 0, 0, 0)
    assert near(found, (60, 40), RED)


@pytest.mark.parametrize("into", ["GIF", "WEBP", "PNG"])
def test_moving_avatars_are_cut_and_have_a_still(into: str) -> None:
    picture = process(film(into, size=(300, 200)), "avatar")
    assert (picture.width, picture.height, picture.animated) == (200, 200, True)
    assert picture.preview_mime == "image/png"
    assert getattr(opened(picture.preview), "n_frames", 1) == 1


def test_endless_animations_are_refused() -> None:
    with pytest.raises(Invalid, match="at most 500 frames"):
        process(film("GIF", frames=501, size=(10, 10)), "attachment")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bomb(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(100_000, 100_000), (7100, 7100), (2**31 - 1, 1)])
def test_bombs_are_refused_by_their_header(size: tuple[int, int]) -> None:
    with pytest.raises(Invalid, match="50 million"):
        process(bomb(*size), "attachment")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"rubbish", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", b'{"type":"Person"}',
        b"GIF89a", b"\xff\xd8\xff", b"BM" + bytes(60), b"P6 1 1 255\n\0\0\0", b"%!PS-Adobe", bomb(100, 100), bomb(0, 0),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        process(data, "attachment")


@pytest.mark.parametrize("into", ["BMP", "TIFF", "ICO", "PPM", "TGA", "PDF"])
def test_other_formats_are_not_even_tried(into: str) -> None:
    with pytest.raises(Invalid):
        process(saved(halves(16, 16), into), "attachment")


@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP"]), st.data())
@settings(max_examples=80, deadline=None)
def test_damaged_files_are_read_or_refused(into: str, draw: st.DataObject) -> None:
    data = bytearray(saved(halves(40, 30), into))
    for _ in range(draw.draw(st.integers(1, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, len(data)))
    for sample in (bytes(data), bytes(data[:cut])):
        with contextlib.suppress(Invalid):
            check(process(sample, "attachment"))
