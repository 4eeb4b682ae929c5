"""What can be wrong with requests: status and events, effects and answers, and what is due and not done."""

import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.doctor_registry import EXAMPLES, Check, Found, register, rows

from . import selectors, selectors_instructions
from .domain.instructions import OUTSTANDING
from .domain.transitions import OPEN_STATUSES, Status
from .models import AnswerFile, Decision, DisclosureRequest, Instruction, Party, RequestEvent
from .services import lifecycle, retention, silence

# The sweep comes every minute.
LATE = datetime.timedelta(minutes=15)
# Reminders and the manager's escalation have come and gone by then.
BY_HAND_LATE = datetime.timedelta(days=14)
DECIDED = (Status.FULFILLING, Status.READY_TO_POST, Status.ANSWERED)
ANSWERED = (Status.READY_TO_POST, Status.ANSWERED)


def status_differs(now: datetime.datetime) -> Found:
    """Requests whose status is not the one that their last change of status led to."""
    changes = RequestEvent.objects.filter(request=OuterRef("pk")).exclude(to_status="").order_by("-at", "-id")
    told = DisclosureRequest.objects.annotate(told=Subquery(changes.values("to_status")[:1]))
    return rows(told.filter(Q(told=None) | ~Q(told=F("status"))))


def unverified(now: datetime.datetime) -> Found:
    """Requests that no worker has compared."""
    return rows(DisclosureRequest.objects.filter(status=Status.RECEIVED, status_changed_at__lt=now - LATE))


def effect_unfinished(now: datetime.datetime) -> Found:
    """Decisions that were made and not carried out."""
    return rows(DisclosureRequest.objects.filter(status=Status.FULFILLING, status_changed_at__lt=now - LATE))


def decision_missing(now: datetime.datetime) -> Found:
    """Requests that are answered, or being answered, without a decision in force."""
    return rows(_without(DisclosureRequest.objects.filter(status__in=DECIDED), Decision.objects, superseded_at=None))


def answer_missing(now: datetime.datetime) -> Found:
    """Answered requests without a letter."""
    answered = DisclosureRequest.objects.filter(status__in=ANSWERED)
    return rows(_without(answered, AnswerFile.objects, kind=AnswerFile.Kind.LETTER))


def party_missing(now: datetime.datetime) -> Found:
    """Open requests of which nobody knows whom they are about."""
    open_ones = DisclosureRequest.objects.filter(status__in=OPEN_STATUSES)
    return rows(_without(open_ones, Party.objects, kind=Party.Kind.PRINCIPAL))


def _without(requests: QuerySet[DisclosureRequest], parts: object, **conditions: object) -> QuerySet[DisclosureRequest]:
    return requests.exclude(Exists(parts.filter(request=OuterRef("pk"), **conditions)))  # type: ignore[attr-defined]


def not_closed(now: datetime.datetime) -> Found:
    """Requests that should have ended by now: answered long ago, or silent after the last warning."""
    late = now - LATE
    patience = silence.patience()
    keys = selectors.to_close(answered_before=late - lifecycle.close_after(), limit=EXAMPLES)
    keys += selectors.to_close_silent(now=late, patience=patience, limit=EXAMPLES)
    return Found(len(keys), tuple(map(str, keys[:EXAMPLES])))


def not_reminded(now: datetime.datetime) -> Found:
    """Reminders, to the person or to whom an instruction went, that are due and not written."""
    late = now - LATE
    keys = selectors.to_remind(now=late, patience=silence.patience(), limit=EXAMPLES)
    keys += selectors_instructions.to_remind(now=late, limit=EXAMPLES)
    return Found(len(keys), tuple(map(str, keys[:EXAMPLES])))


def by_hand_overdue(now: datetime.datetime) -> Found:
    """Instructions about data found by hand that are long over their day: until then nothing was changed or erased."""
    before = timezone.localdate(now) - BY_HAND_LATE
    return rows(Instruction.objects.filter(finding__isnull=False, state__in=OUTSTANDING, due_on__lt=before))


def answers_not_erased(now: datetime.datetime) -> Found:
    """Files of answers that outlived the day until which they can be opened."""
    over = AnswerFile.objects.filter(expires_at__lt=now - LATE, file__erased_at=None)
    return rows(over.exclude(request__status=Status.READY_TO_POST))


def requests_not_erased(now: datetime.datetime) -> Found:
    """Ended requests that should have been erased days ago."""
    return rows(retention.stuck(now=now))


_SEE_WORKER = _("ワーカーのログで、この請求の処理が失敗した理由を確かめてください。")

register(
    Check(
        "request_status_differs",
        _("状態と経過が合わない請求があります"),
        _("データベースが製品の外から書き換えられていないかを調べてください。"),
        status_differs,
        thorough=True,
    ),
    Check("request_unverified", _("照合されていない請求があります"), _SEE_WORKER, unverified),
    Check("request_effect_unfinished", _("決定が実行されていない請求があります"), _SEE_WORKER, effect_unfinished),
    Check(
        "request_decision_missing",
        _("決定のない回答があります"),
        _("請求を開き、決定をやり直してください。"),
        decision_missing,
    ),
    Check(
        "request_answer_missing",
        _("通知書のない回答があります"),
        _("請求を開き、もう一度確認に戻して決定してください。"),
        answer_missing,
    ),
    Check(
        "request_party_missing",
        _("本人の記載がない請求があります"),
        _("データベースが製品の外から書き換えられていないかを調べてください。"),
        party_missing,
        thorough=True,
    ),
    Check("request_not_closed", _("終わるはずの請求が開いています"), _SEE_WORKER, not_closed),
    Check("request_not_reminded", _("出ていない催促があります"), _SEE_WORKER, not_reminded),
    Check(
        "request_by_hand_overdue",
        _("手作業で見つけたデータの訂正や消去が済んでいない請求があります"),
        _("指示の相手に確かめ、済んだ日を記録してください。済むまで、その請求は終わりません。"),
        by_hand_overdue,
    ),
    Check("answer_not_erased", _("期限を過ぎた回答ファイルが残っています"), _SEE_WORKER, answers_not_erased),
    Check("request_not_erased", _("消去の日を過ぎた請求が残っています"), _SEE_WORKER, requests_not_erased),
)
