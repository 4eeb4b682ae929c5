"""Comparing pictures of letters with those that were looked at and kept.

Kept small: one gray picture a letter, all its pages below each other, so that hundreds of them weigh as little as one
photograph. They are made of the fonts of wheels and nothing of the machine, and compared with a tolerance all the same.
"""

import io
import os
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

PPI = 36
GRAYS = 4
# How far a pixel may be off after blurring (of 255), and how many of ten thousand may be further off.
TOLERANCE = 32
MOST_OFF = 0.5
RENEW = "RENEW_PICTURES"


def sheet(pages: Sequence[bytes]) -> Image.Image:
    """The pages of a letter, below each other, as they are kept."""
    images = [Image.open(io.BytesIO(page)).convert("L") for page in pages]
    whole = Image.new("L", (max(one.width for one in images), sum(one.height for one in images)), 255)
    top = 0
    for one in images:
        whole.paste(one, (0, top))
        top += one.height
    return whole.quantize(GRAYS)


def differs(seen: Image.Image, kept: Image.Image) -> Image.Image | None:
    """None where the two look the same; else what differs, black on white."""
    seen, kept = seen.convert("L"), kept.convert("L")
    if seen.size != kept.size:
        return Image.new("L", kept.size, 0)
    blur = ImageFilter.BoxBlur(1)
    off = ImageChops.difference(seen.filter(blur), kept.filter(blur)).point(lambda value: 255 * (value > TOLERANCE))
    share = off.histogram()[255] / (off.width * off.height)
    return None if share * 10_000 <= MOST_OFF else ImageChops.invert(off)


def assert_looks_as_kept(pages: Sequence[bytes], kept: Path, failed: Path) -> None:
    """Compare with the kept picture; on failure write what was seen, what was kept and what differs beside each other.

    With ``RENEW_PICTURES=1`` in the environment the picture is kept instead, unless it looks as before.
    """
    seen = sheet(pages)
    different = differs(seen, Image.open(kept)) if kept.exists() else Image.new("L", seen.size, 0)
    if different is None:
        return
    if os.environ.get(RENEW):
        kept.parent.mkdir(parents=True, exist_ok=True)
        seen.save(kept, optimize=True)
        return
    before = Image.open(kept).convert("L") if kept.exists() else Image.new("L", seen.size, 255)
    beside = Image.new("L", (before.width + seen.width + different.width, max(before.height, seen.height)), 200)
    left = 0
    for one in (before, seen.convert("L"), different):
        beside.paste(one, (left, 0))
        left += one.width
    failed.mkdir(parents=True, exist_ok=True)
    path = failed / kept.name
    beside.save(path)
    raise AssertionError(
        f"{kept.stem} looks different: kept, seen and the difference beside each other in {path}. "
        "If it should look so, run `make letter-pictures` and commit the pictures."
    )
