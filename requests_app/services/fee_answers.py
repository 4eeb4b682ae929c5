"""Whoever has no account accepts or declines a fee by letter or telephone, and staff write that down.

What counts is the day on which it came, not the one on which somebody found the time to write it down.
"""

from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.answers import NOT_A_CHOICE, REQUIRED, Errors
from ..domain.transitions import Actor, Event, Note
from ..models import DisclosureRequest, Fee, RequestEvent
from . import transition
from .correspondence import Contact
from .errors import InvalidAnswers
from .fees import waiting
from .permissions import deny, require_staff
from .registration import CHANNELS


def record_accepted(*, request: DisclosureRequest, actor: User, contact: Contact, now: datetime) -> Fee:
    """The person agreed to pay. Twice does no harm: the first day stays.

    Raises:
        InvalidAnswers: for ``channel`` or ``on`` (before the fee was told, or in the future).
        InvalidFee: no fee waits for an answer any more.
        NotAllowed: no permission, or the person has an account and answers there.
    """
    _require(actor, request)
    with transaction.atomic():
        row = transition.locked(request)
        fee = waiting(row)
        at, on = _read(contact, fee, now)
        if fee.accepted_at is None:
            fee.accepted_at = at
            fee.save(update_fields=["accepted_at"])
            audit.record(action="fee.accepted", actor=actor, obj=row, detail={"fee": fee.pk})
            RequestEvent.objects.create(
                request=row,
                kind=Note.FEE_ACCEPTED,
                from_status=row.status,
                to_status=row.status,
                actor_kind=Actor.STAFF,
                actor=actor,
                at=now,
                data={"channel": contact.channel, "on": on.isoformat()},
            )
    return fee


def record_declined(*, request: DisclosureRequest, actor: User, contact: Contact, now: datetime) -> None:
    """The person did not agree; the request ends as withdrawn, and they can make another one at any time.

    Raises:
        InvalidAnswers, InvalidFee, NotAllowed: as in :func:`record_accepted`.
    """
    _require(actor, request)
    with transaction.atomic():
        row = transition.locked(request)
        fee = waiting(row)
        at, on = _read(contact, fee, now)
        fee.accepted_at, fee.declined_at = None, at
        fee.save(update_fields=["accepted_at", "declined_at"])
        audit.record(action="fee.declined", actor=actor, obj=row, detail={"fee": fee.pk})
        transition.apply(
            request=row,
            event=Event.FEE_DECLINED,
            actor=actor,
            actor_kind=Actor.STAFF,
            now=now,
            data={"channel": contact.channel},
            on=on,
        )
        request.status = row.status


def _require(actor: User, request: DisclosureRequest) -> None:
    require_staff(actor, request, "decide_request")
    if request.applicant_id is not None:
        deny(actor, request)


def _read(contact: Contact, fee: Fee, now: datetime) -> tuple[datetime, date]:
    """When it was said: the moment that is kept, and the day as it was written down."""
    errors: Errors = {}
    if contact.channel not in CHANNELS:
        errors["channel"] = NOT_A_CHOICE if contact.channel else REQUIRED
    if contact.on is None:
        errors["on"] = REQUIRED
    elif contact.on > timezone.localdate(now):
        errors["on"] = _("今日までの日付にしてください。")
    elif contact.on < timezone.localdate(fee.asked_at):
        errors["on"] = _("手数料を知らせた日より前の日付です。")
    if errors or contact.on is None:
        raise InvalidAnswers(errors)
    if contact.on == timezone.localdate(now):
        return now, contact.on
    return max(fee.asked_at, timezone.make_aware(datetime.combine(contact.on, time.min))), contact.on
