"""The fee of a request: told beforehand, accepted, paid, waived, given back (articles 37, 38).

The grounds of refusal are looked at first: a fee is asked for in the review of the content, when the answer will be
positive. What is refused after all, or withdrawn, is paid back.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, Sum, When
from django.utils import timezone
from django.utils.translation import gettext as _

from consent_app.domain.normalise import clean_note
from consent_app.models import RequestRule
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import notifications
from ..domain import fees as rules
from ..domain.answers import holds_my_number
from ..domain.fees import HIGHEST_YEN, Standing
from ..domain.transitions import ENDED_STATUSES, Actor, Event, Note, Status
from ..models import DisclosureRequest, Fee, Payment, RequestEvent
from ..models.decision import POSITIVE
from . import transition
from .errors import RequestError
from .permissions import require_person, require_staff


class InvalidFee(RequestError):
    """Something about a fee is not right; ``field`` names the form field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__()
        self.field = field
        self.message = message


def rule_of(request: DisclosureRequest) -> RequestRule | None:
    """The operator's rule about the fee of this request; None where the law or the profile has none."""
    if not rules.may_be_charged(request.request_type):
        return None
    return RequestRule.objects.filter(request_type=request.request_type).exclude(fee=RequestRule.Fee.NONE).first()


def fee_of(request: DisclosureRequest) -> Fee | None:
    """The fee in force."""
    return request.fees.filter(cancelled_at=None, declined_at=None).first()


def is_owed(request: DisclosureRequest) -> bool:
    """Whether a positive answer has to wait for the fee.

    A fixed fee is owed until it is paid or waived; one that is told case by case only once it was told.
    """
    fee = fee_of(request)
    if fee is not None:
        return not fee.is_settled
    rule = rule_of(request)
    return rule is not None and rule.fee == RequestRule.Fee.FIXED


def paid_yen(fee: Fee) -> int:
    """What came in, less what went back."""
    signed = Case(When(kind=Payment.Kind.PAYMENT, then=F("amount_yen")), default=-F("amount_yen"))
    return int(fee.payments.aggregate(total=Sum(signed))["total"] or 0)


def standing(fee: Fee) -> Standing:
    """How much of a fee has come in."""
    return rules.standing(amount=fee.amount_yen, paid=paid_yen(fee))


def owed_back_yen(fee: Fee) -> int:
    """What has to be paid back: what is too much, or all of it where nothing is charged any more."""
    charged = 0 if fee.waived_at or fee.cancelled_at or fee.declined_at or _ended_without(fee) else fee.amount_yen
    return max(0, paid_yen(fee) - charged)


def _ended_without(fee: Fee) -> bool:
    """Withdrawn, ended undecided, or answered without what was asked for: nobody pays for a refusal."""
    request = fee.request
    if request.status == Status.WITHDRAWN:
        return True
    decision = request.decisions.filter(superseded_at=None).first()
    if decision is None:
        return request.status in ENDED_STATUSES
    return decision.outcome not in POSITIVE


def ask(*, request: DisclosureRequest, actor: User, amount_yen: int | None, explanation: str, now: datetime) -> Fee:
    """Tell the person what the answer costs; the clock stands still until it is settled.

    Args:
        amount_yen: with tax; only where the profile has no fixed amount.
        explanation: what it is made up of, for the person, at most 500 characters.

    Raises:
        InvalidFee: no fee is possible, or the amount is not.
        NotAllowed: no permission, or their own request.
        TransitionRefused: not in the review of the content.
    """
    require_staff(actor, request, "decide_request")
    text = _text("explanation", explanation, 500)
    with transaction.atomic():
        row = transition.locked(request)
        transition.require(row, Event.FEE_ASKED, Actor.STAFF)
        amount = _amount(row, amount_yen)
        present = fee_of(row)
        if present is not None:
            raise InvalidFee("amount_yen", _("この請求の手数料は、もう決まっています。"))
        fee = Fee.objects.create(
            request=row,
            request_type=row.request_type,
            amount_yen=amount,
            explanation=text,
            due_on=timezone.localdate(now) + timedelta(days=rules.PAYMENT_DAYS),
            asked_by=actor,
            asked_at=now,
        )
        audit.record(action="fee.asked", actor=actor, obj=row, detail={"fee": fee.pk})
        transition.apply(request=row, event=Event.FEE_ASKED, actor=actor, actor_kind=Actor.STAFF, now=now)
        request.status = row.status
    return fee


