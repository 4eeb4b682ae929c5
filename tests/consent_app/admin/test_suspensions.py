"""Stops: begun on a customer's page, ended with a reason, each with its permission."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import Customer, Suspension
from consent_app.services import gate, suspensions
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import CustomerFactory, PurposeFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:consent_app_suspension_changelist")


@pytest.fixture
def customer() -> Customer:
    return CustomerFactory()


def begin(customer: Customer) -> str:
    return reverse("admin:consent_app_suspension_begin", args=[customer.pk])


def page(stop: Suspension) -> str:
    return reverse("admin:consent_app_suspension_change", args=[stop.pk])


def end(stop: Suspension) -> str:
    return reverse("admin:consent_app_suspension_end", args=[stop.pk])


def stopped(customer: Customer, **values: Any) -> Suspension:
    return suspensions.suspend(
        **{"customer": customer, "kind": "use", "actor": "command", "ground": "35(1)", "now": timezone.now(), **values}
    )


def test_begun_and_ended(manager_client: Client, customer: Customer) -> None:
    purpose = PurposeFactory(code="offers", text_ja="ご案内のため")
    data = {"kind": "use", "purpose": purpose.pk, "ground": "35(5)", "reference": "R-1"}
    assert "必須" in manager_client.post(begin(customer), data).content.decode()
    assert not Suspension.objects.exists()
    response = manager_client.post(begin(customer), {**data, "confirmed": "on"}, follow=True)
    stop = Suspension.objects.get()
    assert "止めました" in response.content.decode()
    assert (stop.purpose, stop.ground, stop.reference) == (purpose, "35(5)", "R-1")
    assert stop.set_by is not None
    assert not gate.may_use(customer=customer.pk, purpose="offers", at=timezone.now()).allowed
    page_of = reverse("admin:consent_app_customer_change", args=[customer.pk])
    assert page(stop) in manager_client.get(page_of).content.decode()
    again = manager_client.post(begin(customer), {**data, "confirmed": "on"}, follow=True)
    assert "もう止めてあります" in again.content.decode()

    html = manager_client.get(end(stop)).content.decode()
    assert "ご案内のため" in html
    reason = {"reason": "wish", "note": "電話の記録 3番"}
    assert manager_client.post(end(stop), reason).status_code == 200
    response = manager_client.post(end(stop), {**reason, "confirmed": "on"}, follow=True)
    assert "停止を終えました" in response.content.decode()
    stop.refresh_from_db()
    assert (stop.end_reason, stop.end_note) == ("wish", "電話の記録 3番")
    assert stop.ended_by is not None
    assert gate.may_use(customer=customer.pk, purpose="offers", at=timezone.now()).allowed
    assert "もう終わっています" in manager_client.get(end(stop), follow=True).content.decode()
    assert "停止を終える" not in manager_client.get(page(stop)).content.decode()


@pytest.mark.parametrize(("kind", "ground"), [("provision", "35(1)"), ("use", "35(3)")])
def test_a_ground_carries_only_what_the_article_says(
    manager_client: Client, customer: Customer, kind: str, ground: str
) -> None:
    data = {"kind": kind, "ground": ground, "confirmed": "on"}
    assert "この根拠では" in manager_client.post(begin(customer), data).content.decode()
    assert not Suspension.objects.exists()


def test_list(manager_client: Client, customer: Customer, django_assert_num_queries: Any) -> None:
    stopped(customer)
    suspensions.end(
        suspension=stopped(customer, kind="provision"), actor="command", reason="mistake", now=timezone.now()
    )
    manager_client.get(LIST)
    with django_assert_num_queries(4):
        html = manager_client.get(LIST).content.decode()
    assert "髙●●●" in html
    assert "花子" not in html
    for _ in range(28):
        stopped(CustomerFactory(family_name="別田"), purpose=PurposeFactory())
    with django_assert_num_queries(4):
        assert manager_client.get(LIST).context["cl"].result_count == 30
    assert manager_client.get(LIST, {"state": "ended"}).context["cl"].result_count == 1
    assert manager_client.get(LIST, {"state": "open", "kind__exact": "use"}).context["cl"].result_count == 29
    assert manager_client.post(LIST, {"words": customer.email}, follow=True).context["cl"].result_count == 2


def test_who_may(staff_client: Callable[..., Client], customer: Customer) -> None:
    stop = stopped(customer)
    viewer = staff_client("view_suspension", "view_customer")
    assert viewer.get(LIST).status_code == 200
    assert "停止を終える" not in viewer.get(page(stop)).content.decode()
    assert viewer.post(begin(customer), {}).status_code == 403
    assert viewer.post(end(stop), {}).status_code == 403
    beginner = staff_client("add_suspension", "view_customer")
    assert beginner.get(begin(customer)).status_code == 200
    assert beginner.get(end(stop)).status_code == 403
    assert staff_client("add_suspension").get(begin(customer)).status_code == 403
    assert staff_client("view_customer").get(LIST).status_code == 403
    assert AuditEntry.objects.filter(action="suspension.denied").count() == 4
    stop.refresh_from_db()
    assert stop.ended_at is None


def test_a_stop_that_ended_names_its_reason(customer: Customer) -> None:
    stop = stopped(customer)
    with pytest.raises(ValueError, match="nothing"):
        suspensions.end(suspension=stop, actor="command", reason="nothing", now=timezone.now())
