"""Files that are encrypted at rest and never in memory as a whole.

A file begins with ``PPF1`` and goes on with chunks of ciphertext: 64 KiB of content and the tag each, the last one no
longer, possibly empty. Each file has a data key of its own, so a counter serves as the nonce; the file and "is the
last" are associated data. A chunk that was moved, repeated, left out or cut off does not decrypt. (The construction is
known as STREAM: Hoang, Reyhanitabar, Rogaway, Vizár, 2015.)

Ciphertext lies in a folder or a bucket (``core/file_storage.py``); the data key lies sealed in the row.
"""

import contextlib
import datetime
import io
import itertools
import os
import uuid
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.utils import timezone

from ..crypto import DecryptionError, keyring
from ..file_storage import PARTIAL, FileStorage, Folder, file_storage, folders
from ..models import EncryptedFile
from . import audit

MAGIC = b"PPF1"
CHUNK = 64 * 1024
TAG = 16
KEY_BITS = 256
TOP = "encrypted"
# A file without a row may be one that is being written; after a day its writer is gone.
ORPHAN_AGE = datetime.timedelta(days=1)


class FileErased(Exception):
    """The content is gone for good."""


def create(*, name: str, content_type: str) -> "EncryptedWriter":
    """A writer for a new encrypted file, to be used in a ``with`` block::

        with files.create(name="answer.zip", content_type="application/zip") as writer:
            with zipfile.ZipFile(writer, "w") as archive: ...
        request.package = writer.file

    It can be written to like any file that is opened for writing but cannot seek. The content goes to a partial file
    which gets its final name when the block ends, and only then the row is saved: no row is ever without its file.
    If the block raises, nothing remains. If the surrounding transaction is rolled back, the file remains without a
    row, hence without a key, until :func:`remove_orphans`.

    Args:
        name: what the download is called; no personal data.
        content_type: its media type.
    """
    return EncryptedWriter(EncryptedFile(name=name, content_type=content_type))


_made: ContextVar[list[str] | None] = ContextVar("files_made", default=None)


@contextlib.contextmanager
def removed_on_error() -> Iterator[None]:
    """Remove the files that were made inside, if it ends with an error. To be put around a transaction that makes some.

    The rows are gone with the transaction, and whatever is tried again every few minutes would leave one more file each
    time until :func:`remove_orphans`: on a disk that is full already. What a killed process leaves waits for that.
    """
    made: list[str] = []
    token = _made.set(made)
    try:
        yield
    except BaseException:
        for name in made:
            # The error is what counts; what cannot be removed now is an orphan without a row.
            with contextlib.suppress(OSError):
                file_storage().delete(name)
        raise
    finally:
        _made.reset(token)


def open_stream(file: EncryptedFile) -> Iterator[bytes]:
    """The content, in pieces of at most 64 KiB, each of them authentic.

    Raises:
        FileErased: it has been erased.
        DecryptionError: the ciphertext or the row was changed, cut off or swapped, or the key is not configured. It may
            come after some pieces: whoever passes them on must not treat the end of the stream as success then.
        FileNotFoundError: the storage has lost it.
        OSError: the storage is away.
    """
    if file.sealed_key is None:
        raise FileErased
    cipher = AESGCM(keyring().open(bytes(file.sealed_key), context=_key_context(file)))
    return _decrypted(file, cipher)


def _decrypted(file: EncryptedFile, cipher: AESGCM) -> Iterator[bytes]:
    size = 0
    with file_storage().open(file.path) as source:
        if source.read(len(MAGIC)) != MAGIC:
            raise DecryptionError("The file is not one that was encrypted here.")
        chunk = source.read(CHUNK + TAG)
        counter = 0
        while True:
            following = source.read(CHUNK + TAG)
            last = not following
            try:
                plain = cipher.decrypt(_nonce(counter), chunk, _associated(file, last=last))
            except InvalidTag:
                raise DecryptionError("The file was changed or cut off.") from None
            size += len(plain)
            if plain:
                yield plain
            if last:
                break
            chunk, counter = following, counter + 1
    if size != file.size:
        raise DecryptionError("The file does not have the size that its row says.")


def erase(*, file: EncryptedFile, actor: audit.Actor) -> None:
    """Make the content unreadable now, by removing its key, and delete the file after the commit. Idempotent.

    The row stays, so that what refers to it can say that it is gone.
    """
    with transaction.atomic():
        locked = EncryptedFile.objects.select_for_update().get(pk=file.pk)
        if locked.erased_at is None:
            locked.sealed_key, locked.erased_at = None, timezone.now()
            locked.save(update_fields=["sealed_key", "erased_at"])
            audit.record(action="file.erased", actor=actor, obj=locked)
        file.sealed_key, file.erased_at = None, locked.erased_at
        # If this does not come about, the file is an orphan without a key and is removed as one.
        transaction.on_commit(lambda: file_storage().delete(locked.path), robust=True)


