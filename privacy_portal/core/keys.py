"""Keys for keyed hashes, one for each use, so that a hash made for one purpose means nothing elsewhere."""

import hashlib
import hmac

from django.conf import settings


def derive_key(use: str) -> bytes:
    """32 bytes derived from ``SECRET_KEY`` for one use (HMAC as the extract step of RFC 5869)."""
    return hmac.new(settings.SECRET_KEY.encode(), f"privacy_portal.{use}".encode(), hashlib.sha256).digest()
