"""Asks the operator's virus scanner, if there is one (clamd's INSTREAM command, clamd(8))."""

import logging
import socket
from typing import Final

from django.conf import settings

logger = logging.getLogger(__name__)
SECONDS: Final = 15
PIECE: Final = 64 * 1024
LONGEST_REPLY: Final = 4096


class Infected(Exception):
    """The scanner found something. What it is called is not passed on: the name may come from the file."""


class Unreachable(Exception):
    """The scanner did not say that the file is clean: away, busy, the file too large for it, or another reply."""


def is_used() -> bool:
    """Whether ``CLAMD_ADDRESS`` names a scanner."""
    return bool(settings.CLAMD_ADDRESS)


def require_clean(content: bytes) -> None:
    """Return only if the scanner called the content clean, or if none is used.

    Raises:
        Infected: it found something.
        Unreachable: anything else. Never taken for clean.
    """
    if not is_used():
        return
    try:
        reply = _asked(content)
    except OSError as error:
        logger.exception("The virus scanner cannot be reached.")
        raise Unreachable from error
    if reply == b"stream: OK":
        return
    if reply.endswith(b" FOUND"):
        logger.warning("The virus scanner refused an uploaded file.")
        raise Infected
    logger.error("The virus scanner gave no answer that says whether the file is clean.")
    raise Unreachable


def _asked(content: bytes) -> bytes:
    with _connected(settings.CLAMD_ADDRESS) as connection:
        connection.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), PIECE):
            piece = content[start : start + PIECE]
            connection.sendall(len(piece).to_bytes(4, "big") + piece)
        connection.sendall(bytes(4))
        reply = b""
        while not reply.endswith(b"\0") and len(reply) < LONGEST_REPLY and (more := connection.recv(LONGEST_REPLY)):
            reply += more
    return reply.rstrip(b"\0\n")


def _connected(address: str) -> socket.socket:
    """A connection to ``unix:/path`` or ``tcp:host:port``; each step of it may take :data:`SECONDS`."""
    kind, _, rest = address.partition(":")
    if kind == "unix":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(SECONDS)
        try:
            connection.connect(rest)
        except OSError:
            connection.close()
            raise
        return connection
    host, _, port = rest.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS)
