"""Decoding strangers' pictures and encoding our own; runs in the worker process only."""

import io
import math
import warnings
from collections.abc import Iterator
from typing import Literal

import msgspec
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from fediserver.errors import Invalid
from fediserver.media import blurhash
from fediserver.media.messages import Picture, Purpose

MAX_PIXELS = 50_000_000
MAX_FRAMES = 500
MAX_FILM_PIXELS = 60_000_000
"""Bounds an animation: width times height times frames."""
PREVIEW_PIXELS = 640 * 360
HASH_SIDE = 32

# Importing a plugin registers its format; Pillow tries no others.
_PLUGINS = (AvifImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin)
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
_MOVING = frozenset({"GIF", "PNG", "WEBP"})
_LONGEST_SIDE = 16_383  # what WebP can store; JPEG can store more
_ORIENTATION = 0x0112
_GIF_COLOURS = 255  # and one that is clear
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset({5, 6, 7, 8})
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_BROKEN = "The picture is damaged and cannot be read"

Format = Literal["JPEG", "PNG", "WEBP", "GIF"]
_OPTIONS: dict[Format, dict[str, int | bool]] = {
    "JPEG": {"quality": 85},
    "PNG": {"compress_level": 4},
    "WEBP": {"quality": 82, "method": 2},
    "GIF": {"optimize": False},
}


class Plan(msgspec.Struct, frozen=True):
    """How large a picture may be: so many pixels, within a box, or cut to fill one; never enlarged."""

    pixels: int = MAX_PIXELS
    within: tuple[int, int] | None = None
    fill: tuple[int, int] | None = None

    def scale(self, width: int, height: int) -> float:
        """The factor for a picture of this size, before it is cut."""
        factors = [1.0, math.sqrt(self.pixels / (width * height)), _LONGEST_SIDE / max(width, height)]
        if self.within is not None:
            factors += [self.within[0] / width, self.within[1] / height]
        if self.fill is not None:
            factors.append(max(self.fill[0] / width, self.fill[1] / height))
        return min(factors)

    def turned(self) -> "Plan":
        """The same for a picture that lies on its side."""
        return Plan(self.pixels, self.within and self.within[::-1], self.fill and self.fill[::-1])


PLANS: dict[Purpose, Plan] = {
    "attachment": Plan(pixels=3840 * 2160),
    "avatar": Plan(fill=(400, 400)),
    "header": Plan(fill=(1500, 500)),
    "emoji": Plan(within=(128, 128)),
    "preview": Plan(pixels=PREVIEW_PIXELS),
}


def process(data: bytes, purpose: Purpose) -> Picture:
    """The picture in our own encoding, upright, in sRGB, without metadata; Invalid when it is none or too big."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                return _process(image, PLANS[purpose], purpose)
        except UnidentifiedImageError as error:
            raise Invalid("The file is not a JPEG, PNG, GIF, WebP or AVIF picture") from error
        except Image.DecompressionBombError as error:
            raise Invalid(_too_many_pixels()) from error
        except MemoryError as error:
            raise Invalid("The picture needs too much memory; make it smaller") from error
        # What Pillow raises on damaged files differs by format.
        except (OSError, SyntaxError, ValueError, EOFError, ArithmeticError, LookupError, TypeError) as error:
            raise Invalid(_BROKEN) from error


def _process(image: Image.Image, plan: Plan, purpose: Purpose) -> Picture:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Invalid(_too_many_pixels())
    source = image.format or ""
    frames = int(getattr(image, "n_frames", 1)) if source in _MOVING else 1
    if frames > MAX_FRAMES or (frames > 1 and width * height * frames > MAX_FILM_PIXELS):
        raise Invalid(
            f"The animation is too long: at most {MAX_FRAMES} frames, {MAX_FILM_PIXELS // 10**6} million pixels in all"
        )
    if frames > 1:
        original, mime, still = _film(image, plan, frames)
    else:
        still = _upright(image, plan)
        original, mime = _encoded(still, _kept_format(source, still))
    if purpose == "attachment":
        small = _fitted(still, PLANS["preview"])
        preview, preview_mime = _encoded(small, "WEBP" if small.mode == "RGBA" else "JPEG")
    elif frames > 1:
        small = still
        preview, preview_mime = _encoded(still, "PNG")
    else:
        small, preview, preview_mime = still, original, mime
    return Picture(
        original=original,
        mime=mime,
        width=still.width,
        height=still.height,
        preview=preview,
        preview_mime=preview_mime,
        preview_width=small.width,
        preview_height=small.height,
        blurhash=_hash(small),
        animated=frames > 1,
    )


def _upright(image: Image.Image, plan: Plan) -> Image.Image:
    """A still picture, decoded no larger than needed, turned as its EXIF says, fitted and in sRGB."""
    orientation = _orientation(image)
    lying = plan.turned() if orientation in _SIDEWAYS else plan
    if image.format == "JPEG":
        # The JPEG decoder halves on the way, and never below what is asked for.
        width, height = image.size
        scale = lying.scale(width, height)
        image.draft(None, (math.ceil(width * scale), math.ceil(height * scale)))
    image.load()
    profile = image.info.get("icc_profile")
    # Turned last: by then it is small.
    fitted = _in_srgb(_fitted(_plain(image), lying), profile if isinstance(profile, bytes) else None)
    turn = _TURNS.get(orientation)
    return fitted if turn is None else fitted.transpose(turn)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except (SyntaxError, ValueError, LookupError, TypeError, OSError):
        return 1


def _plain(image: Image.Image) -> Image.Image:
    """RGB, or RGBA if anything shines through (CMYK stays until its profile is applied)."""
    if image.mode.startswith("I"):
        # 16 bits of grey: Pillow would clip, not scale.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("RGB")
    if image.has_transparency_data:
        return _without_idle_alpha(image if image.mode == "RGBA" else image.convert("RGBA"))
    return image if image.mode in ("RGB", "CMYK") else image.convert("RGB")


def _without_idle_alpha(image: Image.Image) -> Image.Image:
    return image.convert("RGB") if image.getchannel("A").getextrema()[0] == 255 else image


def _fitted(image: Image.Image, plan: Plan) -> Image.Image:
    if plan.fill is not None:
        # A picture smaller than the frame is cut to the frame's shape, and stays small.
        shrink = min(1.0, image.width / plan.fill[0], image.height / plan.fill[1])
        size = (max(1, round(plan.fill[0] * shrink)), max(1, round(plan.fill[1] * shrink)))
        return ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    scale = plan.scale(image.width, image.height)
    size = (max(1, math.floor(image.width * scale)), max(1, math.floor(image.height * scale)))
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture without its colour profile, its colours as they were meant."""
    target = "RGB" if image.mode == "CMYK" else image.mode
    if profile:
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(given):
                converted = ImageCms.profileToProfile(image, given, _SRGB, outputMode=target)
                return converted or image
        except (ImageCms.PyCMSError, OSError):
            pass
    return image if image.mode == target else image.convert(target)


