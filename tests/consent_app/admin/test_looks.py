"""Nobody sees a customer's data without having said why."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import Customer, CustomerLook, Purpose
from consent_app.services import looks
from privacy_portal.core.models import AuditEntry, User
from privacy_portal.core.services import staff_accounts
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    OrderFactory,
    ProvisionFactory,
    ReceivedProvisionFactory,
    catalogue,
)
from tests.factories.core import EnrolledStaffFactory, StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory
from tests.support.looks import ASKED

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    pass_second_factor(client, user)
    return client


def with_role(role: str) -> User:
    email = f"{role}@shop.example"
    staff_accounts.create(email=email, display_name="係", language="ja", roles=[role], actor=StaffFactory())
    return User.objects.get(email=email)


@pytest.fixture
def customer() -> Customer:
    catalogue()
    return CustomerFactory(
        family_name="髙橋", given_name="花子", telephone="+819012345678", email="hanako@post.example"
    )


def page_of(customer: Customer) -> str:
    return reverse("admin:consent_app_customer_change", args=[customer.pk])


def pages_of(customer: Customer) -> list[str]:
    """Every page that shows one customer's data."""
    purpose = Purpose.objects.filter(needs_consent=True).first() or ConsentFactory().purpose
    rows = [ConsentFactory(customer=customer, purpose=purpose), ProvisionFactory(customer=customer)]
    rows.append(ReceivedProvisionFactory(customer=customer))
    order = OrderFactory(customer=customer)
    name = "admin:consent_app"
    ledgers = [f"{name}_{row._meta.model_name}_{page}" for row in rows for page in ("change", "history")]
    keys = [row.pk for row in rows for _page in range(2)]
    return [
        page_of(customer),
        reverse(f"{name}_customer_history", args=[customer.pk]),
        reverse(f"{name}_customer_published_item", args=[customer.pk, "telephone"]),
        reverse(f"{name}_customer_published_record", args=[customer.pk, order.pk]),
        reverse(f"{name}_consent_record", args=[customer.pk]),
        reverse(f"{name}_consent_record_for", args=[customer.pk, purpose.pk]),
        reverse(f"{name}_suspension_begin", args=[customer.pk]),
        *(reverse(ledger, args=[key]) for ledger, key in zip(ledgers, keys, strict=True)),
    ]


PERSONAL = ("髙橋", "高橋", "花子", "hanako", "09012345678", "090-1234", "例町", "東京都", "サングラス")


@pytest.mark.parametrize("role", ["manager", "auditor", "superuser"])
def test_without_a_reason_no_page_shows_anything(customer: Customer, role: str) -> None:
    client = signed_in(EnrolledStaffFactory() if role == "superuser" else with_role(role))
    for address in pages_of(customer):
        response = client.get(address)
        if role == "auditor" and response.status_code == 403:
            continue
        assert response.status_code == 200, address
        assert ASKED in response.content, address
        shown = [one for one in PERSONAL if one in response.content.decode()]
        assert not shown, (address, shown)
    assert not AuditEntry.objects.filter(action__in=["customer.viewed", "provision.viewed"]).exists()
    assert not CustomerLook.objects.exists()


def test_a_reason_opens_the_page_for_a_day_of_work_and_for_this_customer_only(customer: Customer) -> None:
    staff, now = EnrolledStaffFactory(), timezone.now()
    client = signed_in(staff)
    with time_machine.travel(now, tick=False):
        assert "ひとこと" in client.post(page_of(customer), {"look-reason": "contact"}).content.decode()
        assert not CustomerLook.objects.exists()
        response = client.post(page_of(customer), {"look-reason": "contact", "look-note": "電話への返事"})
        assert (response.status_code, response["Location"]) == (302, page_of(customer))
        html = client.get(page_of(customer)).content.decode()
        assert "髙橋　花子" in html
        assert "電話への返事" in html
        assert ASKED in client.get(page_of(CustomerFactory())).content
        assert ASKED in signed_in(EnrolledStaffFactory()).get(page_of(customer)).content
    with time_machine.travel(now + timedelta(hours=7, minutes=59), tick=False):
        assert looks.justified(customer=customer, staff=staff, now=timezone.now())
    with time_machine.travel(now + timedelta(hours=8), tick=False):
        assert not looks.justified(customer=customer, staff=staff, now=timezone.now())
    entry = AuditEntry.objects.get(action="customer.look_justified")
    assert (entry.object_id, entry.detail) == (str(customer.pk), {"reason": "contact"})


