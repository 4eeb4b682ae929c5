"""Pictures inside a PDF keep their pixels as they are and lose what else they carry."""

from typing import Final

from .kinds import Refused

APP0, APP14, APP15, COMMENT = 0xE0, 0xEE, 0xEF, 0xFE
SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
_ALONE: Final = {0x01, *range(0xD0, 0xD8)}
JPEG2000_MARK: Final = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
JPEG2000_CODESTREAM: Final = b"\xff\x4f\xff\x51"
# Signature, file type, header, codestream: what a picture needs to be drawn (ISO/IEC 15444-1, annex I).
_BOXES: Final = {b"jP  ", b"ftyp", b"jp2h", b"jp2c"}


def jpeg_without_extras(content: bytes) -> bytes:
    """The same compressed picture without application segments and comments, ended where it ends (ITU-T T.81, B.1).

    JFIF (APP0) and Adobe's note on colours (APP14) remain: without them it would be drawn in other colours.

    Raises:
        Refused: ``broken``, it cannot be read to its end.
    """
    if content[:2] != b"\xff\xd8":
        raise Refused("broken")
    kept = [b"\xff\xd8"]
    at = 2
    while True:
        start = at
        if content[at : at + 1] != b"\xff":
            raise Refused("broken")
        while content[at : at + 1] == b"\xff":
            at += 1
        if at >= len(content):
            raise Refused("broken")
        marker = content[at]
        at += 1
        if marker == EOI:
            return b"".join([*kept, b"\xff\xd9"])
        if marker in _ALONE:
            continue
        length = int.from_bytes(content[at : at + 2], "big")
        end = at + length
        if length < 2 or end > len(content) or marker == SOI:
            raise Refused("broken")
        segment = content[start:end]
        if marker == SOS:
            end = _end_of_scan(content, end)
            segment = content[start:end]
        if _is_needed(marker, content[at + 2 : end]):
            kept.append(segment)
        at = end


def _is_needed(marker: int, data: bytes) -> bool:
    if marker == APP0:
        # A thumbnail may follow the fourteen bytes.
        return data.startswith(b"JFIF\x00") and len(data) == 14
    return marker == APP14 or not (APP0 < marker <= APP15 or marker == COMMENT)


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the next marker stands: inside the data of a scan each FF is followed by 00 or a restart mark."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            raise Refused("broken")
        if content[at + 1] == 0 or content[at + 1] in _ALONE:
            at += 2
        elif content[at + 1] == 0xFF:
            at += 1
        else:
            return at


def jpeg2000_without_extras(content: bytes) -> bytes:
    """The same for JPEG 2000: boxes that only describe (XML, UUID, rights) go.

    Raises:
        Refused: ``broken``.
    """
    if content.startswith(JPEG2000_CODESTREAM):
        return content
    if not content.startswith(JPEG2000_MARK):
        raise Refused("broken")
    kept, at = [], 0
    while at + 8 <= len(content):
        length, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if length == 1:
            length = int.from_bytes(content[at + 8 : at + 16], "big")
        end = at + length if length else len(content)
        if (length and length < 8) or end > len(content):
            raise Refused("broken")
        if name in _BOXES:
            kept.append(content[at:end])
        at = end
    return b"".join(kept)
