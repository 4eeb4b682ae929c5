"""Which kinds of files are taken, how much of them, and why one is refused."""

from dataclasses import dataclass
from typing import Final

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
WEBP: Final = "image/webp"
PDF: Final = "application/pdf"
HEIC: Final = "image/heic"

# What is kept: WebP becomes one of the others, since not every program of an office opens it.
ENDINGS: Final = {JPEG: "jpg", PNG: "png", PDF: "pdf"}
TAKEN: Final = (JPEG, PNG, WEBP, PDF)
_PICTURES: Final = ("jpg", "jpeg", "jpe", "jfif", "png", "webp")
# A picture that was renamed to the name of another picture deceives nobody; one that is called a document does.
ENDINGS_OF: Final = {JPEG: _PICTURES, PNG: _PICTURES, WEBP: _PICTURES, PDF: ("pdf",)}
_HEIC_BRANDS: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
HEAD: Final = 12


class Refused(Exception):
    """The file is not kept. ``code`` says why; the words for it are in :mod:`privacy_portal.core.services.uploads`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is taken.

    Args:
        size: bytes, as it comes.
        pixels: of a picture, and of each picture in a PDF.
        pages: of a PDF.
    """

    size: int = 20 * 1024 * 1024
    pixels: int = 50_000_000
    pages: int = 100


def kind_of(head: bytes) -> str:
    """The media type that the first :data:`HEAD` bytes tell, whatever the name says; "" for one that is not known.

    A PDF has to begin with its mark: readers that look for it further on are what files of two types live from.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith(b"%PDF-"):
        return PDF
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return HEIC
    return ""
