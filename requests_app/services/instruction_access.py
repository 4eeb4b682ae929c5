"""Opening an instruction without an account: the signed link of the mail, then a fresh code to the same address.

The link alone shows nothing about anybody: mails are forwarded and looked into by scanners.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from django.core import signing
from django.db import transaction

from privacy_portal.core.models import OneTimeCode
from privacy_portal.core.ratelimit import LimitExceeded
from privacy_portal.core.services import audit, codes

from ..domain.instructions import State
from ..models import Instruction
from .instructions import SALT


class Ended(StrEnum):
    """Why a link does not open."""

    UNKNOWN = "unknown"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class LinkEnded(Exception):
    """The link does not open; ``why`` is for the page."""

    def __init__(self, why: Ended) -> None:
        super().__init__(why)
        self.why = why


def by_token(token: str, *, now: datetime) -> Instruction:
    """The instruction of a link that works.

    Raises:
        LinkEnded: not our signature, not the newest link, taken back, or too old.
    """
    try:
        key, number = signing.loads(token, salt=SALT)
        instruction = Instruction.objects.select_related("request", "subcontractor").get(pk=uuid.UUID(key))
    except (signing.BadSignature, ValueError, TypeError, AttributeError, Instruction.DoesNotExist):
        raise LinkEnded(Ended.UNKNOWN) from None
    if instruction.state == State.WITHDRAWN:
        raise LinkEnded(Ended.WITHDRAWN)
    if instruction.round != number:
        raise LinkEnded(Ended.REPLACED)
    if instruction.link_expires_at is None or instruction.link_expires_at <= now:
        raise LinkEnded(Ended.EXPIRED)
    return instruction


def request_code(*, instruction: Instruction, client: str, language: str, now: datetime) -> uuid.UUID:
    """Mail a fresh code to the address that got the link. Returns its id, to be kept in the session.

    Raises:
        ratelimit.LimitExceeded: too soon or too often; no code was made.
    """
    try:
        with transaction.atomic():
            code = codes.issue(
                purpose=OneTimeCode.Purpose.INSTRUCTION,
                subject=_subject(instruction),
                recipient=instruction.email,
                client=client,
                language=language,
                template="instruction_code",
                context={"reference": instruction.reference},
                now=now,
            )
            audit.record(action="instruction.code_requested", actor="anonymous", obj=instruction)
    except LimitExceeded:
        audit.record(action="instruction.limited", actor="anonymous", obj=instruction)
        raise
    return code.pk


def check_code(*, instruction: Instruction, code_id: uuid.UUID, code: str, client: str, now: datetime) -> None:
    """Accept the code, once. Not inside a transaction: a counted try must stay counted.

    Raises:
        codes.CodeWrong, codes.CodeDead, ratelimit.LimitExceeded: see ``codes.check``.
    """
    try:
        codes.check(
            code_id=code_id,
            purpose=OneTimeCode.Purpose.INSTRUCTION,
            subject=_subject(instruction),
            code=code,
            client=client,
            now=now,
        )
    except codes.CodeRefused:
        audit.record(action="instruction.code_refused", actor="anonymous", obj=instruction)
        raise
    except LimitExceeded:
        audit.record(action="instruction.limited", actor="anonymous", obj=instruction)
        raise


def looked_at(instruction: Instruction) -> None:
    """Record that the addressee sees what it is about."""
    audit.record(action="instruction.opened", actor="anonymous", obj=instruction)


def _subject(instruction: Instruction) -> str:
    return f"instruction:{instruction.pk}:{instruction.round}"
