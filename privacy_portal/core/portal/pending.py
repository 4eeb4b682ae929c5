"""The sign-in under way, kept in the session: no address and no id of a code ever stands in a URL."""

import base64
import time
import uuid
from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase

from ..crypto import DecryptionError, keyring
from ..services import codes

_KEY = "sign_in"


@dataclass(frozen=True)
class PendingSignIn:
    """Which code was sent to which address, where to go afterwards, and when (epoch seconds)."""

    code_id: uuid.UUID
    address: str
    next_url: str
    sent_at: float

    @property
    def wait(self) -> int:
        """Seconds until another code may be asked for."""
        return max(0, round(self.sent_at + codes.PAUSE.seconds - time.time()))

    def save(self, session: SessionBase) -> None:
        """Keep it. The address is encrypted, bound to the code: sessions lie in the database."""
        sealed = keyring().seal(self.address.encode(), context=_context(self.code_id))
        session[_KEY] = {
            "code": self.code_id.hex,
            "address": base64.b64encode(sealed).decode(),
            "next": self.next_url,
            "sent_at": self.sent_at,
        }


def _context(code_id: uuid.UUID) -> bytes:
    return b"session.sign_in:" + code_id.bytes


def load(session: SessionBase) -> PendingSignIn | None:
    """The sign-in under way in this session, if there is one that can still be read."""
    data = session.get(_KEY)
    if not data:
        return None
    code_id = uuid.UUID(hex=data["code"])
    try:
        address = keyring().open(base64.b64decode(data["address"]), context=_context(code_id)).decode()
    except DecryptionError:
        return None
    return PendingSignIn(code_id=code_id, address=address, next_url=data["next"], sent_at=data["sent_at"])


def forget(session: SessionBase) -> None:
    """The sign-in is done or given up."""
    session.pop(_KEY, None)
