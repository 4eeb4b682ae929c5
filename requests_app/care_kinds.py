"""What in the requests needs care, as questions to the database: due and not done.

Receipt numbers only: these names are mailed to staff.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.domain.care import CareKind, Due, register

from . import selectors, selectors_instructions
from .domain.transitions import OPEN_STATUSES, WAITING_FOR_PERSON, Status
from .models import CallBack, DisclosureRequest, Fee, PostCode, RetentionHold
from .services import call_backs, evidence_state, retention, silence

_MODEL = "requests_app.disclosurerequest"
_HOLD_LOOKED_AT = datetime.timedelta(days=183)
# The target is a matter of days; whoever is told a month before looks away.
_SOON = 3


def _targets(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """While the person owes an answer the clock stands still, and nothing is due."""
    running = DisclosureRequest.objects.filter(status__in=OPEN_STATUSES - WAITING_FOR_PERSON, target_on__lte=until)
    for request in running:
        yield Due(str(request.pk), request.receipt_number, request.target_on)


def _unpaid_fees(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """The last day to pay has passed."""
    unpaid = Fee.objects.filter(
        request__status=Status.FEE_WAITING,
        due_on__lt=today,
        settled_at=None,
        waived_at=None,
        cancelled_at=None,
        declined_at=None,
    )
    for fee in unpaid.select_related("request"):
        yield Due(str(fee.request_id), fee.request.receipt_number, fee.due_on)


def _owed_back(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """Money of the person that is still here; a request of two fees is one entry."""
    requests = {fee.request_id: fee.request for fee in selectors.fees_owed_back().select_related("request")}
    for request in requests.values():
        yield Due(str(request.pk), request.receipt_number)


def _unreachable(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """The person is not reminded by mail, and the request does not end by itself."""
    for request in selectors.not_reminded(timezone.now()):
        yield Due(str(request.pk), request.receipt_number)


def _letters(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """Without an account the person is reminded by a letter, which somebody has to print and to send."""
    for request in selectors.letters_to_send(now=timezone.now(), patience=silence.patience()):
        yield Due(str(request.pk), request.receipt_number)


def _code_letters(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """The person waits for a letter with a code that nobody has printed and sent."""
    unsent = PostCode.objects.filter(
        ended_at=None, sent_on=None, customer__isnull=False, request__status__in=evidence_state.OPEN
    )
    for code in unsent.select_related("request"):
        yield Due(str(code.request_id), code.request.receipt_number)


def _calls(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """The person was told that they are called, and the day for it has come."""
    live = CallBack.objects.filter(ended_at=None, customer__isnull=False, request__status__in=evidence_state.OPEN)
    for announced in live.select_related("request").prefetch_related("attempts"):
        day = call_backs.due_on(announced)
        if day <= until:
            yield Due(str(announced.request_id), announced.request.receipt_number, day)


def _held(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """A hold that nobody has looked at for half a year keeps data that may not be needed any more."""
    before = timezone.now() - _HOLD_LOOKED_AT
    for hold in RetentionHold.objects.filter(ended_at=None, placed_at__lt=before).select_related("request"):
        yield Due(str(hold.request_id), hold.request.receipt_number)


def _not_erased(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """Its time is over and the worker could not erase it."""
    for request in retention.stuck(now=timezone.now())[:100]:
        yield Due(str(request.pk), request.receipt_number)


def _instructions(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """Something asked of others that staff have to look at: not sent, answered, or not answered in time."""
    for request in selectors_instructions.for_staff(today):
        yield Due(str(request.pk), request.receipt_number, request.instruction_due_on)


for _kind in (
    CareKind("request.target", _("社内目標が近いか過ぎた請求"), _MODEL, _targets, within=_SOON),
    CareKind("request.fee_overdue", _("手数料の支払い期限が過ぎた請求"), _MODEL, _unpaid_fees, within=0),
    CareKind("request.unreachable", _("返答のお願いがメールで届かない請求"), _MODEL, _unreachable),
    CareKind("request.letter_due", _("返答をお願いする手紙を送る請求"), _MODEL, _letters),
    CareKind("request.code_letter", _("コードの手紙を印刷して送る請求"), _MODEL, _code_letters),
    CareKind("request.call_back", _("登録された番号に電話する請求"), _MODEL, _calls, within=0),
    CareKind("request.long_held", _("消去の保留が半年を過ぎた請求"), _MODEL, _held),
    CareKind("request.not_erased", _("保存期間が過ぎたのに消去できない請求"), _MODEL, _not_erased),
    CareKind("request.instructions", _("見るべき指示がある請求（未送信、返答あり、期限切れ）"), _MODEL, _instructions),
    CareKind("request.owed_back", _("お金を返す請求"), _MODEL, _owed_back),
):
    register(_kind)
