"""Marking what a person made public themself."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from consent_app import selectors
from consent_app.models import SelfDisclosure
from consent_app.services import self_disclosures
from consent_app.services.self_disclosures import AlreadyMarked
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import CustomerFactory, DataItemFactory, OrderFactory
from tests.factories.core import StaffFactory

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_a_mark_is_set_ended_and_set_again_with_its_history():
    customer, item, staff = CustomerFactory(), DataItemFactory(code="telephone"), StaffFactory()
    mark = self_disclosures.mark(customer=customer, of=item, place=" 店のサイト ", actor=staff, now=NOW)
    assert selectors.published_items(customer) == {"telephone": "店のサイト"}
    ended = self_disclosures.end(mark=mark, actor=staff, now=NOW + timedelta(hours=1))
    assert (ended.ended_at, ended.ended_by) == (NOW + timedelta(hours=1), staff)
    assert selectors.published_items(customer) == {}
    # A second click changes nothing.
    assert self_disclosures.end(mark=mark, actor="command", now=NOW + timedelta(hours=2)).ended_by == staff
    self_disclosures.mark(customer=customer, of=item, place="SNS", actor=staff, now=NOW + timedelta(hours=3))
    assert [row.place for row in selectors.marks_of(customer, item)] == ["SNS", "店のサイト"]
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["self_disclosure.marked", "self_disclosure.ended", "self_disclosure.marked"]
    assert "SNS" not in str(list(AuditEntry.objects.values()))


@pytest.mark.django_db
def test_a_record_is_marked_by_itself():
    order = OrderFactory()
    other = OrderFactory(customer=order.customer)
    self_disclosures.mark(customer=order.customer, of=order, place="レビュー", actor="command", now=NOW)
    rows = order.customer.records.prefetch_related(selectors.open_marks())
    assert {row.pk: [mark.place for mark in row.open_marks] for row in rows} == {order.pk: ["レビュー"], other.pk: []}
    assert selectors.published_items(order.customer) == {}


@pytest.mark.django_db
def test_nothing_without_a_place_twice_or_of_somebody_else():
    order, item = OrderFactory(), DataItemFactory()
    with pytest.raises(ValueError, match="where"):
        self_disclosures.mark(customer=order.customer, of=order, place=" ", actor="command", now=NOW)
    with pytest.raises(ValueError, match="another"):
        self_disclosures.mark(customer=CustomerFactory(), of=order, place="SNS", actor="command", now=NOW)
    mark = self_disclosures.mark(customer=order.customer, of=item, place="SNS", actor="command", now=NOW)
    with pytest.raises(AlreadyMarked) as raised:
        self_disclosures.mark(customer=order.customer, of=item, place="X", actor="command", now=NOW)
    assert raised.value.present == mark


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_mark():
    customer, item = CustomerFactory(), DataItemFactory()
    results: list[str] = []

    def run() -> None:
        try:
            self_disclosures.mark(customer=customer, of=item, place="SNS", actor="command", now=NOW)
            results.append("marked")
        except AlreadyMarked:
            results.append("there")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["marked", "there", "there"]
    assert SelfDisclosure.objects.count() == 1


@pytest.mark.django_db
def test_a_value_registered_later_is_not_the_one_they_published():
    origins = {"telephone": {"source": "eccube", "external_id": "1", "at": NOW.isoformat()}}
    customer, item = CustomerFactory(origins=origins), DataItemFactory(code="telephone")
    mark = self_disclosures.mark(customer=customer, of=item, place="SNS", actor="command", now=NOW + timedelta(hours=1))
    assert selectors.published_items(customer) == {"telephone": "SNS"}
    assert not selectors.is_outdated(mark)
    customer.origins["telephone"]["at"] = (NOW + timedelta(hours=2)).isoformat()
    customer.save()
    assert selectors.published_items(customer) == {}
    assert selectors.is_outdated(mark)
