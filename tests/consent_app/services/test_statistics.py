"""Statistics: who is counted, what is frozen, and what two releases tell somebody who compares them."""

import datetime
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from consent_app.domain.disclosure_control import TOTAL
from consent_app.models import Consent, Customer, PurposeVersion, StatisticsRelease, Suspension
from consent_app.services import gate, statistics
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import ConsentFactory, CustomerFactory, PurposeFactory
from tests.factories.core import StaffFactory

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 22, 3, 0, tzinfo=datetime.UTC)


def people(count: int, **fields: Any) -> None:
    values = {"gender": "female", "birth_date": datetime.date(1985, 4, 3), "prefecture": "東京都", **fields}
    start = Customer.objects.count()
    Customer.objects.bulk_create(Customer(email=f"c{start + n}@post.example", **values) for n in range(count))


def a_shop() -> None:
    people(60)
    people(45, gender="male")
    people(38, birth_date=datetime.date(1996, 1, 1))
    people(33, birth_date=datetime.date(1996, 1, 1), gender="male", prefecture="大阪府")
    people(4, birth_date=datetime.date(1940, 1, 1), gender="other", prefecture="鳥取県")


def make(table: str = "age_gender", now: datetime.datetime = NOW) -> StatisticsRelease:
    return statistics.release(table=table, actor=StaffFactory(), now=now)


# ------------------------------------------------------------------------------------------------------ who is counted


def suspended(purpose: Any = None, **fields: Any) -> None:
    values = {"kind": "use", "begins_at": NOW - datetime.timedelta(days=1), "ground": "35(1)", **fields}
    if "ended_at" in values:
        values["end_reason"] = "wish"
    Suspension.objects.create(customer=CustomerFactory(), purpose=purpose, **values)


def test_the_same_people_as_the_gate_allows() -> None:
    whole = PurposeFactory(code="whole")
    purpose = PurposeFactory(code="statistics", statistical_only=True, needs_consent=True, part_of=whole)
    other = PurposeFactory(code="other")
    day = datetime.timedelta(days=1)
    CustomerFactory()
    for customer in (CustomerFactory(), CustomerFactory(status="withdrawn")):
        ConsentFactory(customer=customer, purpose=purpose, at=NOW - day)
    for event, at, until in (
        ("given", NOW - 2 * day, NOW - day),
        ("given", NOW - 2 * day, NOW),
        ("given", NOW - 2 * day, NOW + day),
        ("expired", NOW - day, None),
        ("given", NOW + day, None),
    ):
        ConsentFactory(customer=CustomerFactory(), purpose=purpose, event=event, at=at, valid_until=until)
    changed = CustomerFactory()
    for event in (Consent.Event.GIVEN, Consent.Event.WITHDRAWN):
        ConsentFactory(customer=changed, purpose=purpose, event=event, at=NOW - day)
    suspended()
    suspended(whole)
    suspended(purpose)
    suspended(other)
    suspended(kind="provision")
    suspended(ended_at=NOW)
    suspended(ended_at=NOW + day)
    suspended(begins_at=NOW + day)
    ConsentFactory(customer=CustomerFactory(), purpose=purpose, at=NOW - 9 * day)
    for number in (1, 2):
        PurposeVersion.objects.create(
            purpose=purpose, number=number, since=NOW - (20 - 6 * number) * day, material=number == 2
        )
    for suspension in Suspension.objects.all():
        ConsentFactory(customer=suspension.customer, purpose=purpose, at=NOW - day)
    everybody = list(Customer.objects.values_list("pk", flat=True))
    for needs_consent in (True, False):
        purpose.needs_consent = needs_consent
        purpose.save()
        answers = gate.may_use_many(customers=everybody, purpose="statistics", at=NOW)
        allowed = {key for key, answer in answers.items() if answer.allowed}
        assert set(statistics.usable_customers(NOW).values_list("pk", flat=True)) == allowed
        assert 0 < len(allowed) < len(everybody)


def test_without_a_purpose_for_statistics_a_stop_of_all_use_still_counts() -> None:
    purpose = PurposeFactory()
    CustomerFactory()
    CustomerFactory(status="withdrawn")
    suspended()
    suspended(purpose)
    assert statistics.usable_customers(NOW).count() == 2
    PurposeFactory(statistical_only=True, needs_consent=True)
    assert statistics.usable_customers(NOW).count() == 0


@pytest.mark.parametrize(
    ("born", "band"),
    [
        ("2006-11-22", "20"),
        ("2006-11-23", "0"),
        ("1996-11-23", "20"),
        ("1996-11-22", "30"),
        ("1946-11-22", "80"),
        ("1900-01-01", "80"),
        ("2026-11-23", "unknown"),
        (None, "unknown"),
    ],
)
def test_age_bands(born: str | None, band: str) -> None:
    people(1, birth_date=born, gender="")
    counted = statistics.count_age_and_gender(NOW, 10).table
    assert counted.counts == {(band, "unknown"): 1}


def test_a_leap_day() -> None:
    leap = datetime.datetime(2028, 2, 29, 3, 0, tzinfo=datetime.UTC)
    people(1, birth_date="1998-02-28", gender="male")
    people(1, birth_date="1998-03-01", gender="male")
    assert statistics.count_age_and_gender(leap, 10).table.counts == {("30", "male"): 1, ("20", "male"): 1}


