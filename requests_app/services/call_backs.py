"""Calling back: staff telephone the number that is registered, never one that was stated, and ask.

The person is told that the registered number will be called, whether or not anybody is registered. The number is the
customer's on the day of the call, is shown to whoever asks for it, and that look is recorded.
"""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.domain.written import written_telephone
from consent_app.models import Customer, CustomerChange
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain import call_backs as rules
from ..domain.call_backs import MOST_ATTEMPTS, SPOKEN, Fact, Outcome
from ..domain.identity_levels import Means, reached
from ..domain.transitions import Actor, Event, Note
from ..models import CallAttempt, CallBack, DisclosureRequest, IdentityCheck, RequestEvent
from . import identity, transition
from .errors import CallRefused
from .evidence_state import OPEN
from .permissions import require_means, require_staff

PERMISSION: Final = "check_identity"
# Six calls in all: whoever was not reached by then is asked for something else.
MOST_ROUNDS: Final = 2


def live(request: DisclosureRequest, now: datetime) -> CallBack | None:
    """The round of calls that goes on now; the same whether there is somebody to call or not."""
    if request.status not in OPEN:
        return None
    rounds = CallBack.objects.filter(request=request, ended_at=None, announced_at__gt=now - rules.LIFETIME)
    return rounds.select_related("customer").first()


def may_be_called(customer: Customer, now: datetime) -> bool:
    """Whether a call can reach the customer at a number that has been registered for some time."""
    if not customer.telephone or customer.status == Customer.Status.ERASED:
        return False
    return not CustomerChange.objects.filter(
        customer=customer, item="telephone", at__gt=now - rules.SETTLED_AFTER
    ).exists()


def announce(*, request: DisclosureRequest, actor: User, customer: Customer | None, now: datetime) -> CallBack:
    """Staff choose the check by telephone, and the person is told. The operator's clock goes on.

    Args:
        customer: whose registered number is called; None where nobody is registered, or without a number.

    Raises:
        CallRefused: no number, one that was changed lately, or two rounds before.
        MeansNotOffered: the operator does not use it.
        NotAllowed: no permission, or their own request.
        TransitionRefused: identity is not under review.
    """
    require_staff(actor, request, PERMISSION)
    require_means(Means.CALL_BACK)
    if customer is not None and not may_be_called(customer, now):
        raise CallRefused(
            _("この顧客の電話番号は、登録がないか、この30日のうちに変わりました。ほかの方法で確かめてください。")
        )
    with transaction.atomic():
        row = transition.locked(request)
        transition.require(row, Event.CALL_ANNOUNCED, Actor.STAFF)
        if CallBack.objects.filter(request=row).count() >= MOST_ROUNDS:
            raise CallRefused(_("電話での確認は、1つの請求に2回までです。ほかの方法で確かめてください。"))
        CallBack.objects.filter(request=row, ended_at=None).update(ended_at=now)
        transition.apply(request=request, event=Event.CALL_ANNOUNCED, actor=actor, actor_kind=Actor.STAFF, now=now)
        announced = CallBack.objects.create(request=row, customer=customer, announced_by=actor, announced_at=now)
        audit.record(
            action="identity.call_announced",
            actor=actor,
            obj=row,
            detail={"customer": customer.pk if customer else None},
        )
    return announced


