"""A mark that the person made something public is ended, not changed; the database sees to it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from consent_app.models import SelfDisclosure
from tests.factories.consent import CustomerFactory, DataItemFactory, OrderFactory, SelfDisclosureFactory
from tests.factories.core import StaffFactory
from tests.support.database import at_commit

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def refused():
    return pytest.raises(DatabaseError, match="ended, not changed")


@pytest.mark.parametrize("changes", [{"place": "x"}, {"marked_at": NOW - timedelta(days=9)}])
def test_a_mark_is_not_rewritten(changes):
    mark = SelfDisclosureFactory()
    with refused(), transaction.atomic():
        SelfDisclosure.objects.filter(pk=mark.pk).update(**changes)


def test_a_mark_is_not_given_to_another_person_thing_or_member_of_staff():
    mark = SelfDisclosureFactory()
    for changes in (
        {"customer": CustomerFactory()},
        {"item": DataItemFactory()},
        {"marked_by": StaffFactory()},
        {"ended_by": StaffFactory()},
    ):
        with refused(), transaction.atomic():
            SelfDisclosure.objects.filter(pk=mark.pk).update(**changes)


def test_it_is_ended_once():
    mark = SelfDisclosureFactory(marked_at=NOW)
    SelfDisclosure.objects.filter(pk=mark.pk).update(ended_at=NOW, ended_by=StaffFactory())
    for changes in ({"ended_at": None}, {"ended_at": NOW + timedelta(days=1)}, {"ended_by": StaffFactory()}):
        with refused(), transaction.atomic():
            SelfDisclosure.objects.filter(pk=mark.pk).update(**changes)


def test_staff_may_be_deleted():
    staff = StaffFactory()
    mark = SelfDisclosureFactory(marked_by=staff, ended_by=staff, ended_at=NOW, marked_at=NOW)
    staff.delete()
    mark.refresh_from_db()
    assert (mark.marked_by, mark.ended_by, mark.ended_at) == (None, None, NOW)


def test_it_goes_with_the_person_or_the_record_and_never_alone():
    mark, of_record = SelfDisclosureFactory(), SelfDisclosureFactory(item=None, record=OrderFactory())
    with refused(), transaction.atomic():
        mark.delete()
        at_commit()
    of_record.record.delete()
    at_commit()
    mark.customer.delete()
    at_commit()
    assert not SelfDisclosure.objects.exists()
    SelfDisclosureFactory()
    at_commit()
    with refused(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE consent_app_selfdisclosure")


@pytest.mark.parametrize(
    "values",
    [
        {"item": None},
        {"place": ""},
        {"marked_at": NOW, "ended_at": NOW - timedelta(seconds=1)},
    ],
)
def test_what_makes_no_sense_is_refused(values):
    with pytest.raises(IntegrityError), transaction.atomic():
        SelfDisclosureFactory(**values)


def test_one_thing_is_not_both_and_not_marked_twice():
    record = OrderFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        SelfDisclosureFactory(customer=record.customer, record=record)
    first = SelfDisclosureFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        SelfDisclosureFactory(customer=first.customer, item=first.item)
    SelfDisclosureFactory(item=None, record=record, customer=record.customer)
    with pytest.raises(IntegrityError), transaction.atomic():
        SelfDisclosureFactory(item=None, record=record, customer=record.customer)
