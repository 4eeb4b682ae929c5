"""Sessions end by themselves."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from privacy_portal.core.models import AuditEntry
from tests.factories.core import EnrolledStaffFactory, UserFactory, pass_second_factor, sign_in_by_code

pytestmark = pytest.mark.django_db


def test_staff_who_were_away_sign_in_again(client: Client) -> None:
    staff = EnrolledStaffFactory()
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        pass_second_factor(client, staff)
        assert client.get("/admin/").status_code == 200
    with time_machine.travel(start + timedelta(minutes=29), tick=False):
        assert client.get("/admin/").status_code == 200
    with time_machine.travel(start + timedelta(minutes=58), tick=False):
        assert client.get("/admin/").status_code == 200
    with time_machine.travel(start + timedelta(minutes=88), tick=False):
        assert "/login/" in client.get("/admin/").headers["Location"]
        assert AuditEntry.objects.filter(action="sign_in.timed_out", object_id=str(staff.pk)).count() == 1
        assert client.get("/admin/").status_code == 302
    assert AuditEntry.objects.filter(action="sign_in.timed_out").count() == 1


def test_customers_may_be_away_longer(client: Client) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        sign_in_by_code(client, UserFactory())
        assert client.get("/requests/").status_code == 200
    with time_machine.travel(start + timedelta(minutes=119), tick=False):
        assert client.get("/requests/").status_code == 200
    with time_machine.travel(start + timedelta(minutes=239), tick=False):
        assert client.get("/requests/").status_code == 302


def test_no_session_lasts_longer_than_a_day_of_work(client: Client) -> None:
    staff = EnrolledStaffFactory()
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        pass_second_factor(client, staff)
        assert client.get("/admin/").status_code == 200
    for minutes in range(20, 720, 20):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            assert client.get("/admin/jsi18n/").status_code == 200
    with time_machine.travel(start + timedelta(hours=12), tick=False):
        assert client.get("/admin/").status_code == 302


def test_the_browser_is_told_to_keep_nothing_of_a_session_that_ended(client: Client) -> None:
    for address, staff in (("/sign-out/", False), ("/staff/logout/", True), ("/admin/logout/", True)):
        if staff:
            pass_second_factor(client, EnrolledStaffFactory())
        else:
            sign_in_by_code(client, UserFactory())
        assert "Clear-Site-Data" not in client.get("/")
        assert client.post(address).headers["Clear-Site-Data"] == '"cache", "storage"', address
        assert "Clear-Site-Data" not in client.get("/")
    sign_in_by_code(client, UserFactory())
    client.get("/")
    with time_machine.travel(timezone.now() + timedelta(hours=13)):
        assert client.get("/").headers["Clear-Site-Data"] == '"cache", "storage"'
