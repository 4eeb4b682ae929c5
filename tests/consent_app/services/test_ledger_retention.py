"""Records go when their time is over, and not a day earlier."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from consent_app.models import LedgerReversal, Provision, ReceivedProvision, RefusedProvision
from consent_app.services import ledger, ledger_retention
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import ProvisionBasisFactory, ProvisionFactory, ReceivedProvisionFactory
from tests.factories.core import StaffFactory

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
YESTERDAY = TODAY - timedelta(days=1)


def purge() -> dict[str, int]:
    return ledger_retention.purge(now=timezone.now())


def test_the_last_day_still_counts() -> None:
    gone, kept = ProvisionFactory(keep_until=YESTERDAY), ProvisionFactory(keep_until=TODAY)
    gone_receipt, kept_receipt = ReceivedProvisionFactory(keep_until=YESTERDAY), ReceivedProvisionFactory()
    counts = purge()
    assert (counts["provisions"], counts["received"]) == (1, 1)
    assert set(Provision.objects.values_list("pk", flat=True)) == {kept.pk} != {gone.pk}
    assert set(ReceivedProvision.objects.values_list("pk", flat=True)) == {kept_receipt.pk} != {gone_receipt.pk}
    assert AuditEntry.objects.get(action="ledgers.purged").detail["provisions"] == 1
    assert not any(purge().values())
    assert AuditEntry.objects.filter(action="ledgers.purged").count() == 1


def test_the_database_keeps_what_a_mistaken_purge_would_take() -> None:
    row = ProvisionFactory(keep_until=TODAY)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        row.delete()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ledger_retention.purge(now=timezone.now() + timedelta(days=2))


def test_a_counter_entry_goes_with_its_record() -> None:
    row = ProvisionFactory(keep_until=YESTERDAY)
    ledger.reverse(record=row, reason="誤り", actor=StaffFactory())
    purge()
    assert not Provision.objects.exists()
    assert not LedgerReversal.objects.exists()


@pytest.mark.parametrize(
    ("method", "values", "kept"),
    [
        ("contract", {}, True),
        ("batch", {}, True),
        ("each", {}, False),
        ("contract", {"recipient_name": "別の店"}, False),
        ("contract", {"method": "batch"}, False),
    ],
    ids=str,
)
def test_a_record_of_repeated_provisions_stays_as_long_as_the_last(
    method: str, values: dict[str, Any], kept: bool
) -> None:
    old = ProvisionFactory(method=method, keep_until=YESTERDAY, provided_until=date(2026, 7, 9))
    newer = {"customer": old.customer, "method": method, "keep_until": TODAY, "provided_until": date(2026, 7, 9)}
    ProvisionFactory(**{**newer, **values})
    purge()
    assert Provision.objects.filter(pk=old.pk).exists() is kept


def test_refused_attempts_go_after_three_years() -> None:
    row = ProvisionFactory()
    for day in (YESTERDAY, TODAY):
        RefusedProvision.objects.create(
            customer=row.customer,
            basis=ProvisionBasisFactory(),
            ground="27(1)",
            recipient_name="例",
            items=["name"],
            reasons=["consent_missing"],
            keep_until=day,
        )
    assert purge()["refused"] == 1
    assert RefusedProvision.objects.get().keep_until == TODAY
