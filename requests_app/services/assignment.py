"""Who looks after a case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent_app.domain.normalise import clean_note
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.answers import MY_NUMBER, TOO_LONG, holds_my_number
from ..models import DisclosureRequest, HandOver
from .errors import NotAllowed, RequestError
from .permissions import deny, may_act_as_staff, require_staff
from .transition import locked


class AssignedMeanwhile(RequestError):
    """Somebody else gave the case away after the page was shown."""

    message = _("ほかの人が担当者を変えました。画面を読み直して、いまの担当者を確かめてください。")


class InvalidNote(RequestError):
    """A note for the next one that cannot be kept."""

    def __init__(self, message: Any) -> None:
        super().__init__()
        self.message = message


NOTE_LENGTH: Final = 4000
# Where the page did not show who looks after the case, nothing can have changed since.
UNSEEN: Any = object()


def assign(
    *,
    request: DisclosureRequest,
    actor: User,
    to: User | None,
    now: datetime,
    note: str = "",
    seen: UUID | None = UNSEEN,
) -> DisclosureRequest:
    """Give the case to a member of staff, or to nobody.

    Args:
        note: what the next one should know; about the person it says no more than needed.
        seen: who looked after the case when the page was shown.

    Raises:
        NotAllowed: the actor is not staff, or ``to`` may not handle this case (their own request, or no staff).
        AssignedMeanwhile: it is no longer as ``seen``.
        InvalidNote: the note is too long, or has a My Number in it.
    """
    require_staff(actor, request)
    note = _words(note)
    if to is not None and not may_act_as_staff(to, request):
        deny(actor, request)
    with transaction.atomic():
        row = locked(request)
        if seen is not UNSEEN and row.assigned_to_id != seen:
            raise AssignedMeanwhile
        if row.assigned_to_id == (to.pk if to else None) and not note:
            return row
        row.assigned_to = request.assigned_to = to
        row.save(update_fields=["assigned_to"])
        HandOver.objects.create(request=row, by=actor, to=to, note=note or None, at=now)
        audit.record(action="request.assigned", actor=actor, obj=row, detail={"to": to.pk if to else None})
    return row


def _words(note: str) -> str:
    words = clean_note(note[: 2 * NOTE_LENGTH])
    if len(words) > NOTE_LENGTH:
        raise InvalidNote(TOO_LONG)
    if holds_my_number(words):
        raise InvalidNote(MY_NUMBER)
    return words


@dataclass(slots=True)
class Assigned:
    """What became of several cases; numbers of receipt."""

    done: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def assign_all(
    *,
    requests: Mapping[UUID, UUID | None],
    actor: User,
    to: User | None,
    now: datetime,
    note: str = "",
) -> Assigned:
    """Give several cases to one member of staff, each by itself: one that cannot be given keeps back no other.

    Args:
        requests: key of each case -> who looked after it when the page was shown.
    """
    result = Assigned()
    for case in DisclosureRequest.objects.filter(pk__in=requests).order_by("target_on", "received_at"):
        try:
            assign(request=case, actor=actor, to=to, now=now, note=note, seen=requests[case.pk])
        except AssignedMeanwhile:
            result.changed.append(case.receipt_number)
        except NotAllowed:
            result.refused.append(case.receipt_number)
        else:
            result.done.append(case.receipt_number)
    return result
