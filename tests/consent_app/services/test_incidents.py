"""Incidents: judged, reported in order, closed when nothing is left; the ground of article 35(5) for those affected."""

import datetime
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from consent_app import care_of_security, selectors
from consent_app.domain.incidents import ReportKind
from consent_app.models import Department, Incident, IncidentReport
from consent_app.services import incidents
from consent_app.services.incidents import IncidentError
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import CustomerFactory
from tests.factories.core import StaffFactory
from tests.factories.security import ITEMS, NOTHING, action, affected, audit, incident, reportable, today

pytestmark = pytest.mark.django_db


def send(row: Incident, kind: ReportKind, **changes: Any) -> IncidentReport:
    values = {
        "sent_on": today(),
        "reference": "R-123",
        "incomplete_reason": "",
        "actor": StaffFactory(),
        "now": timezone.now(),
    }
    return incidents.report(incident=row, kind=kind, **{**values, **changes})


def test_what_follows_from_the_facts_is_stored() -> None:
    row = incident()
    assert row.reportability == "undecided"
    known = datetime.datetime(2026, 5, 1, 14, 59, tzinfo=datetime.UTC)
    row = incident(**NOTHING, persons_at_most=1000, known_at=known)
    assert row.reportability == "not_reportable"
    row.persons_at_most = 1001
    incidents.assess(incident=row)
    row.refresh_from_db()
    assert row.reportability == "reportable"
    assert (row.preliminary_due_on, row.final_due_on) == (datetime.date(2026, 5, 7), datetime.date(2026, 6, 1))


def test_the_day_is_the_day_in_japan() -> None:
    # 15:30 UTC on 31 May is half past midnight on 1 June in Tokyo.
    row = incident(known_at=datetime.datetime(2026, 5, 31, 15, 30, tzinfo=datetime.UTC))
    assert incidents.clocks(row).known_on == datetime.date(2026, 6, 1)


def test_where_it_turned_out_later_to_be_reportable_the_days_count_from_then() -> None:
    row = incident(days_ago=40, reportable_on=today(-1), reportable_reason="1,000人を超えた", persons_at_most=1200)
    assert incidents.clocks(row).known_on == today(-1)
    with pytest.raises(IncidentError, match="知った日から今日まで"):
        incidents.check(incident=incident(reportable_on=today(-9), reportable_reason="?"), now=timezone.now())


def test_known_in_the_future_is_refused() -> None:
    row = Incident(title="?", known_at=timezone.now() + datetime.timedelta(minutes=5))
    with pytest.raises(IncidentError, match="未来"):
        incidents.check(incident=row, now=timezone.now())


def test_preliminary_then_final_then_supplement() -> None:
    row = reportable()
    with pytest.raises(IncidentError, match="確報の前に速報"):
        send(row, ReportKind.FINAL)
    with pytest.raises(IncidentError, match="確報を先に"):
        send(row, ReportKind.SUPPLEMENT)
    send(row, ReportKind.PRELIMINARY)
    with pytest.raises(IncidentError, match="速報はもう"):
        send(row, ReportKind.PRELIMINARY)
    send(row, ReportKind.FINAL)
    send(row, ReportKind.SUPPLEMENT)
    send(row, ReportKind.SUPPLEMENT)
    row.refresh_from_db()
    assert (row.preliminary_done_on, row.final_done_on) == (today(), today())
    assert AuditEntry.objects.filter(action="incident.reported").count() == 4


def test_one_report_can_be_both() -> None:
    row = reportable()
    send(row, ReportKind.COMPLETE)
    row.refresh_from_db()
    assert row.preliminary_done_on == row.final_done_on == today()


def test_a_final_report_has_nine_items_or_says_why_not() -> None:
    row = reportable(cause="", prevention=" ")
    assert [item.field for item in incidents.missing_items(row)] == ["cause", "prevention"]
    send(row, ReportKind.PRELIMINARY)
    with pytest.raises(IncidentError, match="原因、再発防止のための措置"):
        send(row, ReportKind.FINAL)
    send(row, ReportKind.FINAL, incomplete_reason="調査会社の結果を待っています。")
    assert row.reports.last().incomplete_reason


@pytest.mark.parametrize("days", [-3, 1])
def test_a_report_is_sent_between_knowing_and_today(days: int) -> None:
    row = reportable(days_ago=2)
    with pytest.raises(IncidentError, match="知った日から今日まで"):
        send(row, ReportKind.PRELIMINARY, sent_on=today(days))


def test_a_final_report_is_not_older_than_the_preliminary_one() -> None:
    row = reportable(days_ago=9)
    send(row, ReportKind.PRELIMINARY, sent_on=today(-2))
    with pytest.raises(IncidentError, match="速報の日より前"):
        send(row, ReportKind.FINAL, sent_on=today(-3))


def test_what_was_sent_stays_as_it_was() -> None:
    row = reportable()
    sent = send(row, ReportKind.PRELIMINARY)
    row.overview = "書き直した概要"
    row.save()
    sent.refresh_from_db()
    assert sent.items == ITEMS
    for change in (
        lambda: IncidentReport.objects.filter(pk=sent.pk).update(reference="別"),
        lambda: IncidentReport.objects.filter(pk=sent.pk).update(items={}),
    ):
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            change()


