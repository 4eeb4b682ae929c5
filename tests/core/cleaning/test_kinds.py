"""What a file is, told by its first bytes."""

import pytest

from privacy_portal.core.cleaning.kinds import HEIC, JPEG, PDF, PNG, WEBP, kind_of
from tests.support import hostile_files


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (hostile_files.jpeg(), JPEG),
        (hostile_files.png(), PNG),
        (hostile_files.webp(), WEBP),
        (hostile_files.pdf(), PDF),
        (b"\0\0\0\x18ftypheic\0\0\0\0", HEIC),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", HEIC),
    ],
)
def test_known(content: bytes, kind: str) -> None:
    assert kind_of(content[:12]) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8",
        b"%PDF",
        b" %PDF-1.7",
        b"\r\n%PDF-1.7",
        b"GIF89a%PDF-1.7",
        b"<html><script>",
        b'<?xml version="1.0"?><svg',
        b"PK\x03\x04",
        b"MZ\x90",
        b"RIFF\0\0\0\0WAVE",
        b"\0\0\0\x18ftypisom",
        b"\0\0\0\x18ftypavif",
        b"II*\0",
        b"8BPS",
    ],
)
def test_unknown(content: bytes) -> None:
    assert kind_of(content[:12]) == ""
