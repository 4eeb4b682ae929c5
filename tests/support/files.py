"""Where an encrypted file lies while tests look at its ciphertext."""

from pathlib import Path

from django.conf import settings

from privacy_portal.core.models import EncryptedFile


def path_of(file: EncryptedFile) -> Path:
    """In the folder that tests use."""
    return Path(settings.MEDIA_ROOT) / file.path
