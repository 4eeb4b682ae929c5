"""What a decision does: the letter, the package, and the step to "answered". Run by a worker, safe to run twice."""

import datetime as dt
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import IO, cast

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.models import Customer
from consent_app.services import erasure
from privacy_portal.core.models import EncryptedFile, User
from privacy_portal.core.services import audit, files

from ..domain import tracking
from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import Actor, Event, Status
from ..models import AnswerFile, Decision, DisclosureRequest, RetentionHold
from ..models.decision import POSITIVE
from . import answer_mails, effects, letters, packages, passing_on, provision_answers, transition
from .effects import Preparation
from .errors import AnswerGone, InvalidPosting
from .permissions import require_staff


def fulfil(*, request_id: uuid.UUID, now: datetime) -> bool:
    """Make what is missing of the answer, then move the request on.

    The decision's row stays locked while the files are made, so that two workers do not make them twice and a killed
    one leaves nothing: its transaction is gone, and the sweep takes the request up again.

    That it was tried is written down before, and stays whatever happens: one that fails, or kills its worker, goes to
    the end of the sweep's queue.

    Returns:
        False when there was nothing to do: not decided, done already, or another worker is at it.
    """
    if not _attempted(request_id, now):
        return False
    with files.removed_on_error(), transaction.atomic():
        decision = _claimed(request_id)
        if decision is None:
            return False
        request = decision.request
        made = set(decision.files.values_list("kind", flat=True))
        preparation = Preparation(decision, made, now, end_of_offer(now))
        effect = REQUEST_TYPES[request.request_type].effect
        if request.customer is not None and effect == "erase" and decision.outcome in POSITIVE:
            # The letter says what is erased: nothing may come in between.
            erasure.lock(request.customer)
        if AnswerFile.Kind.LETTER not in made:
            letter = letters.kept_letter(
                decision=decision, available_until=timezone.localdate(preparation.expires_at), at=now
            )
            _keep(preparation, AnswerFile.Kind.LETTER, letter)
        if decision.outcome in POSITIVE:
            # Before the effect: after an erasure nothing says any more who holds what.
            passing_on.make(decision=decision, now=now)
            EFFECTS[effect](preparation)
        # Without an account nobody opens anything here: somebody has to send it.
        on_paper = request.answer_method == DisclosureRequest.AnswerMethod.PAPER or request.applicant_id is None
        if answer_mails.is_mailed(request):
            answer_mails.send(decision=decision, now=now)
        transition.apply(
            request=request,
            event=Event.PREPARED_FOR_POST if on_paper else Event.FULFILLED,
            actor=None,
            actor_kind=Actor.WORKER,
            now=now,
        )
    return True


def _claimed(request_id: uuid.UUID) -> Decision | None:
    return (
        Decision.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("request__customer")
        .filter(request_id=request_id, request__status=Status.FULFILLING, superseded_at=None)
        .first()
    )


def _attempted(request_id: uuid.UUID, now: datetime) -> bool:
    with transaction.atomic():
        decision = _claimed(request_id)
        if decision is None:
            return False
        decision.attempted_at = now
        decision.attempts = F("attempts") + 1
        decision.save(update_fields=["attempted_at", "attempts"])
    return True


def end_of_offer(now: datetime) -> datetime:
    """When an answer that is given now can no longer be opened: the last moment of the last day, in local time.

    The letter names the day, so the whole day is the person's.
    """
    last_day = timezone.localdate(now) + timedelta(days=settings.ANSWER_FILE_DAYS)
    return timezone.make_aware(datetime.combine(last_day, dt.time.max))


def _package(preparation: Preparation) -> None:
    """The effect of a disclosure: what is held goes into a ZIP, for the recipient of gifts what is held of that.

    What staff found by hand goes along.
    """
    request = preparation.decision.request
    if AnswerFile.Kind.PACKAGE in preparation.made:
        return
    if request.customer is not None:
        _zip(preparation, "data", packages.write_package, customer=request.customer)
    else:
        _zip(preparation, "data", packages.write_without_customer)


