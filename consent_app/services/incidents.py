"""Incidents: judged anew whenever their facts change, reported, and closed."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy_portal.core.models import OutgoingMail, User
from privacy_portal.core.services import audit

from ..domain import incidents as rules
from ..models import AffectedPerson, Incident, IncidentReport
from . import kept


class IncidentError(Exception):
    """It cannot be done; the message tells a person why and what to do."""


def judgement(incident: Incident) -> rules.Judgement:
    """Whether it must be reported, from what is known now."""
    return rules.judge(
        rules.Facts(
            sensitive=rules.Finding(incident.sensitive),
            property_damage=rules.Finding(incident.property_damage),
            wrongful_purpose=rules.Finding(incident.wrongful_purpose),
            encrypted=rules.Finding(incident.encrypted),
            persons=incident.persons,
        )
    )


def clocks(incident: Incident) -> rules.Clocks:
    """When its reports are due: from the day on which any department knew, or knew that it is reportable."""
    first = incident.reportable_on or timezone.localdate(incident.known_at)
    return rules.clocks(first, rules.Finding(incident.wrongful_purpose))


def check(*, incident: Incident, now: datetime.datetime) -> None:
    """Raise :class:`IncidentError` where the facts contradict the calendar; for forms, before saving."""
    known_on = timezone.localdate(incident.known_at)
    if incident.known_at > now:
        raise IncidentError(_("知った日時が未来です。実際に知った日時を入れてください。"))
    if incident.reportable_on and not known_on <= incident.reportable_on <= timezone.localdate(now):
        raise IncidentError(_("報告の対象と知った日は、知った日から今日までのどれかです。"))
    if incident.substitute_on and not known_on <= incident.substitute_on <= timezone.localdate(now):
        raise IncidentError(_("代わる措置をとった日は、知った日から今日までのどれかです。"))


def assess(*, incident: Incident) -> Incident:
    """Store what follows from the facts: how many are listed and told, whether it is reportable, when reports are due.

    Called in the transaction that changed the facts, whose lock of the incident keeps two of them apart.
    """
    persons = AffectedPerson.objects.filter(incident=incident)
    incident.persons_listed = persons.count()
    incident.persons_told = persons.exclude(told_at=None).count()
    incident.reportability = judgement(incident).result.value
    dates = clocks(incident)
    incident.preliminary_due_on, incident.final_due_on = dates.preliminary_due, dates.final_due
    incident.save(update_fields=_STORED)
    return incident


_STORED = ["persons_listed", "persons_told", "reportability", "preliminary_due_on", "final_due_on"]


def locked(incident: Incident) -> Incident:
    """The row of the incident as it is now, locked; inside a transaction."""
    return Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)


def missing_items(incident: Incident) -> list[rules.Item]:
    """The items of a report about which nothing has been written yet."""
    return [item for item in rules.ITEMS if not getattr(incident, item.field).strip()]


def report(
    *,
    incident: Incident,
    kind: rules.ReportKind,
    sent_on: datetime.date,
    reference: str,
    incomplete_reason: str,
    actor: User,
    now: datetime.datetime,
) -> IncidentReport:
    """Record that a report was sent, with the nine items as they are at this moment (Rule 8).

    A first report says what is known. A final one has all nine items, or says why reasonable effort could not find
    some; these follow as a supplement. An entrustee may tell the entruster instead (article 26(1), proviso).

    Raises:
        IncidentError: the order is wrong, the day is impossible, or something is missing.
    """
    with transaction.atomic():
        row = locked(incident)
        before = kept.snapshot(row)
        sent = [rules.ReportKind(one) for one in row.reports.values_list("kind", flat=True)]
        if refusal := rules.refusal_to_report(kind, sent):
            raise IncidentError(str(refusal))
        if not timezone.localdate(row.known_at) <= sent_on <= timezone.localdate(now):
            raise IncidentError(_("報告した日は、知った日から今日までのどれかです。"))
        if row.preliminary_done_on and sent_on < row.preliminary_done_on:
            raise IncidentError(_("報告した日が、速報の日より前です。"))
        if kind is rules.ReportKind.TO_ENTRUSTER and row.role != Incident.Role.ENTRUSTED:
            raise IncidentError(
                _("委託元への通知は、委託を受けて扱うデータの事故だけにあります（法第26条第1項ただし書）。")
            )
        missing = missing_items(row)
        whole = kind in (rules.ReportKind.FINAL, rules.ReportKind.COMPLETE)
        if whole and missing and not incomplete_reason.strip():
            raise IncidentError(
                _(
                    "書いていない事項があります：%(items)s。合理的に努力してもわからないときは、そのわけを書いてください。"
                )
                % {"items": _("、").join(str(item.name) for item in missing)}
            )
        if not row.overview.strip():
            raise IncidentError(_("概要を書いてから記録してください。"))
        entry = IncidentReport.objects.create(
            incident=row,
            kind=kind.value,
            sent_on=sent_on,
            reference=reference.strip(),
            items={item.field: getattr(row, item.field) for item in rules.ITEMS},
            incomplete_reason=incomplete_reason.strip(),
            by=actor,
            at=now,
        )
        if kind in (rules.ReportKind.PRELIMINARY, rules.ReportKind.COMPLETE):
            row.preliminary_done_on = sent_on
        if whole:
            row.final_done_on = sent_on
        if kind is rules.ReportKind.TO_ENTRUSTER:
            row.entruster_told_on = sent_on
        row.save(update_fields=["preliminary_done_on", "final_done_on", "entruster_told_on"])
        # Counted as a change of the incident: a form that was opened before must not be saved over it unseen.
        kept.record(row=row, before=before, actor=actor, now=now, more={"reports": [None, str(entry)]})
        audit.record(action="incident.reported", actor=actor, obj=row, detail={"kind": kind.value})
    return entry


def left_to_do(incident: Incident) -> list[str]:
    """Everything that keeps the incident from being closed, in words."""
    if incident.reportability == Incident.Reportability.UNDECIDED:
        return [_("報告の要否を決めてください。まだわからない項目があります。")]
    if incident.reportability == Incident.Reportability.NOT_REPORTABLE or incident.entruster_told_on:
        return []
    left = []
    if not incident.final_done_on:
        left.append(_("確報を記録してください。"))
    if not incident.substitute_on:
        if not incident.persons_listed:
            left.append(_("影響を受ける人を選ぶか、本人への通知に代わる措置を記録してください。"))
        elif incident.persons_told < incident.persons_listed or _mails_came_back(incident):
            left.append(_("まだ知らせていない人に知らせるか、本人への通知に代わる措置を記録してください。"))
    return left


def _mails_came_back(incident: Incident) -> bool:
    told = AffectedPerson.objects.filter(incident=incident, way=AffectedPerson.Way.MAIL)
    return told.filter(mail__state=OutgoingMail.State.FAILED).exists()


def close(*, incident: Incident, actor: User, now: datetime.datetime) -> None:
    """Close it.

    Raises:
        IncidentError: something is left to be done.
    """
    with transaction.atomic():
        row = locked(incident)
        if row.closed_on is not None:
            raise IncidentError(_("もう終わっています。"))
        if left := left_to_do(row):
            raise IncidentError(" ".join(left))
        _set_closed(row, timezone.localdate(now), actor, now)


def reopen(*, incident: Incident, actor: User, now: datetime.datetime) -> None:
    """Take it up again: something new was found. What was recorded stays.

    Raises:
        IncidentError: it is not closed.
    """
    with transaction.atomic():
        row = locked(incident)
        if row.closed_on is None:
            raise IncidentError(_("まだ終わっていません。"))
        _set_closed(row, None, actor, now)


def _set_closed(row: Incident, day: datetime.date | None, actor: User, now: datetime.datetime) -> None:
    before: Any = kept.snapshot(row)
    row.closed_on = day
    row.save(update_fields=["closed_on"])
    kept.record(row=row, before=before, actor=actor, now=now)
