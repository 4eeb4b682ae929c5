"""Keeping the data of a case beyond its time, for a reason, until somebody ends it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent_app.domain.normalise import clean_note
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.answers import MY_NUMBER, holds_my_number
from ..models import DisclosureRequest, RetentionHold
from . import transition
from .errors import RequestError
from .permissions import require_staff

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PERMISSION: Final = "decide_request"
REASON_LENGTH: Final = 1000


class InvalidHold(RequestError):
    """Without a reason, a second one, or none to end."""

    def __init__(self, field: str, message: _StrPromise | str) -> None:
        super().__init__()
        self.field = field
        self.message = message


def in_force(request: DisclosureRequest) -> RetentionHold | None:
    """The hold that keeps a case, if there is one."""
    return request.holds.filter(ended_at=None).select_related("placed_by").first()


def place(*, request: DisclosureRequest, kind: str, reason: str, actor: User, now: datetime) -> RetentionHold:
    """Keep everything of a case that is still there until :func:`end`.

    Raises:
        NotAllowed: no permission, or their own request.
        InvalidHold: no reason, or it is held already.
    """
    require_staff(actor, request, PERMISSION)
    if kind not in RetentionHold.Kind.values:
        raise InvalidHold("kind", _("選択肢から選んでください。"))
    words = _words(reason)
    with transaction.atomic():
        row = transition.locked(request)
        if in_force(row):
            raise InvalidHold("", _("もう保留されています。"))
        hold = RetentionHold.objects.create(request=row, kind=kind, reason=words, placed_by=actor, placed_at=now)
        audit.record(action="request.held", actor=actor, obj=row, detail={"kind": kind})
    return hold


def end(*, request: DisclosureRequest, reason: str, actor: User, now: datetime) -> RetentionHold:
    """End the hold. What is due by then goes with the next run of the worker.

    Raises:
        NotAllowed: no permission, or their own request.
        InvalidHold: no reason, or there is no hold.
    """
    require_staff(actor, request, PERMISSION)
    words = _words(reason)
    with transaction.atomic():
        row = transition.locked(request)
        hold = in_force(row)
        if hold is None:
            raise InvalidHold("", _("保留は、もう終わっています。"))
        hold.end_reason, hold.ended_by, hold.ended_at = words, actor, now
        hold.save(update_fields=["end_reason", "ended_by", "ended_at"])
        audit.record(action="request.hold_ended", actor=actor, obj=row)
    return hold


def _words(reason: str) -> str:
    words = clean_note(reason[: 2 * REASON_LENGTH])
    if not words or len(words) > REASON_LENGTH:
        raise InvalidHold("reason", _("理由を1000字までで書いてください。"))
    if holds_my_number(words):
        raise InvalidHold("reason", MY_NUMBER)
    return words