def _amount(request: DisclosureRequest, amount_yen: int | None) -> int:
    rule = rule_of(request)
    if rule is None:
        raise InvalidFee("amount_yen", _("この種類の請求では、手数料をいただけません（法第38条、プロフィール）。"))
    if rule.fee == RequestRule.Fee.FIXED:
        return rule.fee_yen or 0
    if amount_yen is None or not 1 <= amount_yen <= HIGHEST_YEN:
        message = _("1円から%(highest)s円までの金額を入れてください。実費を考えて合理的な額にします（法第38条第2項）。")
        raise InvalidFee("amount_yen", message % {"highest": f"{HIGHEST_YEN:,}"})
    return amount_yen


def accept(*, request: DisclosureRequest, actor: User, now: datetime) -> Fee:
    """The person agrees to pay. Twice does no harm.

    Raises:
        NotAllowed: not their request.
        InvalidFee: no fee waits for an answer any more.
    """
    require_person(actor, request)
    with transaction.atomic():
        row = transition.locked(request)
        fee = waiting(row)
        if fee.accepted_at is None:
            fee.accepted_at = now
            fee.save(update_fields=["accepted_at"])
            audit.record(action="fee.accepted", actor=actor, obj=row, detail={"fee": fee.pk})
            _note(row, Note.FEE_ACCEPTED, actor, Actor.PERSON, now)
    return fee


def decline(*, request: DisclosureRequest, actor: User, now: datetime) -> None:
    """The person does not agree; the request ends as withdrawn, and they can file another one at any time.

    Raises:
        NotAllowed: not their request.
        InvalidFee: no fee waits for an answer any more.
    """
    require_person(actor, request)
    with transaction.atomic():
        row = transition.locked(request)
        fee = waiting(row)
        fee.accepted_at, fee.declined_at = None, now
        fee.save(update_fields=["accepted_at", "declined_at"])
        audit.record(action="fee.declined", actor=actor, obj=row, detail={"fee": fee.pk})
        transition.apply(request=row, event=Event.FEE_DECLINED, actor=actor, actor_kind=Actor.PERSON, now=now)
        request.status = row.status


def waiting(request: DisclosureRequest) -> Fee:
    """The fee that the person owes an answer to.

    Raises:
        InvalidFee: there is none any more.
    """
    fee = fee_of(request) if request.status == Status.FEE_WAITING else None
    if fee is None:
        raise InvalidFee("", _("手数料のお知らせは、もう有効ではありません。画面を読み直してください。"))
    return fee