def stored() -> Iterator[str]:
    """The names of all files that are there as a whole, in their order."""
    for folder, names in folders(file_storage(), TOP):
        yield from (f"{folder}/{name}" for name in names if not name.endswith(PARTIAL))


def lost() -> Iterator[uuid.UUID]:
    """Keys of the rows whose file is not there."""
    rows = EncryptedFile.objects.filter(erased_at=None).order_by("pk").only("pk")
    for _folder, group in itertools.groupby(rows.iterator(), lambda row: Path(row.path).parent):
        # The rows first: what comes in meanwhile has its file before its row.
        wanted = list(group)
        here = _names_beside(wanted[0])
        yield from (row.pk for row in wanted if row.pk.hex not in here)


def _names_beside(file: EncryptedFile) -> set[str]:
    try:
        return set(file_storage().listdir(str(Path(file.path).parent))[1])
    except FileNotFoundError:
        return set()


def orphans(*, now: datetime.datetime) -> Iterator[str]:
    """Names of files older than a day that no row needs: left by a crash, by a rolled back transaction, or erased."""
    for _storage, name in _orphans(now):
        yield name


def _orphans(now: datetime.datetime) -> Iterator[tuple[FileStorage, str]]:
    """A bucket's partial files lie in the folder of this machine, which is looked at as well."""
    used = file_storage()
    for storage in [used] if isinstance(used, Folder) else [used, Folder()]:
        for folder, names in folders(storage, TOP):
            keys = {name: _file_id(name) for name in names}
            needed = set(
                EncryptedFile.objects.filter(
                    pk__in=[key for key in keys.values() if key], erased_at__isnull=True
                ).values_list("pk", flat=True)
            )
            for name in (f"{folder}/{name}" for name, key in keys.items() if key not in needed):
                # What has gone meanwhile, such as a partial file that became a whole one, is no orphan.
                with contextlib.suppress(FileNotFoundError):
                    if storage.get_modified_time(name) < now - ORPHAN_AGE:
                        yield storage, name


def _file_id(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(hex=name)
    except ValueError:
        return None


def remove_orphans(*, now: datetime.datetime) -> int:
    """Delete the files that :func:`orphans` finds, and say how many."""
    removed = 0
    for storage, name in _orphans(now):
        storage.delete(name)
        removed += 1
    return removed


class EncryptedWriter(io.RawIOBase):
    """A file object that encrypts what is written to it; :attr:`file` is its row, saved when the block ends."""

    def __init__(self, file: EncryptedFile) -> None:
        self.file = file
        key = AESGCM.generate_key(KEY_BITS)
        file.sealed_key = keyring().seal(key, context=_key_context(file))
        self._cipher = AESGCM(key)
        self._storage = file_storage()
        self._partial = self._storage.partial(file.path)
        self._buffer = bytearray()
        self._counter = 0
        self._size = 0
        # Exclusive and for the owner only, whatever the umask is.
        self._target = os.fdopen(os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._target.write(MAGIC)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Take bytes of any length; full chunks are encrypted and written at once."""
        if self.closed or self._target.closed:
            raise ValueError("The file has been closed.")
        view = memoryview(data).cast("B")
        self._buffer += view
        # More than a chunk, not a full one: which chunk is the last is known only at the end.
        start = 0
        while len(self._buffer) - start > CHUNK:
            self._write_chunk(bytes(self._buffer[start : start + CHUNK]), last=False)
            start += CHUNK
        del self._buffer[:start]
        return len(view)

    def _write_chunk(self, plain: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._counter), plain, _associated(self.file, last=last)))
        self._counter += 1
        self._size += len(plain)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._commit()
        finally:
            self._discard()

    def _discard(self) -> None:
        """Remove the partial file, if it is still one; closing it fails where a full disk has no room for the rest."""
        try:
            self._target.close()
        finally:
            self._partial.unlink(missing_ok=True)
            super().close()

    def _commit(self) -> None:
        self._write_chunk(bytes(self._buffer), last=True)
        self._target.flush()
        os.fsync(self._target.fileno())
        self._target.close()
        self._storage.keep(self._partial, self.file.path)
        if (made := _made.get()) is not None:
            made.append(self.file.path)
        self.file.size = self._size
        self.file.save(force_insert=True)


def _key_context(file: EncryptedFile) -> bytes:
    return b"core_encryptedfile.sealed_key:" + str(file.pk).encode()


def _nonce(counter: int) -> bytes:
    return counter.to_bytes(12, "big")


def _associated(file: EncryptedFile, *, last: bool) -> bytes:
    return MAGIC + file.pk.bytes + (b"\x01" if last else b"\x00")
