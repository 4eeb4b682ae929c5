"""A consent is evidence: the database lets nobody rewrite it, whichever way it is tried."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from consent_app.models import Consent
from tests.factories.consent import ConsentFactory, CustomerFactory
from tests.factories.requests import StaffFactory

pytestmark = pytest.mark.django_db


def at_commit():
    """What is looked at when a transaction commits, now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def refused():
    return pytest.raises(DatabaseError, match="append-only")


@pytest.mark.parametrize(
    "changes",
    [{"event": "withdrawn"}, {"wording": "x"}, {"proof": "x"}, {"at": "2020-01-01T00:00:00Z"}, {"channel": "portal"}],
)
def test_an_event_is_never_changed(changes):
    consent = ConsentFactory(event="given", channel="letter")
    with refused(), transaction.atomic():
        Consent.objects.filter(pk=consent.pk).update(**changes)


def test_an_event_is_never_given_to_somebody_else():
    consent = ConsentFactory()
    consent.customer = CustomerFactory()
    with refused(), transaction.atomic():
        consent.save()
    consent.recorded_by = StaffFactory()
    with refused(), transaction.atomic():
        consent.save()


def test_whoever_recorded_it_may_be_deleted():
    staff = StaffFactory()
    consent = ConsentFactory(recorded_by=staff)
    staff.delete()
    consent.refresh_from_db()
    assert consent.recorded_by is None


def test_an_event_is_never_deleted_alone():
    consent = ConsentFactory()
    with refused(), transaction.atomic():
        consent.delete()
        at_commit()
    assert Consent.objects.count() == 1


def test_a_person_is_erased_with_their_consents():
    consent, other = ConsentFactory(), ConsentFactory()
    consent.customer.delete()
    at_commit()
    assert list(Consent.objects.all()) == [other]


@pytest.mark.parametrize("tables", ["consent_app_consent", "consent_app_customer", "consent_app_purpose"])
def test_truncate_is_refused(tables):
    ConsentFactory()
    at_commit()
    with refused(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")


@pytest.mark.django_db(transaction=True)
def test_deleting_is_refused_when_it_is_committed():
    consent = ConsentFactory()
    with refused():
        Consent.objects.all().delete()
    with transaction.atomic():
        consent.customer.delete()
    assert not Consent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_test_runner_can_still_empty_the_database_and_leaves_the_triggers_on():
    ConsentFactory()
    call_command("flush", interactive=False, verbosity=0)
    assert not Consent.objects.exists()
    ConsentFactory()
    with refused(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE consent_app_consent CASCADE")
