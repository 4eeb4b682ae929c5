"""Article 31: without a confirmed consent no history goes to somebody who ties it to a person."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from consent_app.models import ReferableConfirmation, ReferableProvision
from consent_app.services import referable
from consent_app.services.ledger import LedgerError
from privacy_portal.core.models import AuditEntry, User
from tests.factories.core import StaffFactory
from tests.support.concurrency import run_at_once

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
BEFORE = TODAY - timedelta(days=30)


@pytest.fixture
def staff() -> User:
    return StaffFactory()


def confirmation(**values: Any) -> ReferableConfirmation:
    given: dict[str, Any] = {
        "recipient_name": "例の広告",
        "recipient_address": "東京都千代田区例町8",
        "data": ["cookie", "browsing"],
        "purpose": "広告の表示",
        "how": "declared",
        "confirmed_by": "広告部門",
        "evidence": "申告書 2026-10",
        "confirmed_on": BEFORE,
    }
    return ReferableConfirmation(**{**given, **values})


def confirmed(staff: User, **values: Any) -> ReferableConfirmation:
    return referable.confirm(confirmation=confirmation(**values), actor=staff, now=timezone.now())


def provision(row: ReferableConfirmation, **values: Any) -> ReferableProvision:
    return ReferableProvision(**{"confirmation": row, "data": ["cookie"], "provided_on": TODAY, **values})


def test_without_a_record_there_is_no_provision(staff: User) -> None:
    assert not referable.may_provide(recipient="例の広告", data=["cookie"], first_on=TODAY).allowed
    row = confirmed(staff)
    answer = referable.may_provide(recipient="例の広告", data=["cookie"], first_on=TODAY)
    assert (answer.allowed, answer.key) == (True, str(row.pk))
    assert not referable.may_provide(recipient="別の広告", data=["cookie"], first_on=TODAY).allowed
    assert not referable.may_provide(recipient="例の広告", data=["location"], first_on=TODAY).allowed
    assert not referable.may_provide(recipient="例の広告", data=["cookie"], first_on=BEFORE - timedelta(days=1)).allowed


def test_recorded_on_its_confirmation_and_kept_three_years(staff: User) -> None:
    row = confirmed(staff)
    made = referable.record(
        provision=provision(row, method="batch", provided_on=BEFORE, provided_until=TODAY),
        actor=staff,
        now=timezone.now(),
    )
    assert made.keep_until == TODAY.replace(year=TODAY.year + 3)
    assert AuditEntry.objects.filter(action="referable.provided").exists()


@pytest.mark.parametrize(
    "values",
    [
        {"data": ["cookie", "location"]},
        {"data": []},
        {"provided_on": BEFORE - timedelta(days=1)},
        {"provided_on": TODAY + timedelta(days=1)},
        {"provided_until": TODAY - timedelta(days=1)},
        {"method": "batch"},
    ],
    ids=str,
)
def test_what_the_confirmation_does_not_cover_is_refused(values: dict[str, Any], staff: User) -> None:
    row = confirmed(staff)
    with pytest.raises(LedgerError):
        referable.record(provision=provision(row, **values), actor=staff, now=timezone.now())
    assert not ReferableProvision.objects.exists()


def test_a_refusal_stays_in_the_audit_trail(staff: User) -> None:
    row = confirmed(staff)
    with pytest.raises(LedgerError):
        referable.record(provision=provision(row, data=["location"]), actor=staff, now=timezone.now())
    assert AuditEntry.objects.get(action="referable.refused").detail == {"reasons": ["data_not_covered"]}


def test_ended_once_and_for_good(staff: User) -> None:
    row = confirmed(staff)
    yesterday = timezone.now() - timedelta(days=1)
    referable.end(confirmation=row, actor=staff, now=yesterday)
    assert referable.end(confirmation=row, actor=staff, now=timezone.now()).ended_on == timezone.localdate(yesterday)
    with pytest.raises(LedgerError):
        referable.record(provision=provision(row), actor=staff, now=timezone.now())
    referable.record(provision=provision(row, provided_on=BEFORE), actor=staff, now=timezone.now())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ReferableConfirmation.objects.update(ended_on=None)


@pytest.mark.parametrize("informed", [True, False])
def test_abroad_the_persons_were_told_first(informed: bool, staff: User) -> None:
    row = confirmation(recipient_country="US", informed_abroad=informed)
    if informed:
        referable.confirm(confirmation=row, actor=staff, now=timezone.now())
    else:
        with pytest.raises(LedgerError):
            referable.confirm(confirmation=row, actor=staff, now=timezone.now())
        with pytest.raises(IntegrityError, match="referable_abroad_was_informed"), transaction.atomic():
            row.save()


def test_confirmed_in_the_future_is_not_confirmed(staff: User) -> None:
    with pytest.raises(LedgerError):
        confirmed(staff, confirmed_on=TODAY + timedelta(days=1))


def test_the_database_refuses_a_provision_without_its_confirmation(staff: User) -> None:
    row = confirmed(staff)
    for values in ({"data": ["location"]}, {"provided_on": BEFORE - timedelta(days=1)}):
        with pytest.raises(IntegrityError, match="no confirmation covers"), transaction.atomic():
            provision(row, keep_until=date(2030, 1, 1), **values).save()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE consent_app_referableconfirmation SET evidence = 'x'",
        "UPDATE consent_app_referableprovision SET data = '{browsing}'",
        "DELETE FROM consent_app_referableprovision",
        "DELETE FROM consent_app_referableconfirmation WHERE ended_on IS NULL",
    ],
)
def test_the_database_refuses_to_rewrite(sql: str, staff: User) -> None:
    referable.record(provision=provision(confirmed(staff)), actor=staff, now=timezone.now())
    confirmed(staff, recipient_name="別の広告")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match=r"append-only|foreign key"), transaction.atomic():
            cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_given_while_the_confirmation_is_being_ended() -> None:
    staff = StaffFactory()
    row = confirmed(staff)
    yesterday = timezone.now() - timedelta(days=1)

    def give() -> bool:
        try:
            referable.record(provision=provision(row), actor=staff, now=timezone.now())
        except LedgerError:
            return False
        return True

    def end() -> bool:
        referable.end(confirmation=row, actor=staff, now=yesterday)
        return True

    given, _ended = run_at_once([give, end])
    assert ReferableProvision.objects.count() == int(given)
