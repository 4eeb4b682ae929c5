"""Recording provisions: what the gate refuses is never recorded as one, what happened already always is."""

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from consent_app.models import (
    Consent,
    Customer,
    LedgerReversal,
    Provision,
    ProvisionBasis,
    Purpose,
    RefusedProvision,
)
from consent_app.selectors import provision_records_of
from consent_app.services import consents, ledger, provisions, suspensions
from consent_app.services.ledger import LedgerError
from consent_app.services.provisions import Wanted
from privacy_portal.core.models import User
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    DataItemFactory,
    ProvisionBasisFactory,
    ProvisionFactory,
    PurposeFactory,
    SubcontractorFactory,
)
from tests.factories.core import StaffFactory, UserFactory
from tests.support.concurrency import run_at_once

pytestmark = pytest.mark.django_db

NAME = "例の百貨店"
TODAY = timezone.localdate()


@pytest.fixture
def staff() -> User:
    return StaffFactory()


@pytest.fixture
def purpose() -> Purpose:
    items = [DataItemFactory(code=code) for code in ("name", "address", "email")]
    return PurposeFactory(code="department_store", needs_consent=True, provided_to=NAME, items=items)


@pytest.fixture
def basis(purpose: Purpose) -> ProvisionBasis:
    return ProvisionBasisFactory(code="consent", article="27(1)")


def wish(customer: Customer, **values: Any) -> Wanted:
    given = {
        "basis": "consent",
        "ground": "27(1)",
        "purpose": "department_store",
        "name": NAME,
        "address": "京都府京都市例区1-1",
        "items": ("name",),
    }
    return Wanted(customer=customer.pk, **{**given, **values})


def record(*wanted: Wanted, staff: User, already: bool = False, **more: Any) -> list[provisions.Done]:
    return provisions.record(wanted=wanted, already=already, actor=staff, now=timezone.now(), **more)


