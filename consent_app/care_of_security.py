"""What audits, corrections, reviews and incidents need, as questions to the database: due and not done."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from privacy_portal.core.models import OutgoingMail

from .domain.care import CareKind, Due, register
from .models import AffectedPerson, CorrectiveAction, Department, Incident, ReviewEvent, SecurityAudit

# A correction is checked when it has had time to work.
_CHECKED_WITHIN = datetime.timedelta(days=30)


def _audits(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    for audit in SecurityAudit.objects.filter(done_on=None, planned_on__lte=until):
        yield Due(str(audit.pk), audit.title, audit.planned_on)


def _reviews(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    for review in ReviewEvent.objects.filter(done_on=None, planned_on__lte=until):
        yield Due(str(review.pk), review.title, review.planned_on)


def _actions(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    for action in CorrectiveAction.objects.filter(done_on=None, due_on__lte=until):
        yield Due(str(action.pk), str(action), action.due_on)


def _unchecked_actions(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    for action in CorrectiveAction.objects.filter(checked_on=None, done_on__lte=until - _CHECKED_WITHIN):
        if action.done_on:
            yield Due(str(action.pk), str(action), action.done_on + _CHECKED_WITHIN)


def _ineffective_actions(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    for action in CorrectiveAction.objects.filter(effective=False, reopened_by=None):
        yield Due(str(action.pk), str(action), action.checked_on)


def _departments(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    for department in Department.objects.filter(active=True, manager_name=""):
        yield Due(str(department.pk), department.name)


def _open_incidents() -> Q:
    return Q(closed_on=None) & ~Q(reportability=Incident.Reportability.NOT_REPORTABLE)


def _undecided(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    rows = Incident.objects.filter(closed_on=None, reportability=Incident.Reportability.UNDECIDED)
    for incident in rows:
        yield Due(str(incident.pk), incident.title, incident.preliminary_due_on)


def _preliminary(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    rows = Incident.objects.filter(_open_incidents(), preliminary_done_on=None, preliminary_due_on__lte=until)
    for incident in rows.filter(entruster_told_on=None):
        yield Due(str(incident.pk), incident.title, incident.preliminary_due_on)


def _final(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    rows = Incident.objects.filter(_open_incidents(), final_done_on=None, final_due_on__lte=until)
    for incident in rows.filter(entruster_told_on=None):
        yield Due(str(incident.pk), incident.title, incident.final_due_on)


def _persons_untold(today: datetime.date, until: datetime.date) -> Iterable[Due]:
    """Reportable, and nobody is chosen, or somebody is not told and no substitute measure was taken (26(2))."""
    rows = Incident.objects.filter(
        closed_on=None, reportability=Incident.Reportability.REPORTABLE, entruster_told_on=None, substitute_on=None
    )
    came_back = AffectedPerson.objects.filter(
        incident=OuterRef("pk"), way=AffectedPerson.Way.MAIL, mail__state=OutgoingMail.State.FAILED
    )
    for incident in rows.filter(Q(persons_listed=0) | Q(persons_told__lt=F("persons_listed")) | Exists(came_back)):
        yield Due(str(incident.pk), incident.title, incident.preliminary_due_on)


KINDS = (
    CareKind("incident.undecided", _("報告の要否が決まっていない事故"), "consent_app.incident", _undecided),
    CareKind("incident.preliminary", _("速報の期限"), "consent_app.incident", _preliminary),
    CareKind("incident.final", _("確報の期限"), "consent_app.incident", _final),
    CareKind("incident.untold", _("本人への通知が済んでいない事故"), "consent_app.incident", _persons_untold),
    CareKind("action.due", _("是正の期限"), "consent_app.correctiveaction", _actions),
    CareKind("action.unchecked", _("是正の効果の確認"), "consent_app.correctiveaction", _unchecked_actions),
    CareKind(
        "action.ineffective",
        _("効果が足りなかった是正のやり直し"),
        "consent_app.correctiveaction",
        _ineffective_actions,
    ),
    CareKind("audit.due", _("監査の予定日"), "consent_app.securityaudit", _audits),
    CareKind("review.due", _("見直しの予定日"), "consent_app.reviewevent", _reviews),
    CareKind("department.no_manager", _("管理者の氏名がない部署"), "consent_app.department", _departments),
)
for _kind in KINDS:
    register(_kind)
