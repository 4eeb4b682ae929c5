"""Requests that staff write down because they came by letter, telephone, at the counter or by mail."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.utils import timezone

from privacy_portal.core.models import AuditEntry, EncryptedFile, OutgoingMail, User
from privacy_portal.core.services.uploads import CleanFile
from requests_app import selectors
from requests_app.domain.deadlines import suit_possible_from
from requests_app.domain.transitions import Status
from requests_app.models import DisclosureRequest, IdentityCheck, ReceivedFile
from requests_app.services import fulfilment, identity, messages, registration, retention
from requests_app.services.errors import FileGone, InvalidAnswers, InvalidPosting, NoAccount, NotAllowed, TypeNotOffered
from requests_app.services.registration import Arrival
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory, catalogue
from tests.factories.requests import DecisionFactory, RequestFactory, StaffFactory
from tests.support.files import path_of
from tests.support.hostile_files import jpeg, pdf, png, taken

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
ARRIVAL = Arrival(key=uuid.UUID(int=1), channel="letter", arrived_on=date(2026, 11, 16), language="ja")
ANSWERS = {
    "requester": "person",
    "family_name": "高橋",
    "given_name": "花子",
    "telephone": "090-1234-5678",
    "postal_code": "100-0001",
    "prefecture": "東京都",
    "address1": "千代田区例町4-5-6",
    "address2": "例マンション101",
    "wants_everything": True,
    "answer_method": "paper",
}
PDF = taken(pdf())


@pytest.fixture(autouse=True)
def operator() -> None:
    OperatorFactory()
    RequestRuleFactory()
    catalogue()


def register(**changes: Any) -> DisclosureRequest:
    given: dict[str, Any] = {
        "actor": changes.pop("actor", None) or StaffFactory(),
        "request_type": "disclosure",
        "arrival": ARRIVAL,
        "answers": ANSWERS,
        "scan": None,
        "now": NOW,
    }
    return registration.register(**given | changes)


def errors_of(**changes: Any) -> dict[str, Any]:
    with pytest.raises(InvalidAnswers) as caught:
        register(**changes)
    assert not DisclosureRequest.objects.exists()
    assert not EncryptedFile.objects.exists()
    return caught.value.errors


def content(stream: Iterator[bytes]) -> bytes:
    return b"".join(stream)


def test_dates_count_from_the_day_of_arrival() -> None:
    staff = StaffFactory()
    request = register(actor=staff)
    request.refresh_from_db()
    assert timezone.localdate(request.received_at) == date(2026, 11, 16)
    # Ten business days after Monday 16 November; the 23rd is a holiday.
    assert request.target_on == date(2026, 12, 1)
    assert suit_possible_from(timezone.localdate(request.received_at)) == date(2026, 12, 1)
    assert (request.channel, request.registered_by, request.applicant) == ("letter", staff, None)
    assert request.status_changed_at == NOW
    event = request.events.get()
    assert (event.actor, event.actor_kind, event.at) == (staff, "staff", NOW)
    assert event.data == {"arrived_on": "2026-11-16", "channel": "letter"}
    assert AuditEntry.objects.get(action="request.registered").actor == f"user:{staff.pk}"
    assert not OutgoingMail.objects.exists()


def test_what_came_today_came_now() -> None:
    request = register(arrival=replace(ARRIVAL, arrived_on=timezone.localdate(NOW)))
    assert request.received_at == NOW


@pytest.mark.parametrize("day", [None, date(2026, 11, 21), date(2025, 11, 19)])
def test_impossible_days_of_arrival(day: date | None) -> None:
    assert set(errors_of(arrival=replace(ARRIVAL, arrived_on=day))) == {"arrived_on"}


def test_a_year_ago_is_possible() -> None:
    assert register(arrival=replace(ARRIVAL, arrived_on=date(2025, 11, 20)))


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"channel": "portal"}, "channel"),
        ({"channel": ""}, "channel"),
        ({"language": "fr"}, "language"),
        ({"email": "nobody at home"}, "email"),
        ({"agent_email": "x@"}, "agent_email"),
    ],
)
def test_wrong_facts_of_the_arrival(changes: dict[str, str], wrong: str) -> None:
    assert set(errors_of(arrival=replace(ARRIVAL, **changes))) == {wrong}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"family_name": ""}, "family_name"),
        ({"address1": ""}, "address1"),
        ({"answer_method": "download"}, "answer_method"),
        ({"answer_method": "other"}, "answer_method_note"),
        ({"requester": "mandated"}, "agent_family_name"),
        ({"wanted_note": "番号は 1234 5678 9018 です"}, "wanted_note"),
        ({"wants_everything": False, "wanted_items": ["secret"]}, "wanted_items"),
    ],
)
def test_the_rules_of_the_portals_form_hold_here_too(changes: dict[str, Any], wrong: str) -> None:
    assert wrong in errors_of(answers=ANSWERS | changes)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = errors_of(arrival=replace(ARRIVAL, arrived_on=None), answers=ANSWERS | {"family_name": ""})
    assert set(found) == {"arrived_on", "family_name"}


def test_an_agent_is_another_party_with_an_address_of_their_own() -> None:
    agent = {"agent_family_name": "代理", "agent_postal_code": "1000002", "agent_address1": "例区1-1"}
    arrival = replace(ARRIVAL, email="Hanako@Post.example", agent_email="office@law.example")
    request = register(arrival=arrival, answers=ANSWERS | agent | {"requester": "mandated"})
    assert (request.role, request.requester) == ("mandated_agent", "mandated")
    assert dict(request.parties.values_list("kind", "email")) == {
        "principal": "hanako@post.example",
        "agent": "office@law.example",
    }


def test_the_same_form_sent_twice_is_one_request() -> None:
    staff = StaffFactory()
    first = register(actor=staff, scan=PDF)
    assert register(actor=staff, scan=PDF).pk == first.pk
    assert ReceivedFile.objects.count() == 1
    with pytest.raises(NotAllowed):
        register()
    assert register(actor=staff, arrival=replace(ARRIVAL, key=uuid.UUID(int=2))).pk != first.pk


def test_only_who_may() -> None:
    clerk = StaffFactory(is_superuser=False)
    with pytest.raises(NotAllowed):
        register(actor=clerk)
    assert AuditEntry.objects.filter(action="request.denied", actor=f"user:{clerk.pk}").exists()
    clerk.user_permissions.add(Permission.objects.get(codename="register_request"))
    assert register(actor=User.objects.get(pk=clerk.pk))
    person = StaffFactory(is_staff=False)
    with pytest.raises(NotAllowed):
        register(actor=person)


def test_what_is_not_offered_is_not_registered() -> None:
    with pytest.raises(TypeNotOffered):
        register(request_type="complaint")
    assert registration.registrable_types() == ["disclosure"]


@pytest.mark.parametrize("scan", [PDF, taken(png()), taken(jpeg())])
def test_the_original_is_kept_encrypted(scan: CleanFile) -> None:
    request = register(scan=scan)
    received = request.received_files.get()
    assert received.file.content_type == scan.content_type
    assert scan.content[:40] not in path_of(received.file).read_bytes()
    assert "高橋" not in received.file.name
    reader = StaffFactory()
    assert content(registration.open_received(received=received, actor=reader)) == scan.content
    looked = AuditEntry.objects.get(action="received_file.opened")
    assert (looked.actor, looked.object_id) == (f"user:{reader.pk}", str(received.pk))


def test_who_has_nothing_to_do_with_the_case_does_not_read_the_original() -> None:
    received = register(scan=PDF).received_files.get()
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.add(Permission.objects.get(codename="view_disclosurerequest"))
    with pytest.raises(NotAllowed):
        registration.open_received(received=received, actor=clerk)
    assert not AuditEntry.objects.filter(action="received_file.opened").exists()


def test_nobody_is_confirmed_by_a_comparison() -> None:
    """Everything agrees, and the stated mail address is the registered one: still nobody has proven it."""
    customer = CustomerFactory(email="hanako@post.example")
    request = register(arrival=replace(ARRIVAL, email=customer.email))
    identity.verify(request_id=request.pk, now=NOW)
    request.refresh_from_db()
    assert (request.status, request.customer) == (Status.IDENTITY_REVIEW, None)
    check = request.identity_checks.get()
    assert (check.method, check.state) == (IdentityCheck.Method.FACTS, IdentityCheck.State.UNCLEAR)
    assert check.findings["codes"][0] == "email.not_verified"
    assert {"name.equal", "telephone.equal", "address.equal"} <= set(check.findings["codes"])
    assert selectors.candidates(request) == [customer]
    assert not selectors.confirming_checks(request).exists()


def test_what_asks_for_nobodys_data_goes_to_staff_at_once() -> None:
    RequestRuleFactory(request_type="inquiry", identity_level=1, fee="none", fee_yen=None)
    answers = {"requester": "person", "family_name": "高橋", "wanted_note": "営業時間は", "answer_method": "other"}
    request = register(request_type="inquiry", answers=answers | {"answer_method_note": "電話で"})
    assert not request.identity_checks.exists()
    identity.verify(request_id=request.pk, now=NOW)
    request.refresh_from_db()
    assert request.status == Status.IN_REVIEW


@pytest.mark.parametrize("method", ["paper", "other"])
def test_an_answer_without_an_account_waits_until_somebody_sends_it(method: str) -> None:
    request = RequestFactory.by_letter(Status.FULFILLING, answer_method=method, answer_method_note="手渡し")
    DecisionFactory(request=request, outcome="no_such_data")
    assert fulfilment.fulfil(request_id=request.pk, now=NOW)
    request.refresh_from_db()
    assert request.status == Status.READY_TO_POST
    day = timezone.localdate(NOW)
    later = NOW + timedelta(days=1)
    for wrong in (day - timedelta(days=1), day + timedelta(days=2)):
        with pytest.raises(InvalidPosting) as caught:
            fulfilment.mark_posted(request=request, actor=StaffFactory(), now=later, sent_on=wrong)
        assert caught.value.field == "sent_on"
    with pytest.raises(InvalidPosting) as caught:
        fulfilment.mark_posted(request=request, actor=StaffFactory(), now=later, tracking_number="12")
    assert caught.value.field == "tracking_number"
    fulfilment.mark_posted(
        request=request, actor=StaffFactory(), now=later, sent_on=day, tracking_number="123-45-67890-1"
    )
    request.refresh_from_db()
    assert request.status == Status.ANSWERED
    event = request.events.get(kind="posted")
    assert event.data == {"sent_on": day.isoformat(), "tracking_number": "12345678901"}
    assert not OutgoingMail.objects.exists()


def test_nobody_writes_to_a_person_without_a_page() -> None:
    request = RequestFactory.by_letter(Status.IN_REVIEW)
    for send in (messages.ask, messages.write):
        with pytest.raises(NoAccount):
            send(request=request, actor=StaffFactory(), body="教えてください", now=NOW)
    request.refresh_from_db()
    assert request.status == Status.IN_REVIEW


@pytest.mark.parametrize(
    "broken",
    [
        {"channel": "portal"},
        {"registered_by": None},
        {"answer_method": "download"},
    ],
)
def test_the_database_refuses_what_does_not_fit_the_channel(broken: dict[str, Any]) -> None:
    request = RequestFactory.by_letter()
    with pytest.raises(IntegrityError, match="request_channel_fits"), transaction.atomic():
        DisclosureRequest.objects.filter(pk=request.pk).update(**broken)
    with pytest.raises(IntegrityError, match="request_channel_fits"), transaction.atomic():
        DisclosureRequest.objects.filter(pk=request.pk).update(applicant=StaffFactory())


def test_originals_are_erased_after_the_case() -> None:
    request = register(scan=PDF)
    received = request.received_files.get()
    assert retention.run(now=NOW + timedelta(days=900))["files"] == 0
    DisclosureRequest.objects.filter(pk=request.pk).update(status=Status.WITHDRAWN, closed_at=NOW)
    assert retention.run(now=NOW + timedelta(days=29))["files"] == 0
    assert retention.run(now=NOW + timedelta(days=30))["files"] == 1
    assert retention.run(now=NOW + timedelta(days=31))["files"] == 0
    received.refresh_from_db()
    assert received.file.sealed_key is None
    with pytest.raises(FileGone):
        registration.open_received(received=received, actor=StaffFactory())


def test_the_same_asked_again_is_shown_and_not_refused() -> None:
    first = register()
    second = register(
        arrival=replace(ARRIVAL, key=uuid.UUID(int=2)), answers=ANSWERS | {"family_name": "高橋 花子", "given_name": ""}
    )
    assert selectors.alike(second) == [first]
    assert selectors.alike(first) == [second]


def test_the_same_account_or_customer_is_shown_whatever_became_of_it() -> None:
    mine = RequestFactory.in_review()
    stated = {"family_name": "改姓"}
    at = mine.received_at - timedelta(days=3)
    by_account = RequestFactory.closed(applicant=mine.applicant, received_at=at, customer=None, party=stated)
    by_customer = RequestFactory.closed(customer=mine.customer, received_at=at - timedelta(days=1), party=stated)
    RequestFactory.closed(received_at=at, party=stated)
    assert selectors.alike(mine) == [by_account, by_customer]
    assert selectors.alike(by_account) == [mine]


def test_not_the_same_matter() -> None:
    mine = register()
    other = {"family_name": "別人", "given_name": "某"}
    register(arrival=replace(ARRIVAL, key=uuid.UUID(int=2)), answers=ANSWERS | other)
    RequestFactory.withdrawn(received_at=mine.received_at)
    RequestFactory.received(received_at=mine.received_at - timedelta(days=91))
    RequestFactory.received(received_at=mine.received_at, request_type="stop_use")
    assert selectors.alike(mine) == []
    near = RequestFactory.received(received_at=mine.received_at - timedelta(days=89))
    assert selectors.alike(mine) == [near]
