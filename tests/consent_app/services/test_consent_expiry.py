"""Consents that run out: each is written down once, and only where it still counts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from consent_app.models import Consent
from consent_app.services import consent_expiry
from consent_app.tasks import expire_consents
from privacy_portal.core.models import AuditEntry, OutgoingMail
from tests.factories.consent import ConsentFactory, CustomerFactory, OperatorFactory, PurposeFactory
from tests.support.concurrency import run_at_once

pytestmark = pytest.mark.django_db

NOW = timezone.now()
DAY = timedelta(days=1)


def given(**values: object) -> Consent:
    return ConsentFactory(**{"at": NOW - 30 * DAY, "valid_until": NOW - DAY, **values})


def test_written_once_with_a_mail() -> None:
    OperatorFactory()
    consent = given()
    assert consent_expiry.expire(now=NOW) == 1
    assert consent_expiry.expire(now=NOW) == 0
    event = Consent.objects.get(event="expired")
    assert (event.customer, event.purpose, event.channel) == (consent.customer, consent.purpose, "system")
    assert event.at == consent.valid_until
    assert event.recorded_at == NOW
    mail = OutgoingMail.objects.get()
    assert (mail.template, mail.recipient) == ("consent_expired", consent.customer.email)
    assert consent.customer.family_name not in (mail.body_text or "")
    entry = AuditEntry.objects.get(action="consent.expired")
    assert (entry.actor, entry.object_id) == ("worker", str(event.pk))


def test_not_before_the_moment_and_not_without_a_limit() -> None:
    given(valid_until=NOW + timedelta(seconds=1))
    given(valid_until=None)
    assert consent_expiry.expire(now=NOW) == 0
    assert consent_expiry.expire(now=NOW + timedelta(seconds=1)) == 1


@pytest.mark.parametrize("event", ["given", "withdrawn"])
def test_not_where_something_followed(event: str) -> None:
    consent = given()
    ConsentFactory(customer=consent.customer, purpose=consent.purpose, event=event, at=NOW - 2 * DAY)
    ConsentFactory(customer=consent.customer, event="withdrawn", at=NOW)
    ConsentFactory(purpose=consent.purpose, event="withdrawn", at=NOW)
    assert consent_expiry.expire(now=NOW) == 0


def test_nobody_to_write_to_is_no_obstacle() -> None:
    purpose = PurposeFactory()
    for address in ("", "not an address"):
        given(customer=CustomerFactory(email=address), purpose=purpose)
    assert consent_expiry.expire(now=NOW) == 2
    assert not OutgoingMail.objects.exists()


def test_chunk_by_chunk() -> None:
    for _ in range(3):
        given()
    assert [consent_expiry.expire(now=NOW, limit=2) for _ in range(3)] == [2, 1, 0]


def test_the_task() -> None:
    given()
    expire_consents()
    assert Consent.objects.filter(event="expired").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once() -> None:
    OperatorFactory()
    given()
    results = run_at_once([lambda: consent_expiry.expire(now=NOW)] * 2)
    assert sum(results) == 1
    assert Consent.objects.filter(event="expired").count() == OutgoingMail.objects.count() == 1
