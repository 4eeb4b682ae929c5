"""What a decision did, and taking a correction back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from consent_app.models import Customer, CustomerChange, Suspension
from consent_app.services import gate, suspensions
from consent_app.services.customer_changes import change_customer
from privacy_portal.core.models import AuditEntry, OutgoingMail
from requests_app.models import DisclosureRequest, RequestEvent
from requests_app.services import lifecycle, undo
from requests_app.services.errors import NotAllowed, NoteRequired
from tests.factories.consent import CustomerFactory, OperatorFactory, PurposeFactory
from tests.factories.core import StaffFactory as ManagerFactory
from tests.factories.core import pass_second_factor
from tests.factories.requests import RequestFactory, StaffFactory

from .test_changes import HOME, examine, request_of
from .test_every_right import NOW, answer

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def corrected() -> tuple[DisclosureRequest, CustomerChange]:
    request = request_of("address")
    examine(request, "address", **HOME)
    answer(request, "granted")
    return request, CustomerChange.objects.get()


def take_back(request: DisclosureRequest, change: CustomerChange, **values: object) -> list[CustomerChange]:
    given = {"actor": StaffFactory(), "reason": "取り違えでした。", "now": LATER, **values}
    return undo.take_back(request=request, change=change, **given)  # type: ignore[arg-type]


def test_the_former_value_is_back_and_the_history_has_both() -> None:
    request, change = corrected()
    before = dict(change.before)
    lifecycle.reopen(request=request, actor=StaffFactory(), now=LATER)
    mails = OutgoingMail.objects.filter(template="registered_changed").count()
    take_back(request, change)
    customer = Customer.objects.get()
    assert {name: getattr(customer, name) for name in before} == before
    newest = CustomerChange.objects.order_by("-at").first()
    assert newest is not None
    assert (newest.before["address1"], newest.after) == (HOME["address1"], before)
    assert (newest.channel, newest.reference, newest.reason) == ("request", request.receipt_number, "取り違えでした。")
    assert OutgoingMail.objects.filter(template="registered_changed").count() > mails
    entry = RequestEvent.objects.latest("pk")
    assert (entry.kind, entry.public) == ("correction_taken_back", True)
    assert AuditEntry.objects.filter(action="change.taken_back").count() == 1
    # A second click does nothing.
    take_back(request, change)
    assert CustomerChange.objects.count() == 2
    assert RequestEvent.objects.filter(kind="correction_taken_back").count() == 1


def test_not_over_something_newer() -> None:
    request, change = corrected()
    customer = Customer.objects.get()
    change_customer(
        customer=customer, values={"address": {**HOME, "address1": "大阪市北区例町9"}}, actor=StaffFactory(),
        channel="staff", now=NOW,
    )  # fmt: skip
    with pytest.raises(undo.CannotTakeBack):
        take_back(request, change)
    assert Customer.objects.get().address1 == "大阪市北区例町9"


def test_not_a_change_of_another_request_nor_by_whoever_may_not() -> None:
    request, change = corrected()
    with pytest.raises(undo.CannotTakeBack):
        take_back(RequestFactory.answered(request_type="correction", customer=Customer.objects.get()), change)
    with pytest.raises(NotAllowed):
        take_back(request, change, actor=StaffFactory(is_superuser=False))
    for reason in ("", "あ" * 501, "番号は123456789018です"):
        with pytest.raises(NoteRequired):
            take_back(request, change, reason=reason)
    assert CustomerChange.objects.count() == 1


def test_the_page_shows_both_values_and_takes_back(client: Client) -> None:
    request, change = corrected()
    pass_second_factor(client, ManagerFactory())
    case = reverse("admin:requests_app_disclosurerequest_change", args=[request.pk])
    page = reverse("admin:requests_app_case_take_back", args=[request.pk, change.pk])
    assert page in client.get(case).content.decode()
    text = client.get(page).content.decode()
    assert "大阪市北区例町7-8" in text
    assert str(change.before["address1"]) in text
    assert client.post(page, {"note": ""}).context["form"].errors.keys() == {"note"}
    assert client.post(page, {"note": "取り違えでした。"}).status_code == 302
    assert Customer.objects.get().address1 == change.before["address1"]
    # What was undone stands there now: the first correction cannot be taken back twice over something else.
    assert client.get(reverse("admin:requests_app_case_take_back", args=[request.pk, request.pk])).status_code == 404


def test_a_stop_is_lifted_again_and_use_is_allowed_as_before() -> None:
    OperatorFactory()
    purpose = PurposeFactory()
    customer = CustomerFactory()
    request = RequestFactory.answered(request_type="stop_use", customer=customer)
    stop = suspensions.suspend(
        customer=customer, kind="use", purpose=purpose, actor="worker", ground="35(5)",
        reference=request.receipt_number, now=NOW,
    )  # fmt: skip
    assert list(undo.done_by(request).stops) == [stop]
    assert not gate.may_use(customer=customer.pk, purpose=purpose.code, at=LATER).allowed
    suspensions.end(suspension=stop, actor=StaffFactory(), reason="wish", note="電話", now=LATER)
    assert gate.may_use(customer=customer.pk, purpose=purpose.code, at=LATER + timedelta(minutes=1)).allowed
    assert Suspension.objects.get().end_reason == "wish"
