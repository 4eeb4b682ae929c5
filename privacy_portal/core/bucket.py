"""Encrypted files in a bucket of an object storage that speaks S3, through django-storages.

For ``FILES_S3_BUCKET``; needs ``django-storages[s3]``. Who may read and write is told by boto3's own variables
(``AWS_ACCESS_KEY_ID`` and the like) or by the machine's role.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
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
        """The object as it comes over the network, without a copy of it here."""
        with _as_os_errors():
            return File(io.BufferedReader(_Body(self.bucket.Object(name).get()["Body"])), name)

    def delete(self, name: str) -> None:
        with _as_os_errors():
            super().delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _as_os_errors():
            return super().listdir(path)

    def get_modified_time(self, name: str) -> datetime:
        with _as_os_errors():
            return super().get_modified_time(name)


class _Body(io.RawIOBase):
    """What comes, as a file that can be read in pieces of any size."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _as_os_errors():
            piece = self._body.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._body.close()
        super().close()


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """A storage that is away is to the product what a failing disk is. Only the kind of its error is told."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in ("404", "NoSuchKey"):
            raise FileNotFoundError from error
        raise OSError(f"The object storage refused: {code}.") from error
    except BotoCoreError as error:
        raise OSError(f"The object storage failed: {type(error).__name__}.") from error