class TestBeforeItIsMade:
    def test_recorded_with_the_items_of_rule_20_and_the_consent(self, basis: ProvisionBasis, staff: User) -> None:
        customer = CustomerFactory()
        consent = ConsentFactory(customer=customer, purpose=Purpose.objects.get())
        (done,) = record(wish(customer, representative="例川 次郎", items=("address", "name")), staff=staff)
        assert done.outcome == "recorded"
        row = Provision.objects.get()
        assert (row.customer, row.principal, row.consent, row.ground) == (customer, "髙橋　花子", consent, "27(1)")
        assert (row.recipient_name, row.recipient_representative) == (NAME, "例川 次郎")
        assert (row.items, row.provided_on, row.historic) == (["address", "name"], TODAY, False)
        assert row.keep_until == TODAY.replace(year=TODAY.year + 3)
        assert (row.recorded_by, row.concerns, row.by_consent) == (staff, [], True)
        assert not RefusedProvision.objects.exists()

    def test_who_it_was_is_encrypted_and_outlives_a_change_of_name(self, basis: ProvisionBasis, staff: User) -> None:
        customer = CustomerFactory()
        ConsentFactory(customer=customer, purpose=Purpose.objects.get())
        record(wish(customer), staff=staff)
        Customer.objects.update(family_name="", given_name="")
        with connection.cursor() as cursor:
            cursor.execute("SELECT principal FROM consent_app_provision")
            assert "花子".encode() not in bytes(cursor.fetchone()[0])
        assert Provision.objects.get().principal == "髙橋　花子"

    @pytest.mark.parametrize(
        ("change", "reasons"),
        [
            ({}, ("consent_missing",)),
            ({"purpose": "", "evidence": "同意書の綴り12"}, ("consent_missing",)),
            ({"purpose": "nowhere"}, ("consent_missing",)),
            ({"name": "別の店"}, ("recipient_not_covered", "consent_missing")),
            ({"items": ("name", "telephone")}, ("items_not_covered", "consent_missing")),
            ({"items": ("recipient",)}, ("gift_shipping_only", "items_not_covered", "consent_missing")),
            ({"country": "US"}, ("recipient_abroad", "consent_missing")),
        ],
        ids=str,
    )
    def test_a_refusal_is_kept_as_an_attempt_and_not_as_a_provision(
        self, change: dict[str, Any], reasons: tuple[str, ...], basis: ProvisionBasis, staff: User
    ) -> None:
        (done,) = record(wish(CustomerFactory(), **change), staff=staff)
        assert (done.outcome, done.reasons) == ("refused", reasons)
        assert not Provision.objects.exists()
        refused = RefusedProvision.objects.get()
        assert (tuple(refused.reasons), refused.recorded_by) == (reasons, staff)

    @pytest.mark.parametrize("kind", ["use", "provision"])
    def test_a_stop_wins_over_the_consent(self, kind: str, basis: ProvisionBasis, staff: User) -> None:
        customer = CustomerFactory()
        ConsentFactory(customer=customer, purpose=Purpose.objects.get())
        suspensions.suspend(customer=customer, kind=kind, actor=staff, ground="35(3)", now=timezone.now())
        (done,) = record(wish(customer), staff=staff)
        assert (done.outcome, done.reasons) == ("refused", (f"{kind}_suspended",))

    def test_a_withdrawal_of_another_servers_near_future_counts(self, basis: ProvisionBasis, staff: User) -> None:
        customer, purpose = CustomerFactory(), Purpose.objects.get()
        ConsentFactory(customer=customer, purpose=purpose)
        ConsentFactory(customer=customer, purpose=purpose, event="withdrawn", at=timezone.now() + timedelta(minutes=2))
        (done,) = record(wish(customer), staff=staff)
        assert done.reasons == ("consent_withdrawn",)

    def test_each_person_is_judged_for_themself(self, basis: ProvisionBasis, staff: User) -> None:
        yes, no = CustomerFactory(), CustomerFactory()
        ConsentFactory(customer=yes, purpose=Purpose.objects.get())
        done = record(wish(no), wish(yes), staff=staff)
        assert [one.outcome for one in done] == ["refused", "recorded"]

    def test_a_case_that_is_no_exception_is_carried_by_one_of_the_law(self, purpose: Purpose, staff: User) -> None:
        ProvisionBasisFactory(code="protection", article="", statutory=False, requires=["27(1)", "27(1)ii"])
        person = CustomerFactory()
        judged = {"basis": "protection", "ground": "27(1)ii", "purpose": "", "evidence": "病院からの照会 11月20日"}
        assert record(wish(person, **judged), staff=staff)[0].outcome == "recorded"
        for wrong, problem in [
            ({"ground": ""}, "ground_missing"),
            ({"ground": "27(1)i"}, "ground_not_of_basis"),
            ({"ground": "27(5)i"}, "ground_not_of_basis"),
            ({"evidence": ""}, "evidence_missing"),
        ]:
            with pytest.raises(LedgerError, match=problem):
                record(wish(person, **{**judged, **wrong}), staff=staff)

    def test_other_services_is_blocked_without_consent(self, purpose: Purpose, staff: User) -> None:
        ProvisionBasisFactory(code="other_services", article="", statutory=False, requires=["27(1)"])
        person = CustomerFactory()
        (done,) = record(wish(person, basis="other_services"), staff=staff)
        assert (done.outcome, done.reasons) == ("refused", ("consent_missing",))
        ConsentFactory(customer=person, purpose=purpose)
        assert record(wish(person, basis="other_services"), staff=staff)[0].outcome == "recorded"

    def test_an_exception_goes_before_a_stop_only_if_the_manager_says_so(self, purpose: Purpose, staff: User) -> None:
        ProvisionBasisFactory(code="law", article="27(1)i")
        person = CustomerFactory(status="withdrawn")
        suspensions.suspend(customer=person, kind="provision", actor=staff, ground="35(3)", now=timezone.now())
        warrant = {"basis": "law", "ground": "27(1)i", "purpose": "", "evidence": "令状 12号", "name": "例地方裁判所"}
        assert record(wish(person, **warrant), staff=staff)[0].reasons == ("provision_suspended",)
        assert record(wish(person, **warrant, despite_stop=True), staff=staff)[0].outcome == "recorded"
        assert Provision.objects.get().concerns == ["provision_suspended"]

    def test_entrusting_asks_what_may_be_entrusted(self, purpose: Purpose, staff: User) -> None:
        ProvisionBasisFactory(code="inquiry_handling", article="", statutory=False, requires=["27(1)", "27(5)i"])
        SubcontractorFactory(code="delivery", items=list(purpose.items.filter(code="name")))
        PurposeFactory(code="orders", items=list(purpose.items.all()))
        entrusted = {"basis": "inquiry_handling", "ground": "27(5)i", "subcontractor": "delivery", "purpose": "orders"}
        entrusted["evidence"] = "委託契約書"
        person = CustomerFactory()
        with pytest.raises(LedgerError, match="subcontractor_missing"):
            record(wish(person, **{**entrusted, "subcontractor": ""}), staff=staff)
        (done,) = record(wish(person, **entrusted, items=("name", "email")), staff=staff)
        assert done.outcome == "refused"
        assert "items_not_covered" in done.reasons

    def test_statistics_leave_nothing_to_record(self, purpose: Purpose, staff: User) -> None:
        ProvisionBasisFactory(code="statistics", article="2(1)")
        with pytest.raises(LedgerError, match="basis_nothing_personal"):
            record(wish(CustomerFactory(), basis="statistics", ground="2(1)"), staff=staff)

    def test_what_lies_in_the_past_is_no_provision_that_can_still_be_stopped(
        self, basis: ProvisionBasis, staff: User
    ) -> None:
        with pytest.raises(LedgerError, match="date_not_today"):
            record(wish(CustomerFactory(), provided_on=TODAY - timedelta(days=1)), staff=staff)

    def test_a_trial_writes_nothing(self, basis: ProvisionBasis, staff: User) -> None:
        yes, no = CustomerFactory(), CustomerFactory()
        ConsentFactory(customer=yes, purpose=Purpose.objects.get())
        done = record(wish(yes), wish(no), staff=staff, trial=True)
        assert [one.outcome for one in done] == ["recorded", "refused"]
        assert not Provision.objects.exists()
        assert not RefusedProvision.objects.exists()

    def test_as_many_statements_for_many_as_for_one(
        self, basis: ProvisionBasis, staff: User, django_assert_max_num_queries: Any
    ) -> None:
        people = CustomerFactory.create_batch(30)
        for person in people[:20]:
            ConsentFactory(customer=person, purpose=Purpose.objects.get())
        with django_assert_max_num_queries(12):
            record(wish(people[0]), wish(people[29]), staff=staff)
        with django_assert_max_num_queries(12):
            record(*(wish(person) for person in people[1:29]), staff=staff)
        assert Provision.objects.count() == 20


