"""What in the requests needs care: found when due, mailed by receipt number alone, listed in the admin."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_app.domain import care
from consent_app.models import Reminder
from consent_app.services import care as care_service
from privacy_portal.core.models import OutgoingMail
from requests_app import selectors
from requests_app.domain.transitions import OPEN_STATUSES, WAITING_FOR_PERSON, Status
from requests_app.models import DisclosureRequest, Fee, Payment
from requests_app.services import fees
from tests.factories.core import StaffFactory, pass_second_factor
from tests.factories.requests import RequestFactory

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def names(code: str, today: date = TODAY) -> set[str]:
    kind = next(kind for kind in care.kinds() if kind.code == code)
    return {entry.name for entry in kind.entries(today, today + timedelta(days=kind.within))}


@pytest.mark.parametrize(("left", "due"), [(-9, True), (0, True), (3, True), (4, False)])
def test_targets_that_are_near_or_passed(left: int, due: bool) -> None:
    request = RequestFactory.in_review(target_on=TODAY + timedelta(days=left))
    assert names("request.target") == ({request.receipt_number} if due else set())


@pytest.mark.parametrize("status", Status)
def test_nothing_is_due_while_the_person_owes_an_answer_or_after_it(status: Status) -> None:
    RequestFactory.in_status(status, target_on=TODAY)
    assert bool(names("request.target")) is (status in OPEN_STATUSES - WAITING_FOR_PERSON)


@pytest.mark.parametrize(("left", "due"), [(-1, True), (0, False), (1, False)])
def test_fees_that_were_not_paid_in_time(left: int, due: bool) -> None:
    RequestFactory.waiting_for_fee(fee={"due_on": TODAY + timedelta(days=left)})
    assert bool(names("request.fee_overdue")) is due


def test_a_fee_that_is_settled_or_not_charged_is_not_overdue() -> None:
    for column in ("settled_at", "cancelled_at", "declined_at"):
        RequestFactory.waiting_for_fee(fee={"due_on": date(2026, 11, 1), column: NOW})
    RequestFactory.waiting_for_fee(fee={"due_on": date(2026, 11, 1), "waived_at": NOW, "waiver_reason": "理由"})
    assert names("request.fee_overdue") == set()


MONEY = st.lists(st.tuples(st.sampled_from(Payment.Kind.values), st.integers(1, 1500)), max_size=3)
ENDS = st.sampled_from(["", "waived_at", "cancelled_at", "declined_at", "settled_at"])
OUTCOMES = st.sampled_from(["", "granted", "partly", "refused", "no_such_data"])


@settings(max_examples=60, deadline=None)
@given(money=MONEY, end=ENDS, outcome=OUTCOMES, status=st.sampled_from(Status))
def test_money_owed_back_is_counted_as_for_one_fee(
    money: list[tuple[str, int]], end: str, outcome: str, status: Status
) -> None:
    request = RequestFactory.waiting_for_fee(fee={end: NOW, "waiver_reason": "理由"} if end else {})
    if outcome:
        refusal = {"ground": "harm_to_person", "reason": "理由"} if outcome in ("partly", "refused") else {}
        request.decisions.create(outcome=outcome, article="33(2)", **refusal)
    DisclosureRequest.objects.filter(pk=request.pk).update(status=status, closed_at=NOW, answered_at=NOW)
    fee = Fee.objects.get(request=request)
    for kind, amount in money:
        Payment.objects.create(fee=fee, kind=kind, amount_yen=amount, on=TODAY)
    assert selectors.fees_owed_back().filter(pk=fee.pk).exists() is (fees.owed_back_yen(fee) > 0)


def test_money_that_is_owed_back_after_the_end_is_listed_in_the_admin(client: Client) -> None:
    staff = StaffFactory()
    pass_second_factor(client, staff)
    request = RequestFactory.waiting_for_fee(fee={"cancelled_at": NOW})
    DisclosureRequest.objects.filter(pk=request.pk).update(status=Status.CLOSED, closed_at=NOW)
    Payment.objects.create(fee=request.fees.get(), amount_yen=1100, on=TODAY)
    RequestFactory.in_review()
    response = client.get("/admin/requests_app/disclosurerequest/?care=request.owed_back")
    assert [case.pk for case in response.context["cl"].result_list] == [request.pk]


def test_staff_are_reminded_by_receipt_number_once_for_each_stage() -> None:
    StaffFactory()
    request = RequestFactory.in_review(target_on=TODAY + timedelta(days=3))
    for days in range(12):
        for _twice in range(2):
            care_service.remind(now=NOW + timedelta(days=days))
    told = Reminder.objects.filter(kind="request.target", object_id=request.pk).order_by("sent_at")
    # Three days before, on the day, and a week after it.
    assert [(row.sent_at - NOW).days for row in told] == [0, 3, 10]
    mails = [mail.body_text or "" for mail in OutgoingMail.objects.all()]
    assert sum(request.receipt_number in body for body in mails) == 3
    assert not any("高橋" in body for body in mails)
