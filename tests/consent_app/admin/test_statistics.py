"""Statistics in the admin: make, look, take along; and who may not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import StatisticsRelease
from consent_app.services import statistics
from privacy_portal.core.models import AuditEntry
from tests.consent_app.services.test_statistics import a_shop, people
from tests.factories.core import StaffFactory

pytestmark = pytest.mark.django_db


def url(page: str, *args: Any) -> str:
    return reverse(f"admin:consent_app_statisticsrelease_{page}", args=args)


def test_from_the_list_to_the_file(manager_client: Client) -> None:
    page = manager_client.get(url("changelist")).content.decode()
    assert page.count("まだ作っていません") == 3
    a_shop()
    response = manager_client.post(url("make", "age_gender"), follow=True)
    made = StatisticsRelease.objects.get()
    page = response.content.decode()
    assert response.redirect_chain[-1][0] == url("change", made.pk)
    assert "この表はもう変わりません" in page
    assert "10単位で切り捨てた概数" in page
    assert "<svg" in page
    assert "30代" in page
    response = manager_client.get(url("csv", made.pk))
    assert response["Content-Disposition"].startswith('attachment; filename="age_gender-')
    assert "合計" in response.content.decode("utf-8-sig")
    assert AuditEntry.objects.filter(action="statistics.exported", object_id=str(made.pk)).count() == 1
    page = manager_client.get(url("changelist")).content.decode()
    assert page.count("まだ作っていません") == 2
    assert "の表を見る" in page


def test_why_it_cannot_be_made_now_is_said(manager_client: Client) -> None:
    people(3)
    page = manager_client.post(url("make", "prefecture"), follow=True).content.decode()
    assert "人数が少なすぎる" in page
    a_shop()
    manager_client.post(url("make", "prefecture"))
    people(1)
    page = manager_client.post(url("make", "prefecture"), follow=True).content.decode()
    assert "一人ひとりのことが" in page
    assert StatisticsRelease.objects.count() == 1
    assert manager_client.post(url("make", "nothing")).status_code == 404
    assert manager_client.get(url("make", "prefecture")).status_code == 405


def test_looking_is_not_making(staff_client: Callable[..., Client]) -> None:
    a_shop()
    made = statistics.release(table="prefecture", actor=StaffFactory(), now=timezone.now())
    client = staff_client("view_statisticsrelease")
    assert "をいまの数で作る" not in client.get(url("changelist")).content.decode()
    assert client.get(url("change", made.pk)).status_code == 200
    assert client.get(url("csv", made.pk)).status_code == 200
    assert client.post(url("make", "age_gender")).status_code == 403
    assert AuditEntry.objects.filter(action="statistics.denied").count() == 1
    stranger = staff_client("view_customer")
    for address in (url("changelist"), url("change", made.pk), url("csv", made.pk)):
        assert stranger.get(address).status_code == 403
    assert client.post(url("change", made.pk), {"minimum": 3}).status_code in (200, 403)
    made.refresh_from_db()
    assert made.minimum == 10
    assert AuditEntry.objects.filter(action="statistics.exported").count() == 1


def test_the_list_at_one_and_at_thirty_rows(manager_client: Client, django_assert_max_num_queries: Any) -> None:
    a_shop()
    made = statistics.release(table="prefecture", actor=StaffFactory(), now=timezone.now())
    manager_client.get(url("changelist"))
    counts = []
    for rows in (0, 29):
        StatisticsRelease.objects.bulk_create(
            StatisticsRelease(table="prefecture", minimum=10, shown=made.shown, counted=[], made_by=StaffFactory())
            for _row in range(rows)
        )
        with django_assert_max_num_queries(30) as queries:
            assert manager_client.get(url("changelist")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
