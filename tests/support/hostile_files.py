"""Files to upload: honest ones, and ones that nobody should open."""

import io
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String
from PIL import Image, PngImagePlugin

from privacy_portal.core.cleaning.kinds import HEAD, kind_of
from privacy_portal.core.services.uploads import CleanFile, clean

# Stands wherever something must not survive.
SECRET = "SECRET-Sato-35.68N"
RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture(size: tuple[int, int] = (40, 20)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, BLUE)
    image.paste(RED, (0, 0, size[0] // 2, size[1]))
    return image


def jpeg(*, orientation: int = 1, size: tuple[int, int] = (40, 20), **options: Any) -> bytes:
    """As a telephone makes it: turned by a tag, with place, camera, comment."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET
    exif.get_ifd(0x8825)[29] = SECRET
    buffer = io.BytesIO()
    picture(size).save(buffer, "JPEG", exif=exif, comment=SECRET.encode(), quality=95, subsampling=0, **options)
    return buffer.getvalue()


def png(size: tuple[int, int] = (40, 20), mode: str = "RGB") -> bytes:
    """With text chunks, packed and not."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", SECRET)
    notes.add_itxt("XML:com.adobe.xmp", SECRET)
    buffer = io.BytesIO()
    picture(size).convert(mode).save(buffer, "PNG", pnginfo=notes)
    return buffer.getvalue()


def webp(size: tuple[int, int] = (40, 20)) -> bytes:
    buffer = io.BytesIO()
    picture(size).save(buffer, "WEBP", xmp=SECRET.encode())
    return buffer.getvalue()


def pdf(pages: int = 1, change: Callable[[pikepdf.Pdf], None] | None = None, **options: Any) -> bytes:
    """Pages with a line of text; ``change`` makes something worse of it."""
    with pikepdf.new() as document:
        font = document.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        for number in range(pages):
            document.add_blank_page(page_size=(200, 200))
            page = document.pages[number].obj
            page.Resources = Dictionary(Font=Dictionary(A=font))
            page.Contents = document.make_stream(f"BT /A 12 Tf 20 100 Td (Page {number + 1}) Tj ET".encode())
        if change is not None:
            change(document)
        buffer = io.BytesIO()
        document.save(buffer, **options)
        return buffer.getvalue()


def with_picture(data: bytes, filters: Any = Name.DCTDecode, **entries: Any) -> Callable[[pikepdf.Pdf], None]:
    """Draws a picture on the first page."""

    def change(document: pikepdf.Pdf) -> None:
        values = {"Width": 40, "Height": 20, "BitsPerComponent": 8, "ColorSpace": Name.DeviceRGB} | entries
        image = Stream(document, data, Type=Name.XObject, Subtype=Name.Image, Filter=filters, **values)
        page = document.pages[0].obj
        page.Resources.XObject = Dictionary(Im0=image)
        page.Contents = document.make_stream(b"q 40 0 0 20 20 20 cm /Im0 Do Q")

    return change


def action(kind: str, **entries: Any) -> Dictionary:
    return Dictionary(Type=Name.Action, S=Name(f"/{kind}"), **entries)


def script() -> Dictionary:
    return action("JavaScript", JS=String(f"app.alert('{SECRET}')"))


def cleaned(content: bytes, name: str = "") -> CleanFile:
    """What an upload becomes."""
    return clean(io.BytesIO(content), name=name)


def taken(content: bytes, name: str = "file") -> CleanFile:
    """As if it had been cleaned, for tests of what comes afterwards."""
    return CleanFile(name=name, content=content, content_type=kind_of(content[:HEAD]))


def annotation(subtype: str, **entries: Any) -> Dictionary:
    return Dictionary(Type=Name.Annot, Subtype=Name(f"/{subtype}"), Rect=Array([10, 10, 60, 30]), F=4, **entries)


def form_with_lost_text() -> bytes:
    """A form that only the program it was filled in with can show."""

    def change(document: pikepdf.Pdf) -> None:
        field = document.make_indirect(annotation("Widget", FT=Name.Tx, T=String("name"), V=String("typed")))
        document.pages[0].obj.Annots = Array([field])

    return pdf(1, change)