def test_what_is_no_prefecture_is_counted_as_unknown() -> None:
    people(2, prefecture="")
    people(1, prefecture="どこか")
    people(1, prefecture="沖縄県")
    counted = statistics.count_prefectures(NOW, 10).table
    assert counted.counts == {("unknown", TOTAL): 3, ("沖縄県", TOTAL): 1}


# ------------------------------------------------------------------------------------------------------------- release


@pytest.mark.parametrize("table", ["age_gender", "prefecture"])
def test_queries_do_not_grow_with_people(table: str, django_assert_num_queries: Any) -> None:
    for more in (30, 300):
        people(more)
        with django_assert_num_queries(2):
            statistics.kinds()[table].count(NOW, 10)


def test_release_leaves_out_what_is_small_and_rounds_the_rest() -> None:
    a_shop()
    made = make()
    cells = statistics.shown_cells(made)
    assert cells["30", "female"] is None or cells["30", "female"] % 10 == 0
    assert cells[TOTAL, TOTAL] == 180
    assert cells["80", "other"] is None
    assert cells["40", "female"] == 60
    assert AuditEntry.objects.get(action="statistics.released").object_id == str(made.pk)


def test_two_releases_never_tell_of_one_person_in_between() -> None:
    """The attack: a release, one person signs up, another release."""
    a_shop()
    first = make("prefecture")
    people(1, prefecture="鳥取県")
    for table in ("prefecture", "prefecture"):
        with pytest.raises(statistics.StatisticsError, match="一人ひとり"):
            make(table, NOW + datetime.timedelta(days=1))
    assert list(StatisticsRelease.objects.all()) == [first]
    people(8, prefecture="東京都")
    with pytest.raises(statistics.StatisticsError):
        make("prefecture")
    people(1, prefecture="東京都")
    assert make("prefecture").shown


def test_what_came_and_left_again_does_not_make_room_for_one_more() -> None:
    """Ten come and are released, the same ten leave and one has come: compared with the first release it is one."""
    a_shop()
    make("prefecture")
    people(10, prefecture="大阪府")
    make("prefecture", NOW + datetime.timedelta(days=1))
    Customer.objects.filter(pk__in=Customer.objects.filter(prefecture="大阪府")[:10].values("pk")).delete()
    people(1, prefecture="鳥取県")
    with pytest.raises(statistics.StatisticsError):
        make("prefecture", NOW + datetime.timedelta(days=2))


def test_a_lower_minimum_does_not_release_the_same_people_anew(settings: Any) -> None:
    a_shop()
    make()
    settings.STATISTICS_MINIMUM = 3
    people(5)
    with pytest.raises(statistics.StatisticsError):
        make()
    people(5)
    assert make().minimum == 3


def test_too_few_people() -> None:
    people(9)
    with pytest.raises(statistics.StatisticsError, match="10人以上"):
        make()
    assert not StatisticsRelease.objects.exists()


def test_the_database_keeps_a_release_as_it_is() -> None:
    a_shop()
    made = make()
    for change in ({"minimum": 3}, {"shown": []}, {"counted": []}):
        with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
            StatisticsRelease.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(IntegrityError, match="protects_somebody"), transaction.atomic():
        StatisticsRelease.objects.create(table="x", minimum=2, shown=[], counted=[])
    StatisticsRelease.objects.filter(pk=made.pk).update(made_by=None)
    made.delete()
    with pytest.raises(IntegrityError, match="refused"):
        connection.check_constraints()


@pytest.mark.parametrize("minimum", [2, 0])
def test_the_setting_cannot_be_below_three(settings: Any, minimum: int) -> None:
    settings.STATISTICS_MINIMUM = minimum
    assert "consent_app.E001" in {message.id for message in run_checks()}
    a_shop()
    with pytest.raises(ValueError, match="protects nobody"):
        make()


def test_export_is_what_was_released_and_is_recorded() -> None:
    a_shop()
    made = make("prefecture")
    actor = StaffFactory()
    text = statistics.export_csv(made=made, actor=actor).decode("utf-8-sig")
    lines = text.splitlines()
    assert lines[1:4] == ["都道府県,合計", "北海道,", "青森県,"]
    assert "大阪府,30" in lines
    assert lines[-2] == "合計,180"
    assert AuditEntry.objects.get(action="statistics.exported").actor == f"user:{actor.pk}"
    people(300)
    assert statistics.export_csv(made=made, actor=actor).decode("utf-8-sig") == text
    with translation.override("en"):
        assert "Osaka,30" in statistics.export_csv(made=made, actor=actor).decode("utf-8-sig")


def test_a_cell_that_looks_like_a_formula_is_neutralised(monkeypatch: pytest.MonkeyPatch) -> None:
    a_shop()
    made = make("prefecture")
    kind = statistics.kinds()["prefecture"]
    monkeypatch.setitem(kind.rows, "沖縄県", "=HYPERLINK(1)")
    text = statistics.export_csv(made=made, actor=StaffFactory()).decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text


def test_newest_of_each_table_in_one_statement(django_assert_num_queries: Any) -> None:
    a_shop()
    for table in statistics.kinds().keys() - {"requests"}:
        make(table, NOW - datetime.timedelta(days=9))
    people(20)
    newest = make("prefecture")
    with django_assert_num_queries(1):
        found = statistics.newest_releases()
    assert found["prefecture"] == newest
    assert set(found) == {"age_gender", "prefecture"}
    assert timezone.localdate(found["age_gender"].made_at) < timezone.localdate(newest.made_at)
