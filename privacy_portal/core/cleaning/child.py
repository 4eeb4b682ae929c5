"""The process in which a hostile file is opened.

It reads the file from standard input and writes one line of JSON to standard output, then the cleaned file. If the file
breaks a decoder, uses up its memory or its time, this process ends and nothing else does.
"""

import contextlib
import json
import sys
import warnings
from typing import Final

from .kinds import PDF, Limits, Refused

MEMORY: Final = 1024**3
SECONDS: Final = 12


def confine() -> None:
    """Little memory, little time, no files to write and no dump of what was being read (setrlimit(2))."""
    try:
        import resource
    except ImportError:
        return
    for which, most in (
        ("RLIMIT_AS", MEMORY),
        ("RLIMIT_CPU", SECONDS),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
    ):
        # Not every system has each of them, and macOS refuses to limit the address space.
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, which), (most, most))


def answer(content: bytes, kind: str, limits: Limits) -> tuple[dict[str, object], bytes]:
    """The line and the file for one file."""
    pages = 1
    try:
        if kind == PDF:
            from .pdf import clean_pdf

            cleaned, pages = clean_pdf(content, limits)
        else:
            from .images import clean_image

            cleaned, kind = clean_image(content, kind, limits)
    except Refused as refused:
        return {"refused": refused.code}, b""
    return {"kind": kind, "pages": pages}, cleaned


def main() -> None:
    """Serve one file: kind and limits come as arguments."""
    confine()
    # They quote the file.
    warnings.simplefilter("ignore")
    kind, *numbers = sys.argv[-4:]
    line, cleaned = answer(sys.stdin.buffer.read(), kind, Limits(*map(int, numbers)))
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n" + cleaned)
