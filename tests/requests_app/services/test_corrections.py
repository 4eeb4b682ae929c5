"""Correcting what staff wrote down: what stands in the history, what is looked at anew, what cannot be."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from privacy_portal.core.business_days import add_business_days
from privacy_portal.core.models import AuditEntry
from requests_app.domain.deadlines import suit_possible_from
from requests_app.domain.transitions import Note, Status
from requests_app.models import Correction, DisclosureRequest, IdentityCheck, RequestEvent
from requests_app.services import corrections, identity, registration
from requests_app.services.corrections import Stale, TooLate
from requests_app.services.errors import InvalidAnswers, NotAllowed
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory
from tests.factories.requests import MessageFactory, RequestFactory, StaffFactory
from tests.support.hostile_files import pdf, taken

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
STATED = {
    "family_name": "高橋",
    "given_name": "花子",
    "family_kana": "タカハシ",
    "given_kana": "ハナコ",
    "telephone": "090-1234-5678",
    "postal_code": "1000001",
    "prefecture": "東京都",
    "address1": "千代田区例町4-5-6",
    "address2": "例マンション101",
}
MY_NUMBER = "1234-5678-9018"


@pytest.fixture(autouse=True)
def operator() -> None:
    OperatorFactory()
    RequestRuleFactory()


def correct(request: DisclosureRequest, **changes: Any) -> DisclosureRequest:
    given: dict[str, Any] = {
        "actor": StaffFactory(),
        "kind": "principal",
        "values": {**STATED, **changes.pop("values", {})},
        "reason": "手紙の読みまちがい",
        "seen": 0,
        "now": NOW,
    }
    return corrections.correct_person(request=request, **given | changes)


def arrive(request: DisclosureRequest, **changes: Any) -> DisclosureRequest:
    given: dict[str, Any] = {
        "actor": StaffFactory(),
        "channel": "letter",
        "arrived_on": date(2026, 11, 12),
        "reason": "消印を見落とした",
        "seen": 0,
        "now": NOW,
    }
    return corrections.correct_arrival(request=request, **given | changes)


def confirmed(**kwargs: Any) -> DisclosureRequest:
    request = RequestFactory.by_letter(Status.IDENTITY_REVIEW, **kwargs)
    identity.confirm(request=request, actor=StaffFactory(), customer=CustomerFactory(), note="見た", now=NOW)
    return request


def test_who_was_confirmed_by_other_facts_is_looked_at_anew() -> None:
    request = confirmed()
    correct(request, values={"given_name": "華子", "telephone": "080-1111-2222"})
    request.refresh_from_db()
    assert (request.status, request.customer) == (Status.IDENTITY_REVIEW, None)
    assert not request.identity_checks.filter(state=IdentityCheck.State.PASSED).exists()
    assert request.parties.get().given_name == "華子"
    rows = {row.field: (row.before, row.after, row.reason) for row in Correction.objects.all()}
    assert rows == {
        "principal.given_name": ("花子", "華子", "手紙の読みまちがい"),
        "principal.telephone": ("+819012345678", "+818011112222", "手紙の読みまちがい"),
    }
    event = RequestEvent.objects.get(kind=Note.CORRECTED)
    assert (event.public, event.data) == (False, {"fields": ["given_name", "telephone"]})
    assert AuditEntry.objects.get(action="request.corrected").detail == {"fields": ["given_name", "telephone"]}


def test_what_was_there_is_encrypted_and_cannot_be_changed() -> None:
    request = confirmed()
    correct(request, values={"given_name": "華子"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT before, after, reason FROM requests_app_correction")
        assert "花子".encode() not in b"".join(bytes(value) for value in cursor.fetchone())
    with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
        Correction.objects.update(field="x")


@pytest.mark.parametrize(
    ("name", "typed", "kept"), [("customer_number", "M-77", "M-77"), ("birth_date", "S55.4.1", "1980-04-01")]
)
def test_facts_that_go_before_the_case_are_named_without_values(name: str, typed: str, kept: str) -> None:
    request = confirmed()
    correct(request, values={name: typed})
    row = Correction.objects.get()
    assert (row.field, row.before, row.after) == (f"principal.{name}", None, None)
    assert getattr(request.parties.get(), name) == kept


def test_a_day_of_birth_is_taken_out_again() -> None:
    request = confirmed()
    correct(request, values={"birth_date": "昭和55年4月1日"})
    correct(request, values={"birth_date": ""}, seen=1)
    assert request.parties.get().birth_date is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"values": {"family_name": ""}}, "family_name"),
        ({"values": {"address1": ""}}, "address1"),
        ({"values": {"address1": MY_NUMBER}}, "address1"),
        ({"values": {"birth_date": "昭和70年1月1日"}}, "birth_date"),
        ({"values": {"email": "x"}}, "email"),
        ({"reason": " "}, "reason"),
        ({"values": {"given_name": "華子"}, "reason": MY_NUMBER}, "reason"),
        ({}, "reason"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(changes: dict[str, Any], field: str) -> None:
    request = confirmed()
    with pytest.raises(InvalidAnswers) as caught:
        correct(request, **changes)
    assert set(caught.value.errors) == {field}
    assert not Correction.objects.exists()
    request.refresh_from_db()
    assert request.status == Status.IN_REVIEW


def test_the_second_of_two_is_told() -> None:
    request = RequestFactory.by_letter(Status.IDENTITY_REVIEW)
    correct(request, values={"given_name": "華子"})
    with pytest.raises(Stale):
        correct(request, values={"given_name": "英子"})
    correct(request, values={"given_name": "英子"}, seen=1)


@pytest.mark.parametrize("status", sorted(set(Status) - corrections.FACTS_OPEN))
def test_not_after_the_decision_and_not_while_the_person_owes_an_answer(status: Status) -> None:
    request = RequestFactory.by_letter(status, answered_at=NOW, closed_at=NOW)
    with pytest.raises(TooLate):
        correct(request, values={"given_name": "華子"})
    if status not in corrections.UNDECIDED:
        with pytest.raises(TooLate):
            arrive(request)
        with pytest.raises(TooLate):
            corrections.add_scan(request=request, actor=StaffFactory(), scan=taken(pdf()), now=NOW)


def test_what_the_person_wrote_themself_is_theirs() -> None:
    request = RequestFactory.in_review()
    with pytest.raises(NotAllowed):
        correct(request, values={"given_name": "華子"})
    with pytest.raises(NotAllowed):
        arrive(request)
    with pytest.raises(NotAllowed):
        correct(RequestFactory.by_letter(), actor=StaffFactory(is_superuser=False))


def test_dates_are_counted_from_the_right_day() -> None:
    request = RequestFactory.by_letter(Status.IN_REVIEW)
    target = request.target_on
    arrive(request, channel="email")
    request.refresh_from_db()
    assert request.channel == "email"
    rule_moved = (date(2026, 11, 16) - date(2026, 11, 12)).days
    assert request.target_on < target
    assert (target - request.target_on).days >= rule_moved - 2
    assert request.target_on == add_business_days(request.target_on - (date(2026, 11, 2) - date(2026, 11, 1)), 1)
    assert suit_possible_from(request.received_at.astimezone().date()) <= date(2026, 11, 28)
    rows = {row.field: (row.before, row.after) for row in Correction.objects.all()}
    assert rows == {"channel": ("letter", "email"), "arrived_on": ("2026-11-16", "2026-11-12")}


def test_there_and_back_is_the_target_of_before() -> None:
    request = RequestFactory.by_letter(Status.IN_REVIEW)
    arrive(request)
    arrive(request, arrived_on=date(2026, 11, 16), seen=1)
    before = request.target_on
    request.refresh_from_db()
    assert request.target_on == before


@pytest.mark.parametrize("day", [None, date(2026, 11, 28), date(2025, 11, 1), date(2026, 11, 26)])
def test_days_of_arrival_that_cannot_be(day: date | None) -> None:
    request = RequestFactory.by_letter(Status.IN_REVIEW)
    MessageFactory(request=request, channel="letter", on=date(2026, 11, 25), asks_reply=True)
    with pytest.raises(InvalidAnswers) as caught:
        arrive(request, arrived_on=day)
    assert set(caught.value.errors) == {"arrived_on"}


def test_a_wrong_scan_is_destroyed_and_stays_on_record() -> None:
    request, actor = RequestFactory.by_letter(Status.IN_REVIEW), StaffFactory()
    received = corrections.add_scan(request=request, actor=actor, scan=taken(pdf()), now=NOW)
    with pytest.raises(InvalidAnswers):
        corrections.remove_scan(received=received, actor=actor, reason="", now=NOW)
    for _again in range(2):
        corrections.remove_scan(received=received, actor=actor, reason="ほかの人の手紙だった", now=NOW)
    received.refresh_from_db()
    assert received.file.erased_at is not None
    assert Correction.objects.get().field == "scan_removed"
    with pytest.raises(registration.FileGone):
        registration.open_received(received=received, actor=actor)
    actions = AuditEntry.objects.filter(object_id=str(received.pk)).values_list("action", flat=True)
    assert sorted(actions) == ["received_file.added", "received_file.removed"]
