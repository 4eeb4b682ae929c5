"""Requests by type and outcome: what is counted, and that one busy person does not make a number."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from consent_app.domain.disclosure_control import TOTAL
from consent_app.models import Suspension
from consent_app.services import statistics as releases
from requests_app.models import DisclosureRequest
from requests_app.services import retention, statistics
from tests.factories.consent import CustomerFactory
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory

pytestmark = pytest.mark.django_db


def test_types_and_outcomes(django_assert_num_queries: Any) -> None:
    RequestFactory.answered()
    RequestFactory.received()
    RequestFactory.in_status("withdrawn")
    ended = RequestFactory.waiting(customer=None)
    DisclosureRequest.objects.filter(pk=ended.pk).update(status="closed", closed_at=timezone.now())
    RequestFactory.received(request_type="complaint")
    stopped = RequestFactory.received(customer=CustomerFactory())
    Suspension.objects.create(customer=stopped.customer, kind="use", ground="35(1)")
    later = timezone.now() + datetime.timedelta(minutes=1)
    with django_assert_num_queries(2):
        table = statistics.count_requests(later, 10).table
    assert table.counts == {
        ("disclosure", "granted"): 1,
        ("disclosure", "open"): 1,
        ("disclosure", "withdrawn"): 1,
        ("disclosure", "silent"): 1,
        ("complaint", "open"): 1,
    }
    assert (TOTAL, TOTAL) in table.thin


def test_many_requests_of_one_person_count_as_too_few() -> None:
    busy = PersonFactory()
    for _number in range(12):
        RequestFactory.received(applicant=busy, customer=None)
    for _number in range(12):
        RequestFactory.received(request_type="complaint", applicant=PersonFactory(), customer=None)
    now = timezone.now()
    table = statistics.count_requests(now, 10).table
    assert table.counts == {("disclosure", "open"): 12, ("complaint", "open"): 12}
    assert ("disclosure", "open") in table.thin
    assert ("disclosure", TOTAL) in table.thin
    assert ("complaint", "open") not in table.thin
    assert (TOTAL, TOTAL) not in table.thin
    made = releases.release(table="requests", actor=StaffFactory(), now=now)
    cells = releases.shown_cells(made)
    assert cells["disclosure", "open"] is None
    assert cells[TOTAL, TOTAL] == 20


def test_a_release_needs_as_many_other_persons_not_requests() -> None:
    for _number in range(30):
        RequestFactory.received(applicant=PersonFactory(), customer=None)
    now = timezone.now()
    DisclosureRequest.objects.update(received_at=now, status_changed_at=now)
    actor = StaffFactory()
    releases.release(table="requests", actor=actor, now=now)
    busy, later = PersonFactory(), now + datetime.timedelta(days=1)
    for _number in range(15):
        RequestFactory.received(applicant=busy, customer=None, received_at=later, status_changed_at=later)
    with pytest.raises(releases.StatisticsError):
        releases.release(table="requests", actor=actor, now=later)
    for _number in range(9):
        RequestFactory.received(applicant=PersonFactory(), customer=None, received_at=later, status_changed_at=later)
    assert releases.release(table="requests", actor=actor, now=later).shown


def test_what_was_erased_is_still_counted_and_never_as_more_persons() -> None:
    busy = PersonFactory()
    long_ago = timezone.now() - datetime.timedelta(days=4000)
    for _number in range(12):
        RequestFactory.closed(applicant=busy, customer=None, closed_at=long_ago)
    for _number in range(12):
        RequestFactory.withdrawn(request_type="complaint", applicant=PersonFactory(), closed_at=long_ago)
    before = statistics.count_requests(timezone.now(), 10).table
    assert retention.run(now=timezone.now())["case"] == 24
    after = statistics.count_requests(timezone.now(), 10).table
    assert after.counts == before.counts == {("disclosure", "granted"): 12, ("complaint", "withdrawn"): 12}
    assert after.thin == before.thin
    assert ("disclosure", "granted") in after.thin
    assert ("complaint", "withdrawn") not in after.thin
