"""Adding a consent event: what every way of consenting has in common."""

from __future__ import annotations

import datetime as dt
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from .. import selectors
from ..domain.minors import needs_agent
from ..domain.months import months_later
from ..models import Consent, Customer, Purpose

# Clocks of two servers differ; an event that seems to come from the next minutes is still the newest.
AHEAD = timedelta(days=1)


def locked(customer: Customer) -> Customer:
    """The customer's row, locked: of two changes at once, the second sees what the first did."""
    return Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)


def newest(customer: Customer, purpose: Purpose, now: datetime) -> Consent | None:
    """The event that counts, with ``outdated``: whether what was agreed to has changed its meaning since."""
    rows = selectors.newest_consent(now + AHEAD, customer=customer, purpose=purpose)
    return selectors.with_wording_state(rows, now + AHEAD).first()


def is_given(consent: Consent | None, at: datetime) -> bool:
    """Whether the event that counts is a consent that has not run out. Whether it still fits what is asked is another
    question (``outdated``)."""
    return (
        consent is not None
        and consent.event == Consent.Event.GIVEN
        and (consent.valid_until is None or consent.valid_until > at)
    )


def limit(purpose: Purpose, at: datetime) -> datetime | None:
    """Until when a consent given at this moment holds: to the end of the day so many months later, in Japan."""
    if purpose.valid_months is None:
        return None
    last_day = months_later(timezone.localdate(at), purpose.valid_months)
    return timezone.make_aware(datetime.combine(last_day, dt.time.max))


def is_minor(customer: Customer, now: datetime) -> bool:
    """Whether only a statutory agent can decide for this customer today; always False while the rule has no date."""
    return needs_agent(
        birth_date=customer.birth_date, today=timezone.localdate(now), rule_from=settings.MINOR_RULE_FROM
    )
