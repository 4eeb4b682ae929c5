"""The process in which the pages of a PDF become pictures.

It reads a PDF from standard input and writes one line of JSON, the sizes of the pictures, then the pictures one after
the other. Like :mod:`.child` it has little memory and time and an empty environment.
"""

import io
import json
import sys
from typing import Final

import pypdfium2

from .child import confine

# An A4 page at 150 dots an inch, as a scanner for papers makes it; larger paper gets fewer dots, never more pixels.
DOTS: Final = 150
MOST_PIXELS: Final = 6_000_000
QUALITY: Final = 90


def pictures_of(content: bytes) -> list[bytes]:
    """Each page as a JPEG, on white."""
    document = pypdfium2.PdfDocument(content)
    found = []
    for page in document:
        width, height = page.get_size()
        scale = min(DOTS / 72, (MOST_PIXELS / max(width * height, 1)) ** 0.5)
        buffer = io.BytesIO()
        page.render(scale=scale).to_pil().convert("RGB").save(buffer, "JPEG", quality=QUALITY)
        found.append(buffer.getvalue())
    return found


def main() -> None:
    """Serve one file."""
    confine()
    found = pictures_of(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps([len(picture) for picture in found]).encode() + b"\n" + b"".join(found))
