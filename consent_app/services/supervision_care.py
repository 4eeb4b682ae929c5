"""What in the supervision of subcontractors is due, for the care list and its reminders."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..domain.care import CareKind, Due
from ..domain.duties import Duty, State, Task
from ..models import RecipientDuty, Subcontractor
from . import entrustees

_DATED = (State.SOON, State.LATE)


def _due(wanted: Callable[[Task], bool]) -> Callable[[date, date], Iterable[Due]]:
    """The subcontractors in use with a task of this kind; a task with a day from the last day looked at on."""

    def entries(today: date, until: date) -> Iterable[Due]:
        for row in entrustees.supervised(Subcontractor.objects.filter(active=True)):
            due = (task for task in entrustees.tasks(row, today) if wanted(task))
            first = next((task for task in due if task.on is None or task.on <= until), None)
            if first is not None:
                yield Due(str(row.pk), str(row), first.on)

    return entries


def _dated(duty: Duty) -> Callable[[date, date], Iterable[Due]]:
    return _due(lambda task: task.duty == duty and task.state in _DATED)


def _duties_of_recipients(today: date, until: date) -> Iterable[Due]:
    for duty in RecipientDuty.objects.filter(Q(valid_until__lte=until), active=True):
        yield Due(str(duty.pk), duty.name, duty.valid_until)


_SUBCONTRACTOR = "consent_app.subcontractor"
KINDS = (
    CareKind(
        "subcontractor.missing",
        _("データを渡せない委託先"),
        _SUBCONTRACTOR,
        _due(lambda task: task.obstacle is not None and task.state in (State.MISSING, State.FAILED)),
    ),
    CareKind("subcontractor.agreement", _("委託先との契約の更新"), _SUBCONTRACTOR, _dated(Duty.AGREEMENT)),
    CareKind("subcontractor.review", _("委託先の取扱状況の確認"), _SUBCONTRACTOR, _dated(Duty.REVIEW)),
    CareKind("subcontractor.abroad", _("外国の委託先の定期の確認"), _SUBCONTRACTOR, _dated(Duty.ABROAD)),
    CareKind("subcontractor.findings", _("委託先で見つかったことの改善"), _SUBCONTRACTOR, _dated(Duty.FINDINGS)),
    CareKind("subcontractor.reentrustment", _("再委託の承認の依頼"), _SUBCONTRACTOR, _dated(Duty.REENTRUSTMENT)),
    CareKind("recipientduty.ends", _("提供先との約束の期限"), "consent_app.recipientduty", _duties_of_recipients),
)
