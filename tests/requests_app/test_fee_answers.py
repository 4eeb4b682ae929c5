"""Somebody without an account accepts or declines a fee by letter or telephone; staff write it down."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent_app.models import RequestRule
from privacy_portal.core.models import AuditEntry, OutgoingMail
from requests_app.domain.transitions import Event, Note, Status
from requests_app.models import DisclosureRequest, Fee, RequestEvent
from requests_app.services import fee_answers
from requests_app.services.correspondence import Contact
from requests_app.services.errors import InvalidAnswers, NotAllowed
from requests_app.services.fees import InvalidFee
from tests.factories.consent import OperatorFactory, RequestRuleFactory
from tests.factories.core import pass_second_factor
from tests.factories.requests import FeeFactory, PersonFactory, RequestFactory, StaffFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
CALL = Contact("telephone", date(2026, 11, 20))


@pytest.fixture
def case() -> DisclosureRequest:
    OperatorFactory()
    RequestRuleFactory(fee=RequestRule.Fee.FIXED, fee_yen=1100)
    request = RequestFactory.by_letter(Status.FEE_WAITING)
    FeeFactory(request=request)
    return request


def accept(case: DisclosureRequest, contact: Contact = CALL, **changes: Any) -> Fee:
    given: dict[str, Any] = {"actor": StaffFactory(), "contact": contact, "now": NOW}
    return fee_answers.record_accepted(request=case, **given | changes)


def decline(case: DisclosureRequest, contact: Contact = CALL, **changes: Any) -> None:
    given: dict[str, Any] = {"actor": StaffFactory(), "contact": contact, "now": NOW}
    fee_answers.record_declined(request=case, **given | changes)


def test_the_day_and_the_way_are_kept(case: DisclosureRequest) -> None:
    fee = accept(case)
    assert fee.accepted_at is not None
    assert timezone.localdate(fee.accepted_at) == CALL.on
    event = RequestEvent.objects.get(kind=Note.FEE_ACCEPTED)
    assert (event.actor_kind, event.data) == ("staff", {"channel": "telephone", "on": "2026-11-20"})
    assert AuditEntry.objects.filter(action="fee.accepted").count() == 1
    accept(case, Contact("letter", date(2026, 11, 23)))
    fee.refresh_from_db()
    assert timezone.localdate(fee.accepted_at) == CALL.on
    assert RequestEvent.objects.filter(kind=Note.FEE_ACCEPTED).count() == 1
    case.refresh_from_db()
    assert case.status == Status.FEE_WAITING


def test_declining_ends_the_request(case: DisclosureRequest) -> None:
    accept(case)
    decline(case, Contact("letter", date(2026, 11, 23)))
    case.refresh_from_db()
    fee = case.fees.get()
    assert (case.status, fee.accepted_at) == (Status.WITHDRAWN, None)
    assert fee.declined_at is not None
    event = RequestEvent.objects.get(kind=Event.FEE_DECLINED)
    assert (event.actor_kind, event.data) == ("staff", {"channel": "letter", "on": "2026-11-23"})
    assert not OutgoingMail.objects.exists()
    for again in (accept, decline):
        with pytest.raises(InvalidFee):
            again(case)


@pytest.mark.parametrize("record", [accept, decline])
@pytest.mark.parametrize(
    ("contact", "field"),
    [
        (Contact("telephone", date(2026, 11, 25)), "on"),
        (Contact("telephone", date(2026, 11, 15)), "on"),
        (Contact("telephone", None), "on"),
        (Contact("portal", CALL.on), "channel"),
        (Contact("", CALL.on), "channel"),
    ],
)
def test_impossible_days_and_ways(case: DisclosureRequest, record: Any, contact: Contact, field: str) -> None:
    with pytest.raises(InvalidAnswers) as refused:
        record(case, contact)
    assert set(refused.value.errors) == {field}
    assert case.fees.get(accepted_at=None, declined_at=None)


@pytest.mark.parametrize("record", [accept, decline])
def test_who_has_an_account_answers_there(case: DisclosureRequest, record: Any) -> None:
    with pytest.raises(NotAllowed):
        record(RequestFactory.waiting_for_fee())
    with pytest.raises(NotAllowed):
        record(case, actor=PersonFactory(is_staff=True))


def test_the_steps_of_the_case(client: Client, case: DisclosureRequest) -> None:
    pass_second_factor(client, StaffFactory())
    page = reverse("admin:requests_app_case_fee_accepted", args=[case.pk])
    assert page in client.get(reverse("admin:requests_app_disclosurerequest_change", args=[case.pk])).content.decode()
    wrong = client.post(page, {"channel": "telephone", "on": "2020-01-01"})
    assert "on" in wrong.context["form"].errors
    today = str(timezone.localdate())
    assert client.post(page, {"channel": "telephone", "on": today}).status_code == 302
    assert case.fees.get().accepted_at is not None
    # Written down once is enough.
    assert "もう記録されています" in client.post(page, {"channel": "letter", "on": today}, follow=True).content.decode()
    declined = reverse("admin:requests_app_case_fee_declined", args=[case.pk])
    assert "取下げとして終わります" in client.get(declined).content.decode()
    assert client.post(declined, {"channel": "letter", "on": today}).status_code == 302
    case.refresh_from_db()
    assert case.status == Status.WITHDRAWN
