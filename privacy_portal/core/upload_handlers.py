"""How the body of an upload is received: not in memory, not under a name on the disk, and not without end."""

import tempfile
from typing import IO, Any, Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MEGABYTE: Final = 1024 * 1024
# A form takes several files, and some text.
FILES_A_FORM: Final = 6
# Customer files that staff import.
FOR_STAFF: Final = 2048 * MEGABYTE
# A browser shows our page only after it could send all. So much more is taken in and thrown away.
PATIENCE: Final = 10
PIECE: Final = MEGABYTE


class PrivateUploadHandler(FileUploadHandler):
    """Small files stay in memory, larger ones go to a file without a name: it vanishes with the process that has it.

    Django's own handler writes documents of identity under a name into the folder for temporary files, where they
    outlive a crash, unencrypted.
    """

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, Any],  # noqa: N803, its name in Django
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Refuse a body that is larger than any of our forms, before anything of it is kept.

        Raises:
            RequestDataTooBig: it has its own page (413).
        """
        most = self._most()
        if content_length <= most:
            return
        if content_length <= PATIENCE * most:
            left = content_length
            while left > 0 and (piece := input_data.read(min(PIECE, left))):
                left -= len(piece)
        raise RequestDataTooBig("The body of the request is larger than any form takes.")

    def _most(self) -> int:
        user = getattr(self.request, "user", None)
        if user is not None and user.is_authenticated and user.is_staff:
            return FOR_STAFF
        return FILES_A_FORM * settings.UPLOAD_MAX_MB * MEGABYTE

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin with the next file of the form."""
        super().new_file(*args, **kwargs)
        self.content = tempfile.SpooledTemporaryFile(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115, the request closes it

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a piece of it."""
        self.content.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        """Hand it over, at its beginning."""
        self.content.seek(0)
        return UploadedFile(
            file=self.content,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )

    def upload_interrupted(self) -> None:
        """The connection ended in the middle: nothing remains."""
        self.content.close()
