"""One-time codes: eight digits sent by mail, typed by the person.

Only a keyed hash is kept, bound to purpose, subject and row. A guess is counted before it is compared, in one UPDATE
that the database serialises, so forty guesses sent at once get five comparisons and not forty.
"""

import hashlib
import hmac
import secrets
import unicodedata
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from .. import ratelimit
from ..keys import derive_key
from ..models import OneTimeCode, User
from ..ratelimit import Limit
from . import outbox

DIGITS = 8
LIFETIME = timedelta(minutes=10)
KEPT_AFTER_EXPIRY = timedelta(days=1)
# Servers differ by seconds; a clock that is further off has been put right since.
SKEW = timedelta(minutes=1)
# How often a client may ask for a code for one subject, how many code mails it may send to one address and in all, how
# many one address gets for one purpose from everybody unknown, and how many guesses one client may send over all codes.
# The narrow limits bind client and address together: a stranger who uses up their own share leaves the owner theirs.
# The limit per address also bounds guessing: each code has five tries (docs/decisions/sign-in.md).
PAUSE = Limit("code-pause", 1, 60)
PER_CLIENT_AND_RECIPIENT = Limit("code-client-recipient", 6, 3600)
PER_RECIPIENT = Limit("code-recipient", 20, 3600)
ISSUED_PER_CLIENT = Limit("code-client", 30, 3600)
GUESSED_PER_CLIENT = Limit("code-guess", 60, 600)
_SEPARATORS = str.maketrans("", "", " \t\r\n\u3000\u00a0-‐‑‒–—―−ー・.")


class CodeRefused(Exception):
    """The code was not accepted."""


class CodeWrong(CodeRefused):
    """Another code than the one sent. ``remaining``: how many more tries this code has."""

    def __init__(self, remaining: int) -> None:
        super().__init__(f"{remaining} tries left")
        self.remaining = remaining


class CodeDead(CodeRefused):
    """Nothing was compared: expired, used, replaced by a newer code, tried too often, or never issued."""


def normalise(typed: str) -> str:
    """The digits of what was typed: full-width digits, spaces and hyphens of every kind are accepted."""
    return unicodedata.normalize("NFKC", typed).translate(_SEPARATORS)


def grouped(code: str) -> str:
    """The code as it is shown, in two groups."""
    return f"{code[:4]} {code[4:]}"


def _subject_digest(purpose: str, subject: str) -> bytes:
    return hmac.new(derive_key("code-subject"), f"{purpose}\0{subject}".encode(), hashlib.sha256).digest()


def _code_digest(purpose: str, subject_digest: bytes, code_id: uuid.UUID, code: str) -> bytes:
    message = b"\0".join([purpose.encode(), subject_digest, code_id.bytes, code.encode()])
    return hmac.new(derive_key("code"), message, hashlib.sha256).digest()


def _matches(expected: bytes, given: bytes) -> bool:
    return hmac.compare_digest(expected, given)


