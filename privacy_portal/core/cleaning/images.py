"""Pictures are decoded and written anew: nothing of the file that came remains but what is to be seen."""

import io
from typing import Final

from PIL import Image, ImageFile

from .kinds import JPEG, PNG, WEBP, Limits, Refused

FORMATS: Final = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
LONGEST_SIDE: Final = 30_000
JPEG_QUALITY: Final = 90
ORIENTATION: Final = 0x0112
# What each value of the orientation tag asks for (Exif 2.32, 4.6.4 A).
TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def clean_image(content: bytes, kind: str, limits: Limits) -> tuple[bytes, str]:
    """The picture as it is to be seen, upright, written anew as JPEG or PNG without anything else.

    Place and camera (Exif, XMP, IPTC), colour profile, comments, thumbnails, further pictures of the file and whatever
    was hung on behind its end are gone.

    Args:
        kind: as :func:`kind_of` tells; the decoder of no other format is tried.

    Returns:
        The new file and its kind.

    Raises:
        Refused: ``pixels``, ``moving`` or ``broken``.
    """
    # Too many pixels are refused here before a decoder makes room for them.
    Image.MAX_IMAGE_PIXELS = None
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        source = Image.open(io.BytesIO(content), formats=[FORMATS[kind]])
    except Exception as error:
        raise Refused("broken") from error
    with source:
        width, height = source.size
        if width * height > limits.pixels or max(width, height) > LONGEST_SIDE:
            raise Refused("pixels")
        if kind != JPEG and getattr(source, "n_frames", 1) > 1:
            raise Refused("moving")
        try:
            picture = _upright(source)
        except MemoryError:
            raise
        except Exception as error:
            # Decoders raise whatever the bytes lead them to: OSError, SyntaxError, struct.error, ZeroDivisionError …
            raise Refused("broken") from error
    target = PNG if kind == PNG or picture.mode == "RGBA" else JPEG
    return _written(picture, target), target


def _upright(source: Image.Image) -> Image.Image:
    """The pixels in an image without a past: neither tags nor profile nor comments come along."""
    source.load()
    turn = TURNS.get(_orientation(source))
    plain = _plain(source)
    turned = plain.transpose(turn) if turn is not None else plain
    fresh = Image.new(turned.mode, turned.size)
    fresh.paste(turned)
    return fresh


def _orientation(source: Image.Image) -> int:
    try:
        return int(source.getexif().get(ORIENTATION, 1))
    except Exception:
        # Broken tags say nothing about which way is up; the picture is still one.
        return 1


def _plain(source: Image.Image) -> Image.Image:
    if source.mode in ("1", "L", "RGB", "RGBA") and "transparency" not in source.info:
        return source
    if source.mode.startswith("I;16"):
        return source.convert("I").point(lambda value: value / 256).convert("L")
    if "transparency" in source.info or source.has_transparency_data:
        return source.convert("RGBA")
    return source.convert("L" if source.mode in ("LA", "La") else "RGB")


def _written(picture: Image.Image, target: str) -> bytes:
    buffer = io.BytesIO()
    if target == PNG:
        # The fastest setting that still packs: a hostile picture of noise would keep the strongest busy for a minute.
        picture.save(buffer, "PNG", compress_level=3)
    else:
        if picture.mode == "1":
            picture = picture.convert("L")
        picture.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0 if picture.mode == "L" else 1)
    return buffer.getvalue()
