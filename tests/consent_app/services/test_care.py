"""What needs care, on the first page and by mail."""

import datetime

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent_app.domain import care as rules
from consent_app.domain.care import CareKind, Due
from consent_app.models import Reminder
from consent_app.services import care
from privacy_portal.core.models import OutgoingMail, User
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 22, 3, tzinfo=datetime.UTC)
TODAY = timezone.localdate(NOW)


def day(days: int) -> datetime.date:
    return TODAY + datetime.timedelta(days=days)


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> list[Due]:
    """The entries of the only kind, to be changed by the test."""
    monkeypatch.setattr(rules, "_kinds", {})
    rows: list[Due] = []
    rules.register(
        CareKind(
            "contract.ending",
            "契約の期限が近い",
            "consent_app.subcontractor",
            lambda today, until: [row for row in rows if row.on is None or row.on <= until],
        )
    )
    return rows


def staff(*permissions: str, **more: object) -> User:
    user = UserFactory(is_staff=True, **more)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def test_whoever_may_not_view_the_register_is_told_nothing(entries: list[Due]) -> None:
    entries.append(Due("1", "配送", day(1)))

    assert care.list_of(user=staff(), today=TODAY) == []
    (found,) = care.list_of(user=staff("view_subcontractor"), today=TODAY)
    assert found.kind.code == "contract.ending"
    assert found.entries == (Due("1", "配送", day(1)),)


def test_oldest_first_and_what_has_no_date_last(entries: list[Due]) -> None:
    entries += [Due("3", "三"), Due("2", "二", day(5)), Due("1", "一", day(-3)), Due("4", "四", day(20))]

    (found,) = care.list_of(user=staff("view_subcontractor"), today=TODAY, within=7)

    assert [entry.key for entry in found.entries] == ["1", "2", "3"]
    assert found.overdue == 1


def test_each_stage_is_mailed_once(entries: list[Due]) -> None:
    manager = staff("view_subcontractor", email="manager@shop.example", language="ja")
    staff(email="other@shop.example")
    staff("view_subcontractor", email="gone@shop.example", is_active=False)
    entries += [Due("1", "配送の委託", day(30)), Due("2", "発送の委託", day(-1))]

    assert care.remind(now=NOW) == 1
    assert care.remind(now=NOW + datetime.timedelta(hours=5)) == 0
    mail = OutgoingMail.objects.get()
    assert mail.recipient == manager.email
    assert "配送の委託（2026年12月22日）" in mail.body_text
    assert "発送の委託（2026年11月21日、期限を過ぎています）" in mail.body_text

    # A week later the second is told again; the first is between its stages.
    assert care.remind(now=NOW + datetime.timedelta(days=7)) == 1
    newest = OutgoingMail.objects.latest("created_at")
    assert "発送の委託" in newest.body_text
    assert "配送の委託" not in newest.body_text


def test_a_mail_that_cannot_be_written_leaves_nothing_told(entries: list[Due], monkeypatch: pytest.MonkeyPatch) -> None:
    staff("view_subcontractor")
    entries.append(Due("1", "配送の委託", day(1)))

    def broken(**_kwargs: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("consent_app.notifications.care_reminder", broken)
        with pytest.raises(RuntimeError):
            care.remind(now=NOW)

    assert not Reminder.objects.exists()
    assert care.remind(now=NOW) == 1


def test_english_reminder(entries: list[Due]) -> None:
    staff("view_subcontractor", language="en")
    entries.append(Due("1", "Shipping", day(-1)))

    care.remind(now=NOW)

    mail = OutgoingMail.objects.get()
    assert mail.subject == "Your registers need care"
    assert "Shipping (21 November 2026, overdue)" in mail.body_text


def test_queries_do_not_grow_with_the_entries(entries: list[Due]) -> None:
    staff("view_subcontractor")
    counts = []
    for number in (1, 30):
        entries[:] = [Due(f"{number}-{index}", "委託", day(1)) for index in range(number)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            care.remind(now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]