@transaction.atomic
def issue(
    *,
    purpose: OneTimeCode.Purpose,
    subject: str,
    recipient: str,
    client: str,
    language: str,
    template: str,
    context: Mapping[str, Any] | None = None,
    user: User | None = None,
    replaces: Collection[uuid.UUID] | None = None,
    known: bool = False,
    now: datetime | None = None,
) -> OneTimeCode:
    """Make a code for the subject, void older ones and queue the mail that carries it.

    Args:
        subject: what the code is good for, such as an address, or "user id:request id". Kept as a keyed hash.
        recipient: the mail address that gets the code.
        client: what :func:`privacy_portal.core.ratelimit.client_of` says about the request.
        template: the mail's template; its context gets ``code`` ("1234 5678") and ``minutes``.
        replaces: the subject's codes that become void; None: all of them, where nobody else can ask for the subject.
        known: asked for in a browser that the recipient has used before: strangers' requests do not count against it.

    Raises:
        privacy_portal.core.ratelimit.LimitExceeded: too soon or too often; no code was made.
    """
    now = now or timezone.now()
    limits = [
        (PAUSE, f"{purpose}:{subject}\0{client}"),
        (PER_CLIENT_AND_RECIPIENT, f"{recipient}\0{client}"),
        (ISSUED_PER_CLIENT, client),
    ]
    ratelimit.hit(*limits, *([] if known else [(PER_RECIPIENT, f"{purpose}\0{recipient}")]))
    subject_digest = _subject_digest(purpose, subject)
    with connection.cursor() as cursor:
        # Two requests at once for one subject: the later waits here and voids the earlier one's code.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(subject_digest[:8], "big", signed=True)])
    live = OneTimeCode.objects.filter(purpose=purpose, subject_digest=subject_digest, used_at=None, expires_at__gt=now)
    (live if replaces is None else live.filter(pk__in=replaces)).update(expires_at=now)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    row = OneTimeCode(purpose=purpose, subject_digest=subject_digest, created_at=now, expires_at=now + LIFETIME)
    row.code_digest = _code_digest(purpose, subject_digest, row.id, code)
    row.save(force_insert=True)
    outbox.enqueue(
        template=template,
        recipient=recipient,
        language=language,
        context={**(context or {}), "code": grouped(code), "minutes": int(LIFETIME.total_seconds() // 60)},
        user=user,
    )
    return row


def _count_try(code_id: uuid.UUID, purpose: str, subject_digest: bytes, now: datetime) -> tuple[bytes, int] | None:
    """Take one of the five tries: the code's digest and the tries used, or None when there is nothing to try.

    Committed before anything is compared (``durable``), so that no later error gives the try back.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_onetimecode SET attempts = attempts + 1"
            " WHERE id = %s AND purpose = %s AND subject_digest = %s"
            # A clock that was put back must not make a code good for longer than any is given.
            " AND attempts < %s AND used_at IS NULL AND expires_at > %s AND expires_at <= %s"
            " RETURNING code_digest, attempts",
            [code_id, purpose, subject_digest, OneTimeCode.MAX_ATTEMPTS, now, now + LIFETIME + SKEW],
        )
        row = cursor.fetchone()
    return None if row is None else (bytes(row[0]), row[1])


def check(
    *,
    code_id: uuid.UUID,
    purpose: OneTimeCode.Purpose,
    subject: str,
    code: str,
    client: str,
    now: datetime | None = None,
) -> None:
    """Accept the code once, or say why not. Must not be called inside a transaction: see :func:`_count_try`.

    Args:
        code_id: the row that :func:`issue` made, kept in the session of the person who asked for it.
        code: what was typed.
        client: as for :func:`issue`.

    Raises:
        privacy_portal.core.ratelimit.LimitExceeded: too many guesses from this client; nothing was compared.
        CodeWrong: counted and compared, but different.
        CodeDead: no try is left; only a new code helps.
    """
    now = now or timezone.now()
    ratelimit.hit((GUESSED_PER_CLIENT, client))
    subject_digest = _subject_digest(purpose, subject)
    counted = _count_try(code_id, purpose, subject_digest, now)
    if counted is None:
        raise CodeDead
    expected, attempts = counted
    if not _matches(expected, _code_digest(purpose, subject_digest, code_id, normalise(code))):
        remaining = OneTimeCode.MAX_ATTEMPTS - attempts
        if remaining == 0:
            raise CodeDead
        raise CodeWrong(remaining)
    # Two right answers at once: the database lets exactly one of them mark the row.
    if not OneTimeCode.objects.filter(id=code_id, used_at=None, expires_at__gt=now).update(used_at=now):
        raise CodeDead


def purge(*, now: datetime | None = None) -> int:
    """Delete codes that expired more than a day ago. Returns how many."""
    now = now or timezone.now()
    return OneTimeCode.objects.filter(expires_at__lt=now - KEPT_AFTER_EXPIRY).delete()[0]
