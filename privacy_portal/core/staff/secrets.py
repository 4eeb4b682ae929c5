"""Secrets of second factors: encrypted at rest and bound to the account that they belong to.

allauth hands over the text alone. Whose it is comes from :func:`of`, where an account is being proven, and else from
the signed-in account, which is the only one whose factors its pages show and change.
"""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from allauth.core import context

from ..crypto import DecryptionError, keyring

_owner: ContextVar[str | None] = ContextVar("owner_of_second_factor", default=None)


@contextmanager
def of(user: Any) -> Iterator[None]:
    """Within: secrets are those of ``user``."""
    token = _owner.set(str(user.pk))
    try:
        yield
    finally:
        _owner.reset(token)


def _context() -> bytes:
    owner = _owner.get()
    if owner is None:
        request = context.request
        if request is None or not request.user.is_authenticated:
            raise RuntimeError("Whose second factor is this? Say so with secrets.of(user).")
        owner = str(request.user.pk)
    return b"mfa_authenticator.data:" + owner.encode()


def seal(text: str) -> str:
    """Encrypt a secret of the current account."""
    return base64.b64encode(keyring().seal(text.encode(), context=_context())).decode()


def unseal(sealed: str) -> str:
    """Decrypt a secret of the current account.

    Raises:
        DecryptionError: it was changed, or belongs to another account.
    """
    try:
        return keyring().open(base64.b64decode(sealed, validate=True), context=_context()).decode()
    except binascii.Error:
        raise DecryptionError("The value is not one that was encrypted here.") from None
