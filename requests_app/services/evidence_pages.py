"""The pictures of documents: how they are kept, hidden in parts, and shown with the name of who looks.

Whatever was sent becomes pictures first, pages of a PDF too: only in a picture is what was covered really gone, and
only in a picture does the name of who looks stand in what they see. Nothing of the file that came is kept.
"""

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files as resources
from typing import BinaryIO, Final, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageDraw, ImageFont

from privacy_portal.core.cleaning.kinds import JPEG, PDF, Limits
from privacy_portal.core.models import EncryptedFile
from privacy_portal.core.services import files, pictures, uploads

from .errors import EvidenceRefused

# A telephone's photo has 12 to 50 million pixels; a card is read with two.
LONGEST_SIDE: Final = 2400
QUALITY: Final = 85
INK: Final = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page as it is kept: a JPEG."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Box:
    """What to cover, in percent of width and height from the upper left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def is_on_the_page(self) -> bool:
        """Whether there is something to cover, all of it inside."""
        inside = self.left >= 0 and self.top >= 0 and self.left + self.width <= 100 and self.top + self.height <= 100
        return inside and self.width > 0 and self.height > 0


def read(sent: Sequence[UploadedFile], *, most: int) -> list[ReadPage]:
    """The pages of what was sent, each a picture of moderate size.

    Args:
        most: pages taken at once.

    Raises:
        EvidenceRefused: nothing, too much, or a file that is not taken, with words for the sender.
    """
    if not sent:
        raise EvidenceRefused(_("写真かPDFを選んでください。"), "copies")
    if len(sent) > most:
        raise _too_many(most)
    found: list[bytes] = []
    try:
        for upload in sent:
            file = uploads.clean(
                cast(BinaryIO, upload), name=upload.name or "", most=Limits(size=uploads.limits().size, pages=most)
            )
            found += pictures.of_pdf(file.content) if file.content_type == PDF else [file.content]
    except ValidationError as error:
        raise EvidenceRefused(" ".join(error.messages), "copies") from error
    if len(found) > most:
        raise _too_many(most)
    return [ReadPage(_moderate(content)) for content in found]


def _too_many(most: int) -> EvidenceRefused:
    return EvidenceRefused(_("一度に%(most)sページまで送れます。") % {"most": most}, "copies")


def _moderate(content: bytes) -> bytes:
    picture = _opened(content)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return _written(picture)


def _opened(content: bytes) -> Image.Image:
    """As an opaque picture: what is transparent would be drawn black."""
    with Image.open(io.BytesIO(content)) as source:
        if source.mode in ("RGBA", "LA", "PA"):
            paper = Image.new("RGB", source.size, "white")
            paper.paste(source, mask=source.getchannel("A"))
            return paper
        return source.convert("RGB")


def _written(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def write(page: ReadPage, receipt_number: str) -> EncryptedFile:
    """Keep a page, encrypted. Inside the transaction of the row that refers to it."""
    with files.create(name=f"{receipt_number}-document.jpg", content_type=JPEG) as writer:
        writer.write(page.content)
    return writer.file


def kept_days() -> int:
    """For how many days after the decision a copy is kept."""
    return int(settings.EVIDENCE_FILE_DAYS)


def content_of(file: EncryptedFile) -> bytes:
    """The picture as it is kept."""
    return b"".join(files.open_stream(file))


def covered(content: bytes, boxes: Sequence[Box]) -> bytes:
    """The picture, written anew, with the boxes filled: nothing of what they cover remains in it.

    Raises:
        EvidenceRefused: no box, or one that does not lie on the page.
    """
    if not boxes or not all(box.is_on_the_page for box in boxes):
        raise EvidenceRefused(
            _("塗りつぶす範囲を、0から100までの数字で、ページの中に収まるように入れてください。"), "boxes"
        )
    picture = _opened(content)
    drawing = ImageDraw.Draw(picture)
    across, down = picture.width / 100, picture.height / 100
    for box in boxes:
        drawing.rectangle(
            (
                int(box.left * across),
                int(box.top * down),
                int((box.left + box.width) * across) + 1,
                int((box.top + box.height) * down) + 1,
            ),
            fill=INK,
        )
    return _written(picture)


def watermarked(content: bytes, words: str) -> bytes:
    """The picture with ``words`` across it again and again, drawn into its pixels: a copy says whose it is."""
    picture = _opened(content).convert("RGBA")
    size = max(14, min(picture.size) // 28)
    font = _font(size)
    left, top, right, bottom = font.getbbox(words)
    tile = Image.new("RGBA", (int(right - left) + size * 4, int(bottom - top) + size * 5))
    pen = ImageDraw.Draw(tile)
    # Dark letters with a light edge are seen on any ground, and what lies under them can still be read.
    pen.text((size, size), words, font=font, fill=(180, 0, 0, 110), stroke_width=1, stroke_fill=(255, 255, 255, 90))
    side = int((picture.width**2 + picture.height**2) ** 0.5) + tile.height
    sheet = Image.new("RGBA", (side, side))
    for row, y in enumerate(range(0, side, tile.height)):
        for x in range(-(row % 2) * tile.width // 2, side, tile.width):
            sheet.paste(tile, (x, y))
    turned = sheet.rotate(25)
    offset = ((side - picture.width) // 2, (side - picture.height) // 2)
    picture.alpha_composite(turned.crop((*offset, offset[0] + picture.width, offset[1] + picture.height)))
    return _written(picture.convert("RGB"))


@functools.lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    folder = resources("noto_cjk_sans_jp_bold")
    path = next(str(entry) for entry in folder.iterdir() if entry.name.lower().endswith((".otf", ".ttf", ".ttc")))
    return ImageFont.truetype(path, size)