class TestAlreadyMade:
    DAY = date(2026, 7, 8)

    def at(self, hour: int) -> datetime:
        return datetime(2026, 7, 8, hour, tzinfo=timezone.get_default_timezone())

    def done(self, staff: User, person: Customer, **values: Any) -> tuple[str, ...]:
        (done,) = record(wish(person, provided_on=self.DAY, **values), staff=staff, already=True)
        assert done.outcome == "recorded"
        assert tuple(Provision.objects.latest("created_at").concerns) == done.reasons
        return done.reasons

    def test_a_lawful_one(self, basis: ProvisionBasis, staff: User) -> None:
        person = CustomerFactory()
        consent = ConsentFactory(customer=person, purpose=Purpose.objects.get(), at=self.at(0) - timedelta(days=9))
        ConsentFactory(customer=person, purpose=Purpose.objects.get(), event="withdrawn", at=timezone.now())
        assert self.done(staff, person) == ()
        row = Provision.objects.get()
        assert (row.historic, row.consent, row.by_consent) == (True, consent, True)
        assert row.keep_until == TODAY.replace(year=TODAY.year + 3)

    @pytest.mark.parametrize("event", ["given", "withdrawn"])
    def test_the_hour_is_not_known_so_it_must_have_been_allowed_all_day(
        self, event: str, basis: ProvisionBasis, staff: User
    ) -> None:
        person, purpose = CustomerFactory(), Purpose.objects.get()
        if event == "withdrawn":
            ConsentFactory(customer=person, purpose=purpose, at=self.at(0) - timedelta(days=9))
        ConsentFactory(customer=person, purpose=purpose, event=event, at=self.at(12))
        assert self.done(staff, person) == (("consent_missing",) if event == "given" else ("consent_withdrawn",))

    def test_an_unlawful_one_is_a_fact_all_the_same(self, basis: ProvisionBasis, staff: User) -> None:
        person = CustomerFactory()
        assert self.done(staff, person, ground="", purpose="") == ("no_ground", "consent_missing")
        row = Provision.objects.get()
        assert (row.ground, row.by_consent) == ("", False)
        assert list(provision_records_of(person).provided) == [row]

    def test_a_consent_on_paper_counts_if_it_is_named(self, basis: ProvisionBasis, staff: User) -> None:
        assert self.done(staff, CustomerFactory(status="withdrawn"), purpose="", evidence="申込書の綴り3") == ()

    def test_a_stop_of_that_time_speaks_against_it(self, basis: ProvisionBasis, staff: User) -> None:
        person = CustomerFactory()
        stop = suspensions.suspend(
            customer=person, kind="provision", actor=staff, ground="35(3)", now=self.at(0) - timedelta(days=3)
        )
        suspensions.end(suspension=stop, actor=staff, reason="wish", now=self.at(23))
        reasons = self.done(staff, person, purpose="", evidence="申込書の綴り3")
        assert reasons == ("provision_suspended",)

    def test_a_day_ahead_is_no_fact(self, basis: ProvisionBasis, staff: User) -> None:
        with pytest.raises(LedgerError, match="date_in_future"):
            record(wish(CustomerFactory(), provided_on=TODAY + timedelta(days=1)), staff=staff, already=True)

    def test_recorded_once_however_often_it_is_entered(self, basis: ProvisionBasis, staff: User) -> None:
        person = CustomerFactory()
        entered = wish(person, ground="", purpose="", provided_on=self.DAY, items=("name", "email"))
        turned = wish(person, ground="", purpose="", provided_on=self.DAY, items=("email", "name"))
        done = record(entered, turned, staff=staff, already=True)
        assert [one.outcome for one in done] == ["recorded", "unchanged"]
        assert record(entered, staff=staff, already=True)[0].outcome == "unchanged"
        ledger.reverse(record=Provision.objects.get(), reason="項目の誤り", actor=staff)
        assert record(entered, staff=staff, already=True)[0].outcome == "recorded"
        assert record(entered, staff=staff, already=True)[0].outcome == "unchanged"
        assert sorted(Provision.objects.values_list("occurrence", flat=True)) == [0, 1]