def _provision_records(preparation: Preparation) -> None:
    """The effect of a disclosure of the ledgers: a ZIP, unless the letter is printed and names every record."""
    request = preparation.decision.request
    customer = request.customer
    if AnswerFile.Kind.PACKAGE in preparation.made or customer is None:
        return
    on_paper = request.answer_method == DisclosureRequest.AnswerMethod.PAPER
    if on_paper and provision_answers.ledger_answer(customer, preparation.decision.withheld_items.all()).few:
        return
    _zip(preparation, "records", provision_answers.write_package, customer=customer)


def _zip(preparation: Preparation, name: str, write: Callable[..., None], **about: Customer) -> None:
    request = preparation.decision.request
    with files.create(name=f"{request.receipt_number}-{name}.zip", content_type="application/zip") as writer:
        target = cast(IO[bytes], writer)  # a raw stream has all that a ZIP needs
        write(target=target, request=request, decision=preparation.decision, now=preparation.now, **about)
    _keep(preparation, AnswerFile.Kind.PACKAGE, writer.file)


# Effect of the table of types -> what does it.
EFFECTS: dict[str, Callable[[Preparation], None]] = {
    "package": _package,
    "provision_records": _provision_records,
    "purposes": effects.nothing,
    "change": effects.change,
    "reply": effects.nothing,
    "stop_use": effects.stop_use,
    "stop_provision": effects.stop_provision,
    "erase": effects.erase,
}


def _keep(preparation: Preparation, kind: str, file: EncryptedFile) -> None:
    answer = AnswerFile.objects.create(
        request=preparation.decision.request,
        decision=preparation.decision,
        kind=kind,
        file=file,
        created_at=preparation.now,
        expires_at=preparation.expires_at,
    )
    audit.record(action="answer.made", actor="worker", obj=answer, detail={"kind": str(kind)})


def mark_posted(
    *,
    request: DisclosureRequest,
    actor: User,
    now: datetime,
    sent_on: dt.date | None = None,
    tracking_number: str = "",
) -> DisclosureRequest:
    """Staff sent the printed answer. From now on the person has it, and its files are kept for the usual time.

    Args:
        sent_on: the day on which it was sent, when that was not today.
        tracking_number: of registered mail, in any spelling; empty where there is none.

    Raises:
        InvalidPosting: a day before the answer was ready or in the future, or a number that the post does not use.
        NotAllowed: no permission, or their own request.
        AnswerGone: a file of the answer was erased, so that nothing can have been printed; reopening makes a new one.
        TransitionRefused: the answer is not ready to be posted.
    """
    require_staff(actor, request, "decide_request")
    number = tracking.read(tracking_number)
    if number is None:
        raise InvalidPosting(
            "tracking_number", _("追跡番号を確かめてください。数字11桁から13桁か、英字2つで始まる13文字です。")
        )
    today = timezone.localdate(now)
    with transaction.atomic():
        row = transition.locked(request)
        transition.require(row, Event.POSTED, Actor.STAFF)
        day = sent_on or today
        if not timezone.localdate(row.status_changed_at) <= day <= today:
            raise InvalidPosting("sent_on", _("回答の用意ができた日から今日までの日付を入れてください。"))
        answers = AnswerFile.objects.filter(request=row, decision__superseded_at=None)
        if answers.exclude(file__erased_at=None).exists():
            raise AnswerGone
        answers.update(expires_at=end_of_offer(now))
        return transition.apply(
            request=request,
            event=Event.POSTED,
            actor=actor,
            actor_kind=Actor.STAFF,
            now=now,
            data={"sent_on": day.isoformat(), "tracking_number": number},
        )


def erase_expired(*, now: datetime) -> int:
    """Erase the content of answers whose time is over; the row stays as the record that there was one.

    What still waits to be posted stays until it is, and what a hold keeps until that ends; nobody can open it for that.

    Returns:
        How many were erased.
    """
    due = AnswerFile.objects.filter(expires_at__lte=now, file__erased_at=None).exclude(
        request__status=Status.READY_TO_POST, decision__superseded_at=None
    )
    due = due.exclude(request__in=RetentionHold.objects.filter(ended_at=None).values("request"))
    erased = 0
    for answer in due.select_related("file").iterator(chunk_size=200):
        files.erase(file=answer.file, actor="worker")
        answer_mails.forget(decision_id=answer.decision_id, now=now)
        audit.record(action="answer.erased", actor="worker", obj=answer)
        erased += 1
    return erased
