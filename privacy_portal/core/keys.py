"""Keys for keyed hashes, one for each use, so that a hash made for one purpose means nothing elsewhere."""

import functools
import hmac

from django.conf import settings


def derive_key(use: str) -> bytes:
    """32 bytes derived from ``SECRET_KEY`` for one use (HMAC as the extract step of RFC 5869)."""
    return _derived(settings.SECRET_KEY, use)


@functools.lru_cache(maxsize=64)
def _derived(secret: str, use: str) -> bytes:
    return hmac.digest(secret.encode(), f"privacy_portal.{use}".encode(), "sha256")