def show_number(*, request: DisclosureRequest, actor: User, now: datetime) -> str:
    """The registered number as it is dialled. The look is recorded.

    Raises:
        CallRefused: there is nobody to call now.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, PERMISSION)
    with transaction.atomic():
        transition.locked(request)
        _announced, customer = _to_call(request, now)
        audit.record(action="identity.number_shown", actor=actor, obj=request)
    return written_telephone(customer.telephone)


def masked_number(announced: CallBack) -> str:
    """The number with all but its last two digits hidden; empty where there is none."""
    number = announced.customer.telephone if announced.customer else ""
    return rules.masked(written_telephone(number)) if number else ""


def _to_call(request: DisclosureRequest, now: datetime) -> tuple[CallBack, Customer]:
    announced = live(request, now)
    if announced is None or announced.customer is None or not may_be_called(announced.customer, now):
        raise CallRefused(_("いま電話する相手はいません。画面を読み直して、いまの状態を確かめてください。"))
    return announced, announced.customer


def due_on(announced: CallBack) -> date:
    """The first day on which the next call may be made."""
    last = next(reversed(announced.attempts.all()), None)
    return (last.next_on if last else None) or timezone.localdate(announced.announced_at)


def record(
    *,
    request: DisclosureRequest,
    actor: User,
    outcome: str,
    asked: Sequence[str],
    matched: Sequence[str],
    next_on: date | None,
    now: datetime,
) -> CallAttempt:
    """Staff called, and say what came of it.

    Whoever answered everything is the person as far as the table of means goes (``domain.identity_levels``): where
    that is enough for the type, the request goes on. A wrong answer, or the third call that reached nobody, ends the
    round; staff choose another means.

    Args:
        asked, matched: values of ``Fact``; answers are not written down.
        next_on: when to call again; left out, the next business day. Only for a call that reached nobody.

    Raises:
        CallRefused: nobody to call, before the day that was set, or a record that cannot be.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, PERMISSION)
    if wrong := rules.problem(outcome, asked, matched):
        raise CallRefused(wrong[1], wrong[0])
    today = timezone.localdate(now)
    with transaction.atomic():
        row = transition.locked(request)
        announced, customer = _to_call(row, now)
        if due_on(announced) > today:
            raise CallRefused(_("次に電話する日は、まだ先です。"))
        before = announced.attempts.count()
        again = outcome not in SPOKEN and before + 1 < MOST_ATTEMPTS
        if again and next_on is not None and not rules.may_be_next(next_on, today):
            raise CallRefused(_("明日から14日のうちの日付を入れてください。"), "next_on")
        attempt = CallAttempt.objects.create(
            call_back=announced,
            position=before + 1,
            called_by=actor,
            called_at=now,
            outcome=outcome,
            asked=[fact for fact in Fact if fact in asked],
            matched=[fact for fact in Fact if fact in matched],
            next_on=(next_on or rules.next_day(today)) if again else None,
        )
        audit.record(action="identity.called", actor=actor, obj=row, detail={"outcome": outcome})
        _note(row, Note.CALLED, actor, now)
        if not again:
            _end(announced, now)
        if outcome == Outcome.CONFIRMED:
            _confirmed(request, row, actor, customer, announced, now)
        elif not again:
            _failed(row, actor, announced, outcome, now)
    return attempt


def _confirmed(
    request: DisclosureRequest, row: DisclosureRequest, actor: User, customer: Customer, of: CallBack, now: datetime
) -> None:
    means = identity.means_passed(row, customer) | {Means.CALL_BACK}
    enough = identity.is_enough(row, means)
    check = identity.record_passed(
        request=request,
        row=row,
        actor=actor,
        method=IdentityCheck.Method.CALL_BACK,
        customer=customer,
        level=reached(means),
        enough=enough,
        since=of.announced_at,
        now=now,
    )
    audit.record(
        action="identity.call_matched",
        actor=actor,
        obj=row,
        detail={"level": int(check.level), "customer": customer.pk},
    )
    if enough:
        transition.apply(request=request, event=Event.IDENTITY_CONFIRMED, actor=actor, actor_kind=Actor.STAFF, now=now)


def _failed(row: DisclosureRequest, actor: User, of: CallBack, outcome: str, now: datetime) -> None:
    states = IdentityCheck.State
    IdentityCheck.objects.create(
        request=row,
        level=reached([Means.CALL_BACK]),
        method=IdentityCheck.Method.CALL_BACK,
        state=states.FAILED if outcome == Outcome.NOT_MATCHED else states.UNCLEAR,
        customer=of.customer,
        decided_by=actor,
        created_at=of.announced_at,
        finished_at=now,
    )


def _note(row: DisclosureRequest, kind: Note, actor: User | None, now: datetime) -> None:
    RequestEvent.objects.create(
        request=row,
        kind=kind,
        from_status=row.status,
        to_status=row.status,
        actor_kind=Actor.STAFF if actor else Actor.WORKER,
        actor=actor,
        public=False,
        at=now,
    )


def _end(announced: CallBack, now: datetime) -> None:
    announced.ended_at = now
    announced.save(update_fields=["ended_at"])


def to_end(*, now: datetime, limit: int) -> list[uuid.UUID]:
    """Requests with a round of calls that is due to end and has not: too old, or identity is settled."""
    open_rounds = CallBack.objects.filter(ended_at=None)
    due = open_rounds.filter(announced_at__lte=now - rules.LIFETIME) | open_rounds.exclude(request__status__in=OPEN)
    return list(due.order_by("announced_at").values_list("request_id", flat=True)[:limit])


@transaction.atomic
def end_when_due(*, request_id: uuid.UUID, now: datetime) -> bool:
    """End a round of :func:`to_end`, so that staff see that something else is needed. Twice is harmless.

    Returns:
        Whether it was ended now.
    """
    request = DisclosureRequest.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=request_id).first()
    if request is None:
        return False
    announced = CallBack.objects.select_for_update().filter(request=request, ended_at=None).first()
    if announced is None or live(request, now) is not None:
        return False
    _end(announced, now)
    _note(request, Note.CALL_ENDED, None, now)
    audit.record(action="identity.call_ended", actor="worker", obj=request)
    return True
