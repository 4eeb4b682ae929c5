"""Recording receipts: only what could be confirmed, and history data only with the person's consent."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from consent_app.models import Customer, ReceivedProvision
from consent_app.services import received
from consent_app.services.ledger import LedgerError
from consent_app.services.received import Receipt
from privacy_portal.core.models import User
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    ProvisionFactory,
    PurposeFactory,
    ReceivedProvisionFactory,
)
from tests.factories.core import StaffFactory

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()


@pytest.fixture
def staff() -> User:
    return StaffFactory()


def receipt(customer: Customer, **values: Any) -> Receipt:
    given = {
        "kind": "consent",
        "name": "例の協会",
        "address": "東京都千代田区例町9",
        "items": ("name", "email"),
        "how_acquired": "会員の申込みのとき、本人から",
        "confirmed_how": "覚書の写しを見た",
    }
    return Receipt(customer=customer.pk, **{**given, **values})


def record(*receipts: Receipt, staff: User, **more: Any) -> list[received.Done]:
    return received.record(receipts=receipts, actor=staff, now=timezone.now(), **more)


def test_recorded_with_the_items_of_rule_24(staff: User) -> None:
    customer = CustomerFactory()
    assert record(receipt(customer, representative="例川"), staff=staff)[0].outcome == "recorded"
    row = ReceivedProvision.objects.get()
    assert (row.customer, row.principal, row.kind) == (customer, "髙橋　花子", "consent")
    assert (row.provider_name, row.provider_address, row.provider_representative) == (
        "例の協会",
        "東京都千代田区例町9",
        "例川",
    )
    assert (row.how_acquired, row.items, row.received_on) == (
        "会員の申込みのとき、本人から",
        ["name", "email"],
        TODAY,
    )
    assert row.keep_until == TODAY.replace(year=TODAY.year + 3)
    assert record(receipt(customer), staff=staff)[0].outcome == "unchanged"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"confirmable": False}, "not_confirmed"),
        ({"confirmed_how": ""}, "not_confirmed"),
        ({"how_acquired": ""}, "how_acquired_missing"),
        ({"kind": "rumour"}, "kind_unknown"),
        ({"kind": "referable"}, "purpose_missing"),
        ({"received_on": TODAY + timedelta(days=1)}, "date_in_future"),
        ({"received_on": TODAY, "received_until": TODAY - timedelta(days=1)}, "until_before_date"),
        ({"method": "batch"}, "until_missing"),
    ],
)
def test_what_cannot_be_recorded(values: dict[str, Any], problem: str, staff: User) -> None:
    with pytest.raises(LedgerError, match=problem):
        record(receipt(CustomerFactory(), **values), staff=staff)
    assert not ReceivedProvision.objects.exists()


@pytest.mark.parametrize("needs_consent", [True, False])
def test_history_data_is_tied_to_a_person_only_with_consent(needs_consent: bool, staff: User) -> None:
    purpose = PurposeFactory(code="profiling", needs_consent=needs_consent)
    yes, no = CustomerFactory(), CustomerFactory()
    consent = ConsentFactory(customer=yes, purpose=purpose)
    done = record(
        *(receipt(one, kind="referable", purpose="profiling", how_acquired="") for one in (yes, no)), staff=staff
    )
    if needs_consent:
        assert [one.outcome for one in done] == ["recorded", "refused"]
        assert ReceivedProvision.objects.get().consent == consent
    else:
        # A purpose that asks nobody is no consent.
        assert [one.reasons for one in done] == [("consent_missing",)] * 2


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"how_acquired": ""}, "received_says_how_acquired"),
        ({"kind": "referable"}, "received_referable_has_consent"),
        ({"confirmed_how": ""}, "received_names_provider"),
        ({"items": []}, "received_names_items"),
    ],
)
def test_the_database_refuses_half_a_record(values: dict[str, Any], name: str) -> None:
    with pytest.raises(IntegrityError, match=name):
        ReceivedProvisionFactory(**values)


def test_the_database_refuses_somebody_elses_consent() -> None:
    with pytest.raises(IntegrityError, match="this person"):
        ReceivedProvisionFactory(kind="referable", consent=ConsentFactory())


@pytest.mark.parametrize("sql", ["UPDATE {} SET how_acquired = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_to_rewrite(sql: str) -> None:
    ReceivedProvisionFactory()
    ProvisionFactory()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(sql.format("consent_app_receivedprovision"))