def record_money(
    *, fee: Fee, actor: User, kind: str, amount_yen: int, on: date, method: str, note: str, now: datetime
) -> Payment:
    """Staff write down money that came in, went back, or was written down wrongly.

    The full amount lets the request go on; less is told to the person with what is missing, more is shown as owed back.
    Money that comes late, after the request has ended, is written down too: it has to be paid back.

    Args:
        kind: a value of ``Payment.Kind``.
        on: the day on which the money moved, not in the future.

    Raises:
        InvalidFee: an amount or a day that cannot be.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, fee.request, "decide_request")
    text = _text("note", note, 200)
    with transaction.atomic():
        row = transition.locked(fee.request)
        locked = Fee.objects.select_for_update().get(pk=fee.pk)
        locked.request = row
        _check_money(locked, kind, amount_yen, on, timezone.localdate(now))
        payment = Payment.objects.create(
            fee=locked, kind=kind, amount_yen=amount_yen, on=on, method=method, note=text, recorded_by=actor,
            recorded_at=now,
        )  # fmt: skip
        audit.record(action="fee.money_recorded", actor=actor, obj=row, detail={"kind": payment.kind})
        kind_of_note = Note.REFUND_RECORDED if payment.kind == Payment.Kind.REFUND else Note.PAYMENT_RECORDED
        _note(row, kind_of_note, actor, Actor.STAFF, now)
        enough = standing(locked) in (Standing.PAID, Standing.OVERPAID)
        if enough and row.status == Status.FEE_WAITING:
            locked.settled_at = now
            locked.accepted_at = locked.accepted_at or now
            locked.save(update_fields=["settled_at", "accepted_at"])
            transition.apply(request=row, event=Event.FEE_SETTLED, actor=actor, actor_kind=Actor.STAFF, now=now)
        else:
            if not enough and locked.settled_at is not None:
                locked.settled_at = None
                locked.save(update_fields=["settled_at"])
            notifications.payment_recorded(request=row)
    fee.refresh_from_db()
    return payment


def _check_money(fee: Fee, kind: str, amount_yen: int, on: date, today: date) -> None:
    if kind not in Payment.Kind.values:
        raise InvalidFee("kind", _("選択肢の中から選んでください。"))
    if not 1 <= amount_yen <= 10 * HIGHEST_YEN:
        raise InvalidFee("amount_yen", _("1円以上の金額を入れてください。"))
    if on > today:
        raise InvalidFee("on", _("未来の日付は入れられません。"))
    if on < timezone.localdate(fee.asked_at) and kind == Payment.Kind.PAYMENT:
        raise InvalidFee("on", _("手数料を知らせた日より前の日付です。"))
    paid = paid_yen(fee)
    if kind == Payment.Kind.REFUND and amount_yen > owed_back_yen(fee):
        message = _("返せる額は%(most)s円までです。手数料をやめるときは、先に免除か取消しをしてください。")
        raise InvalidFee("amount_yen", message % {"most": f"{owed_back_yen(fee):,}"})
    if kind == Payment.Kind.CORRECTION and amount_yen > paid:
        raise InvalidFee("amount_yen", _("記録した入金より多く減らせません（%(paid)s円）。") % {"paid": f"{paid:,}"})


def waive(*, request: DisclosureRequest, actor: User, reason: str, now: datetime) -> Fee:
    """Charge nothing after all, or nothing from the start where the profile has a fixed fee.

    Raises:
        InvalidFee: no reason, or there is no fee to waive.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, "decide_request")
    text = _text("reason", reason, 300)
    if not text:
        raise InvalidFee("reason", _("免除の理由を書いてください。"))
    with transaction.atomic():
        row = transition.locked(request)
        if row.status not in (Status.FEE_WAITING, Status.IN_REVIEW):
            raise InvalidFee("reason", _("いまの状態では免除できません。"))
        fee = fee_of(row)
        if fee is None:
            fee = Fee(
                request=row,
                request_type=row.request_type,
                amount_yen=_amount(row, None),
                due_on=timezone.localdate(now),
                asked_by=actor,
                asked_at=now,
            )
        elif fee.is_settled:
            raise InvalidFee("reason", _("手数料は、もう済んでいます。返金は「入出金を記録する」で行います。"))
        fee.waived_at, fee.waived_by, fee.waiver_reason = now, actor, text
        fee.save()
        audit.record(action="fee.waived", actor=actor, obj=row, detail={"fee": fee.pk})
        if row.status == Status.FEE_WAITING:
            transition.apply(request=row, event=Event.FEE_WAIVED, actor=actor, actor_kind=Actor.STAFF, now=now)
            request.status = row.status
    return fee


def cancel(*, request: DisclosureRequest, actor: User, now: datetime) -> None:
    """Take back what was told, because it was wrong or the answer will be negative. What came in is owed back.

    Raises:
        InvalidFee: no fee waits for an answer.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, "decide_request")
    with transaction.atomic():
        row = transition.locked(request)
        fee = waiting(row)
        fee.cancelled_at = now
        fee.save(update_fields=["cancelled_at"])
        audit.record(action="fee.cancelled", actor=actor, obj=row, detail={"fee": fee.pk})
        transition.apply(request=row, event=Event.FEE_CANCELLED, actor=actor, actor_kind=Actor.STAFF, now=now)
        request.status = row.status


def _text(field: str, typed: str, length: int) -> str:
    text = clean_note(typed[: 4 * length])
    if len(text) > length:
        raise InvalidFee(field, _("長すぎます。短くしてください。"))
    if holds_my_number(text):
        raise InvalidFee(field, _("マイナンバーのような番号は書けません。"))
    return text


def _note(request: DisclosureRequest, note: Note, actor: User, kind: Actor, now: datetime) -> None:
    RequestEvent.objects.create(
        request=request, kind=note, to_status=request.status, actor_kind=kind, actor=actor, at=now
    )
