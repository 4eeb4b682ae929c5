"""Authenticated encryption at rest with keys from the environment.

A sealed value is ``version (1) | key id length (1) | key id | nonce (12) | ciphertext and tag``. The context, which
names the column and the row, is associated data: a value copied to another row or column does not decrypt.
"""

import base64
import binascii
import functools
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION = 1
NONCE_BYTES = 12
KEY_BYTES = 32
TAG_BYTES = 16


class DecryptionError(Exception):
    """The value was changed, belongs to another row, or its key is not configured. Never carries any of the value.

    Args:
        key_id: of the key that sealed it, where the value still says so.
    """

    def __init__(self, message: str, *, key_id: str = "") -> None:
        super().__init__(message)
        self.key_id = key_id


class Keyring:
    """The configured keys: the first encrypts, every one decrypts.

    Raises:
        ImproperlyConfigured: an entry of ``FIELD_ENCRYPTION_KEYS`` is not ``id:base64 of 32 bytes``, or an id comes
            twice.
    """

    def __init__(self, entries: list[str]) -> None:
        self._keys: dict[str, AESGCM] = {}
        for position, entry in enumerate(entries, start=1):
            key_id, _, encoded = entry.strip().partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):  # ValueError: not ASCII
                key = b""
            # What cannot be told apart later is refused: two keys under one id would decrypt only half of the values.
            usable_id = 0 < len(key_id) <= 255 and key_id.isascii() and key_id not in self._keys
            if not usable_id or len(key) != KEY_BYTES:
                # The entry itself is a secret: the message names only its position.
                raise ImproperlyConfigured(
                    f"FIELD_ENCRYPTION_KEYS, entry {position}: expected an id of its own, a colon and base64 of "
                    f"{KEY_BYTES} bytes."
                )
            self._keys[key_id] = AESGCM(key)
        if not self._keys:
            raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS is empty: at least one key is needed.")
        self.primary_id = next(iter(self._keys))

    def seal(self, plain: bytes, *, context: bytes) -> bytes:
        """Encrypt ``plain`` with the first key, bound to ``context``."""
        nonce, header = os.urandom(NONCE_BYTES), self.header()
        return header + nonce + self._keys[self.primary_id].encrypt(nonce, plain, header + context)

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """Decrypt what :meth:`seal` made for the same ``context``.

        Raises:
            DecryptionError: see there.
        """
        key_id = self.key_id(sealed)
        if key_id not in self._keys:
            raise DecryptionError(
                f"No key with the id {key_id!r} is configured in FIELD_ENCRYPTION_KEYS: put it back.", key_id=key_id
            )
        start = 2 + sealed[1]
        header, nonce, body = sealed[:start], sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        try:
            return self._keys[key_id].decrypt(nonce, body, header + context)
        except InvalidTag:
            raise DecryptionError(
                "The value was changed, or belongs to another row, or the key that FIELD_ENCRYPTION_KEYS has under the"
                f" id {key_id!r} is not the one that sealed it.",
                key_id=key_id,
            ) from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the first key sealed it."""
        return self.key_id(sealed) == self.primary_id

    def header(self) -> bytes:
        """With what everything begins that the first key seals."""
        key_id = self.primary_id.encode()
        return bytes([VERSION, len(key_id)]) + key_id

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys."""
        return frozenset(self._keys)

    @staticmethod
    def key_id(sealed: bytes) -> str:
        """The id of the key that sealed the value.

        Raises:
            DecryptionError: the bytes do not begin with a header of ours.
        """
        if len(sealed) < 2 or sealed[0] != VERSION or len(sealed) < 2 + sealed[1] + NONCE_BYTES + TAG_BYTES:
            raise DecryptionError("The value is not one that was encrypted here.")
        try:
            return sealed[2 : 2 + sealed[1]].decode("ascii")
        except UnicodeDecodeError:
            raise DecryptionError("The value is not one that was encrypted here.") from None


@functools.lru_cache(maxsize=4)
def _keyring(entries: tuple[str, ...]) -> Keyring:
    return Keyring(list(entries))


def keyring() -> Keyring:
    """The keyring of the current settings."""
    return _keyring(tuple(settings.FIELD_ENCRYPTION_KEYS))
