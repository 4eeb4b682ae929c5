"""Writing down that consents have run out. The gate refuses from the moment itself; this makes it an event."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from privacy_portal.core.services import audit

from .. import notifications
from ..models import Consent
from . import consent_events

AT_ONCE = 200
# The key of the event follows from the consent's, so that a consent runs out once whoever writes it down.
_NAMESPACE = uuid.UUID("2f4f6a1c-6f2e-5d0b-9a55-0f6f1c1d7a10")


def due(now: datetime) -> QuerySet[Consent]:
    """The consents that count, have run out, and are not yet followed by an event."""
    later = Consent.objects.filter(customer=OuterRef("customer"), purpose=OuterRef("purpose")).filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at")) & ~Q(event=Consent.Event.GIVEN)
    )
    return Consent.objects.filter(event=Consent.Event.GIVEN, valid_until__lte=now).filter(~Exists(later))


def expire(*, now: datetime, limit: int = AT_ONCE) -> int:
    """Write the events of what is due and tell the people. Safe to run twice, also at once.

    Returns:
        How many were written.
    """
    keys = list(due(now).order_by("valid_until", "pk").values_list("pk", flat=True)[:limit])
    return sum(_expire(key, now) for key in keys)


def _expire(key: uuid.UUID, now: datetime) -> bool:
    with transaction.atomic():
        consent = Consent.objects.select_related("customer__user", "purpose").filter(pk=key).first()
        if consent is None:
            return False
        consent_events.locked(consent.customer)
        # Given again or withdrawn while this waited for the row.
        if consent.valid_until is None or not due(now).filter(pk=key).exists():
            return False
        event = Consent.objects.create(
            pk=uuid.uuid5(_NAMESPACE, str(consent.pk)),
            customer=consent.customer,
            purpose=consent.purpose,
            event=Consent.Event.EXPIRED,
            channel=Consent.Channel.SYSTEM,
            purpose_version=consent.purpose_version,
            proof=f"consent:{consent.pk}",
            at=consent.valid_until,
            recorded_at=now,
        )
        audit.record(action="consent.expired", actor="worker", obj=event, detail={"purpose": consent.purpose_id})
        notifications.consent_expired(consent=event)
    return True
