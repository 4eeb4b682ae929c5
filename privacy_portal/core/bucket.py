"""Encrypted files in a bucket of an object storage that speaks S3, through django-storages.

For ``FILES_S3_BUCKET``; needs ``django-storages[s3]``. Who may read and write is told by boto3's own variables
(``AWS_ACCESS_KEY_ID`` and the like) or by the machine's role.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from .file_storage import Folder


class Bucket(S3Storage):
    """An object appears when it is whole; until then its content is written in ``MEDIA_ROOT`` of this machine."""

    def get_default_settings(self) -> dict[str, Any]:
        """Nothing public, nothing overwritten, and no file in memory as a whole."""
        return {
            **super().get_default_settings(),
            "default_acl": None,
            "file_overwrite": False,
            "max_memory_size": 1024 * 1024,
            "querystring_auth": True,
            # One part at a time: ten at once, as is usual, are eighty megabytes.
            "transfer_config": TransferConfig(use_threads=False),
        }

    def partial(self, name: str) -> Path:
        return Folder().partial(name)

    def keep(self, partial: Path, name: str) -> None:
        with _as_os_errors(), partial.open("rb") as content:
            kept = self.save(name, File(content))
            if kept != name:
                self.delete(kept)
                raise FileExistsError(name)
        partial.unlink()

    def open(self, name: str, mode: str = "rb") -> File:
        """The object as a temporary file, downloaded now, so that whatever fails fails here."""
        with _as_os_errors():
            opened: Any = super().open(name, mode)
            opened.file.seek(0)
            return opened

    def delete(self, name: str) -> None:
        with _as_os_errors():
            super().delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _as_os_errors():
            return super().listdir(path)


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """A storage that is away is to the product what a failing disk is. Only the kind of its error is told."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OSError(f"The object storage failed: {type(error).__name__}.") from error
