"""Where the ciphertext of encrypted files lies: a folder, or a bucket of an object storage (``core/bucket.py``).

Both are Django storages. What they have beyond that is how a file comes in: it is written to a partial file on this
machine and appears under its name when it is whole, or not at all.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages

PARTIAL = ".part"


class FileStorage(Protocol):
    """The storage of the setting ``STORAGES["encrypted"]``."""

    def partial(self, name: str) -> Path:
        """Where the content is written until it is whole; its folder exists."""
        ...

    def keep(self, partial: Path, name: str) -> None:
        """Have a whole partial file appear under its name, durably; the partial file is gone then.

        Raises:
            OSError: it could not be kept; where only the answer was lost, it is there and goes as an orphan.
        """
        ...

    def open(self, name: str, mode: str = "rb") -> File:
        """Raises FileNotFoundError where there is none."""
        ...

    def delete(self, name: str) -> None:
        """Idempotent."""
        ...

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Names of the folders and of the files in a folder."""
        ...

    def get_modified_time(self, name: str) -> datetime:
        """An aware moment. Raises FileNotFoundError where there is none."""
        ...


class Folder(FileSystemStorage):
    """Files in ``MEDIA_ROOT``, readable for their owner only."""

    @property
    def base_location(self) -> str:
        """Asked anew each time, as tests move it."""
        return str(settings.MEDIA_ROOT)

    @property
    def location(self) -> str:
        return str(Path(self.base_location).absolute())

    def partial(self, name: str) -> Path:
        """Beside its place: what is renamed must stay in its file system."""
        place = Path(self.path(name))
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return place.with_name(place.name + PARTIAL)

    def keep(self, partial: Path, name: str) -> None:
        """Rename it, and have the folder's entry written to the disk."""
        place = Path(self.path(name))
        partial.rename(place)
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def file_storage() -> FileStorage:
    """The storage that the settings name."""
    return storages["encrypted"]  # type: ignore[return-value]


def folders(storage: FileStorage, top: str) -> Iterator[tuple[str, list[str]]]:
    """The folders below ``top`` with the names of their files, each read when it is asked for."""
    try:
        names, _files = storage.listdir(top)
    except FileNotFoundError:
        return
    for name in sorted(names):
        yield f"{top}/{name}", sorted(storage.listdir(f"{top}/{name}")[1])