class TestReversal:
    def test_needs_a_reason_and_happens_once(self, staff: User) -> None:
        row = ProvisionFactory()
        with pytest.raises(LedgerError):
            ledger.reverse(record=row, reason="　 ", actor=staff)
        ledger.reverse(record=row, reason="別人の記録", actor=staff)
        with pytest.raises(LedgerError):
            ledger.reverse(record=row, reason="もう一度", actor=staff)
        assert LedgerReversal.objects.get().reason == "別人の記録"


def _refused(sql: str, match: str = "append-only", error: type[Exception] = DatabaseError) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(error, match=match), transaction.atomic():
            cursor.execute(sql)


class TestTheDatabase:
    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE consent_app_provision SET recipient_name = 'x'",
            "UPDATE consent_app_provision SET concerns = '{no_ground}'",
            "UPDATE consent_app_provision SET keep_until = '2020-01-01'",
            "DELETE FROM consent_app_provision",
            "TRUNCATE consent_app_provision CASCADE",
            "UPDATE consent_app_ledgerreversal SET reason = 'x'",
            "DELETE FROM consent_app_ledgerreversal",
            "UPDATE consent_app_refusedprovision SET reasons = '{consent_given}'",
            "DELETE FROM consent_app_refusedprovision",
        ],
    )
    def test_refuses_to_rewrite(self, sql: str, staff: User) -> None:
        row = ProvisionFactory(recorded_by=staff)
        ledger.reverse(record=row, reason="誤り", actor=staff)
        RefusedProvision.objects.create(
            customer=row.customer,
            basis=row.basis,
            ground="27(1)",
            recipient_name=NAME,
            items=["name"],
            reasons=["consent_missing"],
            keep_until=date(2030, 1, 1),
        )
        _refused(sql)

    def test_forgets_who_recorded_it(self, staff: User) -> None:
        row = ProvisionFactory(recorded_by=staff)
        staff.delete()
        row.refresh_from_db()
        assert row.recorded_by is None

    def test_refuses_a_ground_that_the_case_does_not_have(self) -> None:
        basis = ProvisionBasisFactory(article="27(1)i", statutory=False, requires=["27(1)"])
        ProvisionFactory(basis=basis, ground="28(1)")
        with pytest.raises(IntegrityError, match="not carried by that article"):
            ProvisionFactory(basis=basis, ground="27(1)i")

    @pytest.mark.parametrize("event", ["withdrawn", "expired"])
    def test_refuses_a_consent_that_was_taken_back(self, event: str) -> None:
        consent = ConsentFactory()
        ConsentFactory(customer=consent.customer, purpose=consent.purpose, event=event, at=consent.at)
        with pytest.raises(IntegrityError, match="taken back"), transaction.atomic():
            ProvisionFactory(customer=consent.customer, consent=consent, historic=False)
        ProvisionFactory(customer=consent.customer, consent=consent, historic=True)

    def test_refuses_somebody_elses_consent(self) -> None:
        with pytest.raises(IntegrityError, match="this person"):
            ProvisionFactory(consent=ConsentFactory())

    @pytest.mark.parametrize(
        ("values", "name"),
        [
            ({"ground": "", "historic": False, "concerns": ["no_ground"]}, "provision_rests_on_ground"),
            ({"ground": ""}, "provision_without_ground_is_flagged"),
            ({"evidence": ""}, "provision_ground_is_evidenced"),
            ({"recipient_address": ""}, "provision_names_recipient"),
            ({"items": []}, "provision_names_items"),
            ({"provided_until": date(2026, 7, 7)}, "provision_ends_after_it_began"),
            ({"method": "batch"}, "provision_batch_has_last_day"),
        ],
    )
    def test_refuses_half_a_record(self, values: dict[str, Any], name: str) -> None:
        with pytest.raises(IntegrityError, match=name):
            ProvisionFactory(**values)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.mark.parametrize("turn", range(3))
    def test_no_provision_on_a_consent_that_is_being_withdrawn(self, turn: int) -> None:
        """Whichever comes first, the other sees it: either recorded before the withdrawal, or refused."""
        staff, purpose = StaffFactory(), PurposeFactory(code="department_store", needs_consent=True, provided_to=NAME)
        purpose.items.add(DataItemFactory(code="name"))
        ProvisionBasisFactory(code="consent", article="27(1)")
        user = UserFactory()
        person = CustomerFactory(user=user)
        ConsentFactory(customer=person, purpose=purpose, at=timezone.now() - timedelta(days=1))
        others = CustomerFactory.create_batch(20)
        for one in others:
            ConsentFactory(customer=one, purpose=purpose)

        def withdraw() -> str:
            consents.withdraw(actor=user, address_proven=True, purpose=purpose.code, language="ja", now=timezone.now())
            return ""

        def give() -> str:
            done = record(*(wish(one) for one in [*others, person]), staff=staff)
            return done[-1].outcome

        outcome = "".join(run_at_once([withdraw, give]))
        withdrawn = Consent.objects.get(event="withdrawn")
        if outcome == "refused":
            assert not Provision.objects.filter(customer=person).exists()
            assert RefusedProvision.objects.get().reasons == ["consent_withdrawn"]
        else:
            assert Provision.objects.get(customer=person).created_at <= withdrawn.at + timedelta(seconds=5)
        assert Provision.objects.exclude(customer=person).count() == 20

    def test_a_batch_that_waits_for_a_withdrawal_sees_it(self) -> None:
        staff, purpose = StaffFactory(), PurposeFactory(code="department_store", needs_consent=True, provided_to=NAME)
        purpose.items.add(DataItemFactory(code="name"))
        ProvisionBasisFactory(code="consent", article="27(1)")
        person = CustomerFactory()
        ConsentFactory(customer=person, purpose=purpose, at=timezone.now() - timedelta(days=1))
        locked = threading.Event()

        def withdraw() -> str:
            with transaction.atomic():
                Customer.objects.select_for_update().get(pk=person.pk)
                locked.set()
                # Long enough for the batch to have asked, had it not to wait.
                threading.Event().wait(0.7)
                ConsentFactory(customer=person, purpose=purpose, event="withdrawn", at=timezone.now())
            return "withdrawn"

        def give() -> str:
            assert locked.wait(10)
            return record(wish(person), staff=staff)[0].outcome

        assert run_at_once([withdraw, give]) == ["withdrawn", "refused"]
        assert not Provision.objects.exists()

    def test_two_batches_record_one_provision_once(self) -> None:
        staff = StaffFactory()
        ProvisionBasisFactory(code="consent", article="27(1)")
        people = CustomerFactory.create_batch(5)

        def enter(order: list[Customer]) -> list[str]:
            wanted = [wish(one, ground="", purpose="", provided_on=date(2026, 7, 8)) for one in order]
            return [one.outcome for one in record(*wanted, staff=staff, already=True)]

        outcomes = run_at_once([lambda: enter(people), lambda: enter(people[::-1])])
        assert sorted([*outcomes[0], *outcomes[1]]) == ["recorded"] * 5 + ["unchanged"] * 5
        assert Provision.objects.count() == 5
