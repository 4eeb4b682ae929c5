"""The list of erasures, and the marks that keep people out of imports."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from consent_app.models import ErasureMark, ErasureRecord
from consent_app.services import erasure_marks
from privacy_portal.core.models import AuditEntry
from tests.factories.core import StaffFactory, pass_second_factor

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LIST = reverse("admin:consent_app_erasurerecord_changelist")
MARKS = reverse("admin:consent_app_erasurerecord_marks")
LIFT = reverse("admin:consent_app_erasurerecord_lift")
ASKED = {"kind": "email", "source": "", "value": "Hanako@x.example"}


@pytest.fixture
def manager(client: Client) -> Client:
    pass_second_factor(client, StaffFactory())
    erasure_marks.mark([erasure_marks.digest_of("email", "hanako@x.example")], now=NOW)
    return client


def make(number: int = 1) -> ErasureRecord:
    for index in range(number):
        record = ErasureRecord.objects.create(
            customer_id="00000000-0000-0000-0000-000000000001",
            reference=f"RK7D-{index}",
            key=f"k{index}",
            everything=True,
            counts={"order": 2, "mails": 3},
            deferred=[{"place": "order", "number": 1, "until": "2033-08-16"}],
            erased_at=NOW,
        )
    return record


@pytest.mark.parametrize("number", [1, 30])
def test_the_list_has_numbers_and_dates(manager: Client, number: int, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    make(number)
    manager.get(LIST)  # writes down where the session is
    with django_assert_max_num_queries(14):
        text = manager.get(LIST).content.decode()
    assert "RK7D-0" in text
    assert "注文 2、送信メールの宛先と本文 3" in text
    assert "2033-08-16" in text


def test_nothing_is_changed_there(manager: Client) -> None:
    record = make()
    page = reverse("admin:consent_app_erasurerecord_change", args=[record.pk])
    assert manager.get(page).status_code == 200
    assert manager.post(page, {"reference": "X"}).status_code == 403
    assert manager.get(reverse("admin:consent_app_erasurerecord_add")).status_code == 403


def test_somebody_is_looked_up_and_let_back_with_a_reason(manager: Client) -> None:
    assert "除かれません" in manager.post(MARKS, {**ASKED, "value": "taro@x.example"}).content.decode()
    page = manager.post(MARKS, ASKED).content.decode()
    assert "除かれます" in page
    assert "印を外す" in page
    answer = manager.post(LIFT, ASKED)
    assert answer.context["lift"].errors.keys() == {"reason", "confirmed"}
    assert ErasureMark.objects.get().lifted_at is None
    manager.post(LIFT, {**ASKED, "reason": "電話で確かめた", "confirmed": "on"})
    mark = ErasureMark.objects.get()
    assert mark.lifted_at is not None
    assert mark.lift_reason == "電話で確かめた"
    assert "除かれません" in manager.post(MARKS, ASKED).content.decode()
    assert AuditEntry.objects.filter(action="erasure.mark_looked_up").count() == 3
    assert not AuditEntry.objects.filter(detail__icontains="hanako").exists()


def test_what_is_missing_is_told_beside_the_field(manager: Client) -> None:
    assert manager.post(MARKS, {**ASKED, "kind": "id"}).context["form"].errors.keys() == {"source"}
    assert manager.post(MARKS, {**ASKED, "value": "x"}).context["form"].errors.keys() == {"value"}
    assert not AuditEntry.objects.filter(action="erasure.mark_looked_up").exists()


def test_each_needs_its_permission(manager: Client) -> None:
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_erasurerecord", "view_erasuremark"]))
    client = Client()
    pass_second_factor(client, clerk)
    page = client.post(MARKS, ASKED).content.decode()
    assert "除かれます" in page
    assert LIFT not in page
    assert client.post(LIFT, {**ASKED, "reason": "x", "confirmed": "on"}).status_code == 403
    clerk.user_permissions.set(Permission.objects.filter(codename="view_erasurerecord"))
    assert client.get(MARKS).status_code == 403
    assert AuditEntry.objects.filter(action="erasure.denied").count() == 2
    assert ErasureMark.objects.get().lifted_at is None
