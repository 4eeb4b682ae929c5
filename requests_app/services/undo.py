"""What a decision did and what of it can be taken back.

A stop of use or of provision ends on its own page (``consent_app.services.suspensions.end``); a decision is reopened
(``lifecycle.reopen``); an erasure is for good, but who was erased may become a customer again
(``consent_app.services.erasure_marks.lift``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from consent_app.domain.normalise import clean_note
from consent_app.models import CustomerChange, ErasureRecord, RecipientChange, RecipientSuspension, Suspension
from consent_app.services import customer_accounts, customer_changes, gift_changes, suspensions
from consent_app.services.gift_erasure import UNDO
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.answers import holds_my_number
from ..domain.transitions import Actor, Note
from ..models import DisclosureRequest, RequestEvent
from . import instructions, transition
from .errors import NoteRequired, RequestError
from .permissions import require_staff

REASON_LENGTH = 500


class CannotTakeBack(RequestError):
    """The value before cannot come back: something newer stands there, the person was erased, or it is not storable."""

    message = _(
        "元に戻せません。あとから別の変更があったか、前の内容を登録できません。お客さまのページで確かめてください。"
    )


@dataclass(frozen=True, slots=True)
class Done:
    """What the decisions of a request did to the data."""

    changes: list[CustomerChange | RecipientChange]
    stops: list[Suspension | RecipientSuspension]
    erasures: QuerySet[ErasureRecord]


def done_by(request: DisclosureRequest) -> Done:
    """What was changed, stopped and erased under the number of this request."""
    number, customer = request.receipt_number, request.customer_id
    own = Suspension.objects.filter(customer=customer, reference=number).select_related("purpose")
    gifts = RecipientSuspension.objects.filter(reference=number).select_related("purpose")
    return Done(
        changes=[
            *CustomerChange.objects.filter(customer=customer, reference=number).order_by("-at", "pk"),
            *RecipientChange.objects.filter(reference=number).order_by("-at", "pk"),
        ],
        stops=[*own, *gifts],
        erasures=ErasureRecord.objects.filter(reference=number),
    )


def take_back(
    *,
    request: DisclosureRequest,
    change: CustomerChange | RecipientChange,
    actor: User,
    reason: str,
    now: datetime,
) -> None:
    """Give an item the value that it had before it was corrected on this request; the history keeps both.

    A customer is told by mail that what is registered was changed; a recipient of gifts reads it in the new answer.
    Twice does no harm.

    Args:
        reason: for the history, at most 500 characters; encrypted.

    Raises:
        CannotTakeBack: not a change of this request, or the value before cannot come back.
        NotAllowed: no permission, or their own request.
        NoteRequired: no reason, too long, or a My Number in it.
    """
    require_staff(actor, request, "decide_request")
    text = clean_note(reason[: 2 * REASON_LENGTH])
    if not text or len(text) > REASON_LENGTH or holds_my_number(text):
        raise NoteRequired
    with transaction.atomic():
        row = transition.locked(request)
        if isinstance(change, CustomerChange):
            made = _value_back(row, change, actor, text, now)
        else:
            made = _gift_back(row, change, actor, text, now)
        if not made:
            return
        RequestEvent.objects.create(
            request=row,
            kind=Note.CORRECTION_TAKEN_BACK,
            from_status=row.status,
            to_status=row.status,
            actor_kind=Actor.STAFF,
            actor=actor,
            at=now,
        )
        instructions.reconsider(request=row, now=now)
        audit.record(action="change.taken_back", actor=actor, obj=row)


def end_stop(
    *, request: DisclosureRequest, stop: RecipientSuspension, actor: User, reason: str, note: str, now: datetime
) -> None:
    """End a stop that was set for a recipient of gifts on this request. Twice does no harm.

    Args:
        reason: a value of ``RecipientSuspension.EndReason``.
        note: what it rests on, without personal data.

    Raises:
        CannotTakeBack: not a stop of this request.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, "decide_request")
    if stop.reference != request.receipt_number:
        raise CannotTakeBack
    with transaction.atomic():
        row = transition.locked(request)
        if RecipientSuspension.objects.filter(pk=stop.pk, ended_at=None).exists():
            suspensions.end(suspension=stop, actor=actor, reason=reason, note=note, now=now)
            instructions.reconsider(request=row, now=now)


def _value_back(row: DisclosureRequest, change: CustomerChange, actor: User, text: str, now: datetime) -> bool:
    """Whether something was done now."""
    if row.customer is None or (change.customer_id, change.reference) != (row.customer_id, row.receipt_number):
        raise CannotTakeBack
    key = f"{UNDO}{change.pk}"
    if row.customer.changes.filter(key=key).exists():
        return False
    account = row.customer.user or row.applicant
    try:
        customer_changes.change_customer(
            customer=row.customer,
            values={change.item: customer_changes.restored(change)},
            actor=actor,
            channel=CustomerChange.Channel.REQUEST,
            seen={change.item: customer_changes.version_of(change.item, change.after)},
            reason=text,
            reference=row.receipt_number,
            key=key,
            mail_in=account.language if account else row.language,
            now=now,
        )
    except (customer_changes.ChangeError, customer_accounts.AddressTaken):
        raise CannotTakeBack from None
    return True


def _gift_back(row: DisclosureRequest, change: RecipientChange, actor: User, text: str, now: datetime) -> bool:
    """The same for what was done in the order of somebody else."""
    if change.reference != row.receipt_number:
        raise CannotTakeBack
    if RecipientChange.objects.filter(key=f"{UNDO}{change.pk}").exists():
        return False
    try:
        gift_changes.undo(change=change, actor=actor, reference=row.receipt_number, reason=text, now=now)
    except customer_changes.ChangeError:
        raise CannotTakeBack from None
    return True
