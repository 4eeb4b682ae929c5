"""The pages on which leave for a large file is asked for and given."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent_app.models import ExportOrder, Incident
from consent_app.services import export_files
from privacy_portal.core.models import AuditEntry
from tests.factories import security
from tests.factories.consent import CustomerFactory
from tests.factories.core import EnrolledStaffFactory, pass_second_factor
from tests.support.looks import ClientWithReasons

pytestmark = pytest.mark.django_db
# Session and account, the count and the rows.
QUERIES = 4
LIST = reverse("admin:consent_app_exportorder_changelist")


@pytest.fixture(autouse=True)
def _limit(settings: LazySettings) -> None:
    settings.EXPORT_SECOND_PERSON_FROM = 2


@pytest.fixture
def incident() -> Incident:
    row = security.reportable()
    security.affected(row, CustomerFactory(email="", family_name="髙橋"), CustomerFactory(email=""))
    return row


def url(name: str, *arguments: object) -> str:
    return reverse(f"admin:consent_app_exportorder_{name}", args=arguments)


def test_from_the_button_to_the_file(incident: Incident, staff_client: Callable[..., Client]) -> None:
    asker = staff_client("view_incident", "notify_affected", "view_exportorder")
    boss = staff_client("approve_exportorder", "view_exportorder")
    button = reverse("admin:consent_app_incident_addresses", args=[incident.pk])
    asked = asker.post(button, follow=True)
    assert asked.redirect_chain[-1][0] == url("ask", "addresses", incident.pk)
    assert "2人のデータです" in asked.content.decode()
    assert "髙橋" not in asked.content.decode()
    empty = asker.post(url("ask", "addresses", incident.pk), {"why": " "})
    assert empty.status_code == 200
    page = asker.post(url("ask", "addresses", incident.pk), {"why": "印刷会社へ"}, follow=True).content.decode()
    order = ExportOrder.objects.get()
    assert "ほかの人の承認を待っています" in page
    assert url("decide", order.pk) not in page
    assert asker.post(button).headers["Location"] == url("change", order.pk), "asked for already"
    assert asker.post(url("take", order.pk), follow=True).status_code == 200
    order.refresh_from_db()
    assert order.downloads == 0

    seen = boss.get(url("change", order.pk)).content.decode()
    assert url("decide", order.pk) in seen
    assert "印刷会社へ" in seen
    assert url("take", order.pk) not in seen
    boss.post(url("decide", order.pk), {"answer": "maybe"})
    boss.post(url("decide", order.pk), {"answer": "yes"})
    export_files.make(order=order, now=timezone.now())
    assert "あと3回" in asker.get(url("change", order.pk)).content.decode()
    assert boss.post(url("take", order.pk)).status_code == 302
    file = asker.post(url("take", order.pk))
    assert "髙橋" in b"".join(file).decode()
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["Cache-Control"] == "no-store, private"
    boss.post(url("withdraw", order.pk))
    assert asker.post(url("take", order.pk)).status_code == 302
    assert "取り消し" in asker.get(url("change", order.pk)).content.decode()


def test_declining(incident: Incident, staff_client: Callable[..., Client]) -> None:
    boss = staff_client("approve_exportorder", "view_exportorder")
    asker = staff_client("notify_affected", "view_exportorder")
    asker.post(url("ask", "addresses", incident.pk), {"why": "印刷会社へ"})
    order = ExportOrder.objects.get()
    boss.post(url("decide", order.pk), {"answer": "no"})
    assert "却下" in asker.get(url("change", order.pk)).content.decode()
    again = boss.post(url("decide", order.pk), {"answer": "yes"}, follow=True)
    assert "もう決まっている" in again.content.decode()
    order.refresh_from_db()
    assert order.approved is False


def test_nobody_approves_their_own_on_the_page(incident: Incident, manager_client: Client) -> None:
    other = ClientWithReasons()
    pass_second_factor(other, EnrolledStaffFactory())
    manager_client.post(url("ask", "addresses", incident.pk), {"why": "印刷会社へ"})
    order = ExportOrder.objects.get()
    assert url("decide", order.pk) not in manager_client.get(url("change", order.pk)).content.decode()
    manager_client.post(url("decide", order.pk), {"answer": "yes"})
    order.refresh_from_db()
    assert order.approved is None
    assert AuditEntry.objects.filter(action="export.denied").count() == 1


def test_who_may_not(incident: Incident, staff_client: Callable[..., Client]) -> None:
    looker = staff_client("view_exportorder")
    assert looker.get(url("ask", "addresses", incident.pk)).status_code == 403
    assert AuditEntry.objects.filter(action="export.denied").count() == 1
    asker = staff_client("notify_affected")
    for kind, key in (("addresses", "x"), ("addresses", 99999), ("nonsense", incident.pk)):
        assert asker.get(url("ask", kind, key)).status_code == 404


def test_the_list_asks_as_often_for_30_as_for_one(
    manager_client: Client, django_assert_num_queries: DjangoAssertNumQueries, incident: Incident
) -> None:
    user = EnrolledStaffFactory()
    rows = [
        ExportOrder(
            kind="addresses",
            object_id=str(incident.pk),
            persons=2,
            why="印刷会社へ",
            asked_by=user,
            expires_at=timezone.now() + timedelta(days=1),
        )
        for _one in range(30)
    ]
    rows[0].save()
    manager_client.get(LIST)
    with django_assert_num_queries(QUERIES):
        manager_client.get(LIST)
    ExportOrder.objects.bulk_create(rows[1:])
    with django_assert_num_queries(QUERIES):
        manager_client.get(LIST)
