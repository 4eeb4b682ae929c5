"""Reminding the person of what they owe, and ending a request when nothing comes back.

Each call takes one request, locks it and looks anew: a reply that arrives at the same moment is either there before the
lock, and nothing is sent, or it waits for it and finds the request ended. Whoever has no account is reminded by letter
(``correspondence``), and the request ends in the same way once the warning was posted.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from privacy_portal.core.services import audit

from .. import notifications, selectors
from ..domain import silence
from ..domain.silence import Patience, Stage
from ..domain.transitions import WAITING_FOR_PERSON, Actor, Event, Note
from ..models import DisclosureRequest, RequestEvent, SilenceNotice
from . import transition


def patience() -> Patience:
    """How long this operator waits."""
    return Patience(
        first=settings.REQUEST_REMIND_AFTER_DAYS,
        second=settings.REQUEST_REMIND_AGAIN_AFTER_DAYS,
        close=settings.REQUEST_SILENCE_CLOSE_DAYS,
        warning=settings.REQUEST_SILENCE_WARNING_DAYS,
    )


@transaction.atomic
def remind(*, request_id: uuid.UUID, now: datetime) -> Stage | None:
    """Write the mail of the newest stage that is due and was not sent. Returns the stage; twice does no harm."""
    request = _waiting(request_id)
    if request is None or request.applicant_id is None:
        return None
    turn_at = selectors.last_turn(request)
    stage = silence.reached(turn_at, now, patience())
    if stage is None:
        return None
    told = SilenceNotice.objects.filter(request=request, turn_at=turn_at, stage__in=silence.not_before(stage))
    if told.exists():
        return None
    closes_on = None
    if stage == Stage.WARNING:
        closes_on = silence.last_day(timezone.localdate(turn_at), timezone.localdate(now), patience())
        mail = notifications.closing_soon(request=request, closes_on=closes_on)
    else:
        mail = notifications.reminded(request=request)
    if mail is None:
        return None
    SilenceNotice.objects.create(
        request=request, turn_at=turn_at, stage=stage, closes_on=closes_on, mail=mail, written_at=now
    )
    RequestEvent.objects.create(
        request=request,
        kind=Note.CLOSING_ANNOUNCED if stage == Stage.WARNING else Note.REMINDED,
        from_status=request.status,
        to_status=request.status,
        actor_kind=Actor.WORKER,
        data={"closes_on": closes_on.isoformat()} if closes_on else {},
        at=now,
    )
    audit.record(action="request.reminded", actor="worker", obj=request, detail={"stage": stage})
    return stage


@transaction.atomic
def close_when_silent(*, request_id: uuid.UUID, now: datetime) -> bool:
    """End a request of which the person was warned, when the last day has passed without a turn of either side.

    The warning must have left: as long as its mail or letter was not sent, nothing ends. Returns whether it did.
    """
    request = _waiting(request_id)
    if request is None:
        return False
    warned = selectors.warnings_over(now=now, patience=patience())
    if not warned.filter(request=request, turn_at=selectors.last_turn(request)).exists():
        return False
    transition.apply(request=request, event=Event.CLOSED_SILENT, actor=None, actor_kind=Actor.WORKER, now=now)
    return True


def _waiting(request_id: uuid.UUID) -> DisclosureRequest | None:
    """The request, locked, if the person owes something and somebody else is not at it right now."""
    return (
        DisclosureRequest.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=request_id, status__in=WAITING_FOR_PERSON)
        .first()
    )