def test_an_entrustee_may_tell_the_entruster_instead() -> None:
    row = reportable()
    with pytest.raises(IncidentError, match="26条第1項ただし書"):
        send(row, ReportKind.TO_ENTRUSTER)
    row = reportable(title="委託元の分", role="entrusted", entruster="例の百貨店")
    assert "委託元の分" in due("incident.preliminary") & due("incident.untold")
    assert incidents.left_to_do(row)
    send(row, ReportKind.TO_ENTRUSTER)
    row.refresh_from_db()
    assert incidents.left_to_do(row) == []
    assert "委託元の分" not in due("incident.preliminary") | due("incident.final") | due("incident.untold")


def test_it_is_closed_when_nothing_is_left() -> None:
    actor = StaffFactory()
    row = reportable()
    now = timezone.now()
    with pytest.raises(IncidentError, match="確報を記録"):
        incidents.close(incident=row, actor=actor, now=now)
    send(row, ReportKind.COMPLETE)
    with pytest.raises(IncidentError, match="影響を受ける人を選ぶか"):
        incidents.close(incident=row, actor=actor, now=now)
    (person,) = affected(row, CustomerFactory())
    with pytest.raises(IncidentError, match="まだ知らせていない人"):
        incidents.close(incident=row, actor=actor, now=now)
    person.told_at, person.way = now, "letter"
    person.save()
    with transaction.atomic():
        incidents.assess(incident=incidents.locked(row))
    incidents.close(incident=row, actor=actor, now=now)
    row.refresh_from_db()
    assert row.closed_on == today()
    with pytest.raises(IncidentError, match="もう終わって"):
        incidents.close(incident=row, actor=actor, now=now)
    incidents.reopen(incident=row, actor=actor, now=now)
    row.refresh_from_db()
    assert row.closed_on is None


def test_a_substitute_measure_counts_for_those_who_cannot_be_told() -> None:
    row = reportable(substitute="ウェブサイトで公表し、窓口を設けました。", substitute_on=today())
    send(row, ReportKind.COMPLETE)
    row.refresh_from_db()
    assert incidents.left_to_do(row) == []


def test_what_need_not_be_reported_can_be_closed_what_is_open_cannot() -> None:
    assert incidents.left_to_do(incident(**NOTHING, persons_at_most=3)) == []
    assert incidents.left_to_do(incident())


def test_the_ground_of_article_35_5_is_for_exactly_those_persons() -> None:
    hit, spared = CustomerFactory(), CustomerFactory()
    first, second = reportable(title="一"), reportable(title="二", days_ago=3)
    harmless = incident(**NOTHING, persons_at_most=1)
    for row in (first, second, harmless):
        affected(row, hit)
    assert [row.title for row in selectors.reportable_incidents_of(hit)] == ["一", "二"]
    assert not selectors.reportable_incidents_of(spared).exists()
    first.wrongful_purpose = "no"
    incidents.assess(incident=first)
    assert [row.title for row in selectors.reportable_incidents_of(hit)] == ["二"]


def due(code: str) -> set[str]:
    """What a kind of care asks for within 30 days."""
    kind = next(one for one in care_of_security.KINDS if one.code == code)
    return {entry.name for entry in kind.entries(today(), today(30))}


def test_what_needs_care() -> None:
    incident(title="未決")
    row = reportable(title="要報告")
    assert due("incident.undecided") == {"未決"}
    assert due("incident.preliminary") == {"未決", "要報告"}
    assert due("incident.untold") == {"要報告"}
    send(row, ReportKind.PRELIMINARY)
    assert due("incident.preliminary") == {"未決"}
    far = incident(title="30日より先", **{**NOTHING, "wrongful_purpose": "yes"})
    assert "30日より先" not in due("incident.final")
    late = reportable(title="過ぎた", days_ago=100)
    assert "過ぎた" in due("incident.final")
    assert late.final_due_on is not None
    assert far.final_due_on is not None
    incidents.assess(incident=late)

    audit(title_ja="近い", planned_on=today(10))
    audit(title_ja="遠い", planned_on=today(40))
    audit(title_ja="済んだ", planned_on=today(-10), done_on=today(), done_by="例野", result="good")
    assert due("audit.due") == {"近い"}
    action(problem="未実施")
    action(problem="未確認", done_on=today(-20))
    action(problem="実施したばかり", done_on=today())
    action(problem="だめ", done_on=today(-20), checked_on=today(), effective=False)
    again = action(problem="だめだったがやり直し中", done_on=today(-20), checked_on=today(), effective=False)
    action(problem="やり直し", reopens=again, due_on=today(90))
    assert due("action.due") == {"未実施"}
    assert due("action.unchecked") == {"未確認", "実施したばかり"}
    assert due("action.ineffective") == {"だめ"}
    Department.objects.create(name_ja="例の部", manager_title_ja="管理者")
    Department.objects.create(name_ja="別の部", manager_title_ja="管理者", manager_name="例野")
    assert due("department.no_manager") == {"例の部"}
