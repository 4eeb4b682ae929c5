"""A stream of any length, encrypted in chunks while it passes: what a backup is written as.

``PPB1``, the length of the sealed data key (2 bytes), the sealed data key, then chunks of 64 KiB and a tag each, the
last one no longer. Each stream has a data key of its own, so a counter serves as the nonce, and "is the last" is
associated data: a chunk that was moved, repeated, left out or cut off does not decrypt. The same construction as in
``services/files.py``, for what has no row.
"""

from collections.abc import Iterable, Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .crypto import DecryptionError, Keyring

MAGIC = b"PPB1"
CHUNK = 64 * 1024
TAG = 16
_CONTEXT = b"backup"


def seal(source: IO[bytes], target: IO[bytes], keys: Keyring) -> None:
    """Read ``source`` to its end and write it encrypted."""
    key = AESGCM.generate_key(256)
    sealed = keys.seal(key, context=_CONTEXT)
    target.write(MAGIC + len(sealed).to_bytes(2, "big") + sealed)
    cipher = AESGCM(key)
    for counter, (chunk, last) in enumerate(_with_last(iter(lambda: source.read(CHUNK), b""))):
        target.write(cipher.encrypt(_nonce(counter), chunk, _associated(last)))


def opened(source: IO[bytes], keys: Keyring) -> Iterator[bytes]:
    """The content in pieces, each of them authentic.

    Raises:
        DecryptionError: it was changed or cut off, or its key is not among ``keys``; perhaps after some pieces, so
            nothing of it may count before the end is reached.
    """
    if source.read(len(MAGIC)) != MAGIC:
        raise DecryptionError("The file is no encrypted backup.")
    sealed = source.read(int.from_bytes(source.read(2), "big"))
    cipher = AESGCM(keys.open(sealed, context=_CONTEXT))
    for counter, (chunk, last) in enumerate(_with_last(iter(lambda: source.read(CHUNK + TAG), b""))):
        try:
            yield cipher.decrypt(_nonce(counter), chunk, _associated(last))
        except InvalidTag:
            raise DecryptionError("The backup was changed or cut off.") from None


def _with_last(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    before = None
    for chunk in chunks:
        if before is not None:
            yield before, False
        before = chunk
    yield before or b"", True


def _nonce(counter: int) -> bytes:
    return counter.to_bytes(12, "big")


def _associated(last: bool) -> bytes:
    return MAGIC + (b"\x01" if last else b"\x00")
