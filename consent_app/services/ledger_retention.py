"""Erasing records of provisions and receipts when their time is over (Rules 21, 25 and 29)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from privacy_portal.core.services import audit

from ..domain.provisions import Method
from ..models import Provision, ReceivedProvision, ReferableConfirmation, ReferableProvision, RefusedProvision

CHUNK = 1000
REPEATED = (Method.BATCH.value, Method.CONTRACT.value)
# A confirmation without any provision is of no use once nothing could have been given on it and still be in its time.
CONFIRMATION_KEPT = timedelta(days=3 * 366)


def purge(*, now: datetime) -> dict[str, int]:
    """Delete what is past its day, a thousand rows at a time, and record how much. May run twice.

    A record that stands for repeated provisions stays as long as a later one of the same kind about the same person and
    recipient: its clock counts from the last provision of all.
    """
    today = timezone.localdate(now)
    counts = {
        "provisions": _delete(_past(Provision.objects.all(), "recipient_name", today)),
        "received": _delete(_past(ReceivedProvision.objects.all(), "provider_name", today)),
        "referable": _delete(_past_referable(today)),
        "refused": _delete(RefusedProvision.objects.filter(keep_until__lt=today)),
    }
    counts["confirmations"] = _delete(
        ReferableConfirmation.objects.filter(created_at__lt=now - CONFIRMATION_KEPT, ended_on__isnull=False).exclude(
            pk__in=ReferableProvision.objects.values("confirmation")
        )
    )
    if any(counts.values()):
        audit.record(action="ledgers.purged", actor="worker", detail=counts)
    return counts


def _past(rows: QuerySet, party: str, today: object) -> QuerySet:
    model = rows.model
    later = model._default_manager.filter(
        **{"customer": OuterRef("customer"), party: OuterRef(party), "method": OuterRef("method")},
        keep_until__gte=today,
        reversal=None,
    )
    past = rows.filter(keep_until__lt=today)
    return past.exclude(Exists(later), method__in=REPEATED)


def _past_referable(today: object) -> QuerySet:
    later = ReferableProvision.objects.filter(
        confirmation=OuterRef("confirmation"), method=OuterRef("method"), keep_until__gte=today
    )
    return ReferableProvision.objects.filter(keep_until__lt=today).exclude(Exists(later), method__in=REPEATED)


def _delete(rows: QuerySet) -> int:
    count = 0
    while True:
        with transaction.atomic():
            keys = list(rows.order_by(F("pk")).values_list("pk", flat=True)[:CHUNK])
            if not keys:
                return count
            rows.model._default_manager.filter(pk__in=keys).delete()
            count += len(keys)