def _film(image: Image.Image, plan: Plan, frames: int) -> tuple[bytes, str, Image.Image]:
    """An animation frame by frame: GIF stays GIF, PNG and WebP become WebP. Bytes, media type, first frame."""
    into: Format = "GIF" if image.format == "GIF" else "WEBP"
    loop = image.info.get("loop")
    # Pillow asks for a frame's duration after it took the frame: so they need not all be in memory.
    durations: list[int] = []
    film = _frames(image, plan, frames, durations)
    first = next(film)
    rest = (_palette(frame) if into == "GIF" else frame for frame in film)
    options: dict[str, object] = {
        **_OPTIONS[into],
        "save_all": True,
        "append_images": rest,
        "duration": durations,
    }
    if into == "GIF":
        options["disposal"] = 2
    if isinstance(loop, int):
        options["loop"] = loop
    out = io.BytesIO()
    (_palette(first) if into == "GIF" else first).save(out, into, **options)
    return out.getvalue(), Image.MIME[into], _without_idle_alpha(first)


def _frames(image: Image.Image, plan: Plan, frames: int, durations: list[int]) -> Iterator[Image.Image]:
    # An animated PNG may hold a first picture that is only for those who cannot animate.
    for number in range(1 if image.info.get("default_image") else 0, frames):
        image.seek(number)
        image.load()
        durations.append(max(20, min(60_000, int(image.info.get("duration") or 100))))
        frame = _fitted(image.convert("RGBA"), plan)
        frame.info.clear()
        yield frame


def _palette(frame: Image.Image) -> Image.Image:
    """A frame in 255 colours and a clear one; exact when it has no more."""
    clear = frame.getchannel("A").point(lambda value: 255 if value < 128 else 0)
    opaque = frame.convert("RGB")
    # The octree is fast but blurs colours; median cut keeps few colours exactly, and is slow with many.
    method = Image.Quantize.MEDIANCUT if opaque.getcolors(_GIF_COLOURS) else Image.Quantize.FASTOCTREE
    drawn = opaque.quantize(_GIF_COLOURS, method, dither=Image.Dither.NONE)
    drawn.paste(_GIF_COLOURS, mask=clear)
    drawn.info = {"transparency": _GIF_COLOURS}
    return drawn


def _kept_format(source: str, image: Image.Image) -> Format:
    if source == "WEBP":
        return "WEBP"
    if source in ("PNG", "GIF"):
        return "PNG"
    return "WEBP" if image.mode == "RGBA" else "JPEG"


def _encoded(image: Image.Image, into: Format) -> tuple[bytes, str]:
    # Pillow would copy comments and profiles from here into the file.
    image.info = {}
    out = io.BytesIO()
    image.save(out, into, **_OPTIONS[into])
    return out.getvalue(), Image.MIME[into]


def _hash(image: Image.Image) -> str:
    tiny = image.resize((HASH_SIDE, HASH_SIDE), Image.Resampling.BOX)
    if tiny.mode == "RGBA":
        tiny = Image.alpha_composite(Image.new("RGBA", tiny.size, "white"), tiny)
    return blurhash.encode(tiny.convert("RGB").tobytes(), *tiny.size)


def _too_many_pixels() -> str:
    return f"The picture has too many pixels: at most {MAX_PIXELS // 10**6} million (width times height)"
