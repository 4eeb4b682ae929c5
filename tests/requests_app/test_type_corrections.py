"""A registered request was taken for another right: what follows the new type, and until when it can be put right."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from consent_app.models import RequestRule
from privacy_portal.core.business_days import add_business_days
from privacy_portal.core.models import AuditEntry, OutgoingMail
from requests_app.domain.transitions import Note, Status
from requests_app.models import Correction, DisclosureRequest, IdentityCheck, RequestedChange, RequestEvent
from requests_app.services import decisions, fees, identity, type_corrections
from requests_app.services.corrections import Stale, TooLate
from requests_app.services.errors import InvalidAnswers, NotAllowed
from requests_app.services.type_corrections import TypeSettled
from tests.factories.consent import CustomerFactory, DataItemFactory, OperatorFactory, RequestRuleFactory
from tests.factories.core import pass_second_factor
from tests.factories.requests import (
    DecisionFactory,
    FeeFactory,
    PersonFactory,
    RequestFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
WANTED = {"wants_everything": True, "wanted_items": [], "wanted_note": "電話番号だけ"}
CHANGE = {
    "change_rows": 1,
    "item_0": "address",
    "wanted_0": "横浜市例区1-2-3",
    "why_0": "引っ越した",
    "wanted_note": "",
}


@pytest.fixture(autouse=True)
def rules() -> None:
    OperatorFactory()
    DataItemFactory(code="address")
    for code, level, days in (
        ("disclosure", 2, 10),
        ("purpose_notice", 2, 10),
        ("correction", 2, 15),
        ("erasure", 3, 10),
        ("complaint", 1, 5),
    ):
        RequestRuleFactory(request_type=code, identity_level=level, target_business_days=days)


def retype(request: DisclosureRequest, request_type: str, answers: dict[str, Any], **changes: Any) -> DisclosureRequest:
    given: dict[str, Any] = {"actor": StaffFactory(), "reason": "手紙を読み直した", "seen": 0, "now": NOW}
    return type_corrections.correct_type(request=request, request_type=request_type, answers=answers, **given | changes)


def confirmed(**kwargs: Any) -> DisclosureRequest:
    request = RequestFactory.by_letter(Status.IDENTITY_REVIEW, **kwargs)
    identity.confirm(request=request, actor=StaffFactory(), customer=CustomerFactory(), note="見た", now=NOW)
    return request


def test_everything_that_follows_from_the_type_follows_the_new_one() -> None:
    request = confirmed(wanted_note="住所がちがう")
    customer, target = request.customer, request.target_on
    retype(request, "correction", CHANGE)
    request.refresh_from_db()
    assert (request.request_type, request.status, request.customer) == ("correction", Status.IN_REVIEW, customer)
    assert request.target_on == add_business_days(target, 5)
    assert (request.changes.get().wanted, request.wanted_note, request.grounds) == ("横浜市例区1-2-3", None, ["untrue"])
    rows = {row.field: (row.before, row.after) for row in Correction.objects.all()}
    assert rows == {"request_type": ("disclosure", "correction"), "wanted_note": ("住所がちがう", None)}
    event = RequestEvent.objects.get(kind=Note.TYPE_CORRECTED)
    assert (event.public, event.data) == (True, {"from_type": "disclosure", "to_type": "correction"})
    assert AuditEntry.objects.get(action="request.type_corrected").detail == event.data
    assert not OutgoingMail.objects.exists()
    retype(request, "disclosure", WANTED, seen=2)
    request.refresh_from_db()
    assert (request.target_on, request.wanted_note) == (target, "電話番号だけ")
    assert not RequestedChange.objects.exists()
    assert str(Correction.objects.get(field="change_1").before).endswith(" / 横浜市例区1-2-3 / 引っ越した")


def test_a_fee_is_possible_as_the_new_type_says() -> None:
    RequestRule.objects.filter(request_type="disclosure").update(fee=RequestRule.Fee.FIXED, fee_yen=1100)
    request = confirmed(request_type="complaint", wanted_note="困った")
    assert not fees.is_owed(request)
    retype(request, "disclosure", WANTED)
    assert fees.is_owed(DisclosureRequest.objects.get(pk=request.pk))


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ("disclosure", "purpose_notice", Status.IN_REVIEW),
        ("disclosure", "erasure", Status.IDENTITY_REVIEW),
        ("complaint", "disclosure", Status.IDENTITY_REVIEW),
        ("erasure", "disclosure", Status.IN_REVIEW),
        ("disclosure", "complaint", Status.IN_REVIEW),
    ],
)
def test_identity_is_looked_at_anew_where_the_new_type_needs_more(before: str, after: str, status: Status) -> None:
    request = RequestFactory.by_letter(Status.IN_REVIEW, request_type=before, customer=CustomerFactory())
    request.identity_checks.update(state=IdentityCheck.State.PASSED, finished_at=NOW, customer=request.customer)
    retype(request, after, {**WANTED, "grounds": ["no_longer_needed"]})
    request.refresh_from_db()
    assert request.status == status
    assert (request.customer is None) is (status == Status.IDENTITY_REVIEW)


@pytest.mark.parametrize("status", [Status.IDENTITY_REVIEW, Status.IDENTITY_WAITING])
def test_nobodys_identity_is_asked_for_a_complaint(status: Status) -> None:
    request = RequestFactory.by_letter(status)
    retype(request, "complaint", {"wanted_note": "困った"})
    request.refresh_from_db()
    assert request.status == Status.IN_REVIEW


def test_a_new_one_that_the_worker_has_not_seen_goes_its_way() -> None:
    request = RequestFactory.by_letter(Status.RECEIVED)
    retype(request, "complaint", {"wanted_note": "困った"})
    identity.verify(request_id=request.pk, now=NOW)
    request.refresh_from_db()
    assert request.status == Status.IN_REVIEW


@pytest.mark.parametrize(
    ("request_type", "answers", "field"),
    [
        ("disclosure", WANTED, "request_type"),
        ("stop_use", WANTED, "request_type"),
        ("nothing", WANTED, "request_type"),
        ("correction", {**CHANGE, "item_0": ""}, "item_0"),
        ("erasure", {**WANTED, "grounds": []}, "grounds"),
        ("complaint", {"wanted_note": ""}, "wanted_note"),
        ("purpose_notice", {**WANTED, "wanted_note": "1234-5678-9018"}, "wanted_note"),
    ],
)
def test_what_the_new_type_asks_must_be_there(request_type: str, answers: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidAnswers) as refused:
        retype(confirmed(), request_type, answers)
    assert field in refused.value.errors


def test_until_something_was_decided_or_told() -> None:
    decided, charged, asked = confirmed(), confirmed(), RequestFactory.by_letter(Status.WAITING)
    DecisionFactory(request=decided)
    FeeFactory(request=charged)
    for request in (decided, charged):
        with pytest.raises(TypeSettled):
            retype(request, "correction", CHANGE)
    with pytest.raises(TooLate):
        retype(asked, "correction", CHANGE)
    with pytest.raises(Stale):
        retype(confirmed(), "correction", CHANGE, seen=1)


def test_what_people_wrote_themselves_stays() -> None:
    request = RequestFactory.in_review()
    with pytest.raises(NotAllowed):
        retype(request, "correction", CHANGE)
    with pytest.raises(NotAllowed):
        retype(confirmed(), "correction", CHANGE, actor=PersonFactory(is_staff=True))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_and_the_letter(client: Client, language: str) -> None:
    request = RequestFactory.by_letter(Status.IDENTITY_REVIEW, received_at=timezone.now(), language=language)
    pass_second_factor(client, StaffFactory())
    page = reverse("admin:requests_app_case_retype", args=[request.pk])
    form = reverse("admin:requests_app_case_retype_to", args=[request.pk, "correction"])
    assert form in client.get(page).content.decode()
    typed = {"seen": "0", "change_rows": "1", "item_0": "address", "wanted_0": "横浜市", "reason": ""}
    assert "reason" in client.post(form, typed).context["form"].errors
    more = client.post(form, {**typed, "more": "1"})
    assert "item_1" in more.context["form"].fields
    assert client.post(form, {**typed, "reason": "読み直した"}).status_code == 302
    request.refresh_from_db()
    assert request.request_type == "correction"
    row = Correction.objects.get(field="request_type")
    address = reverse("admin:requests_app_case_type_letter", args=[request.pk, row.pk])
    case = client.get(reverse("admin:requests_app_disclosurerequest_change", args=[request.pk])).content.decode()
    assert address in case
    assert "開示 → 訂正" in case
    letter = client.post(address)
    words = "正しくは「訂正」" if language == "ja" else "youaskedfor“Correction”"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(letter.content)).pages)
    assert words in "".join(text.split())
    assert AuditEntry.objects.filter(action="request.type_letter_opened").exists()
    assert decisions.allowed_outcomes(request)