def test_an_open_case_in_hand_is_the_reason_and_is_written_down_once(customer: Customer) -> None:
    staff = EnrolledStaffFactory()
    case = RequestFactory.in_review(customer=customer, assigned_to=staff)
    client = signed_in(staff)
    for _ in range(2):
        assert "髙橋　花子" in client.get(page_of(customer)).content.decode()
    look = CustomerLook.objects.get()
    assert (look.reason, look.case_number) == ("case", case.receipt_number)
    assert AuditEntry.objects.get(action="customer.look_justified").detail == {"reason": "case", "case": str(case.pk)}
    later = timezone.now() + timedelta(days=3)
    assert looks.justified(customer=customer, staff=staff, now=later)
    case.status, case.closed_at = "withdrawn", timezone.now()
    case.save(update_fields=["status", "closed_at"])
    assert not looks.justified(customer=customer, staff=staff, now=later)


def test_a_case_of_somebody_else_can_be_named_and_holds_while_it_is_open(customer: Customer) -> None:
    staff = EnrolledStaffFactory()
    case = RequestFactory.in_review(customer=customer, assigned_to=StaffFactory())
    other = RequestFactory.in_review()
    client = signed_in(staff)
    assert case.receipt_number in client.get(page_of(customer)).content.decode()
    wrong = client.post(page_of(customer), {"look-reason": f"case:{other.receipt_number}"})
    assert wrong.status_code == 200
    assert ASKED in wrong.content
    assert client.post(page_of(customer), {"look-reason": f"case:{case.receipt_number}"}).status_code == 302
    assert looks.justified(customer=customer, staff=staff, now=timezone.now() + timedelta(days=9))


def test_what_is_no_reason_is_refused(customer: Customer) -> None:
    staff, now = StaffFactory(), timezone.now()
    given: list[dict[str, Any]] = [
        {"reason": "contact", "note": "　"},
        {"reason": "curiosity", "note": "x"},
        {"reason": "case", "note": "x"},
        {"reason": "case", "note": "", "case_number": "R-0"},
        {"reason": "other", "note": "x", "case_number": "R-0"},
    ]
    for one in given:
        with pytest.raises(looks.ReasonMissing):
            looks.give(customer=customer, staff=staff, now=now, **one)
    for values in ({"reason": "case"}, {"reason": "other"}, {"reason": "other", "case_number": "R-0", "note": "x"}):
        with transaction.atomic(), pytest.raises(IntegrityError):
            CustomerLook.objects.create(
                customer=customer, staff=staff, began_at=now, ends_at=now + timedelta(hours=1), **values
            )


def test_who_may_not_see_customers_is_not_asked(customer: Customer) -> None:
    client = signed_in(with_role("support"))
    assert client.get(page_of(customer)).status_code == 403
    assert client.post(page_of(customer), {"look-reason": "other", "look-note": "x"}).status_code == 403
    assert not CustomerLook.objects.exists()


def test_reasons_are_forgotten_after_a_year(customer: Customer) -> None:
    staff, now = StaffFactory(), timezone.now()
    for days in (366, 367):
        at = now - timedelta(days=days)
        looks.give(customer=customer, staff=staff, reason="audit", note="点検", now=at)
    assert looks.purge(now=now) == 1
    assert looks.purge(now=now) == 0
