"""The gate on rows of the registers: the same answers in a constant number of statements."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from consent_app.domain.gate import Entrusted, Record, ThirdParty
from consent_app.models import Consent, Customer, ForeignArrangement, ForeignCheck, Purpose, Suspension
from consent_app.services import gate, suspensions
from privacy_portal.core.models import AuditEntry
from tests.factories.consent import (
    ConsentFactory,
    CustomerFactory,
    DataItemFactory,
    ProvisionBasisFactory,
    PurposeFactory,
    RecipientFactory,
    SubcontractorFactory,
)
from tests.factories.supervision import asked, contracted, day, reviewed, selected, supervised

pytestmark = pytest.mark.django_db

NOW = timezone.now()
BEFORE, AFTER = NOW - timedelta(minutes=1), NOW + timedelta(minutes=1)


@pytest.fixture
def newsletter() -> Purpose:
    return PurposeFactory(code="newsletter", needs_consent=True, items=[DataItemFactory(code="email")])


def ask(customer: Customer, at: datetime = NOW) -> tuple[bool, tuple[str, ...]]:
    answer = gate.may_use(customer=customer.pk, purpose="newsletter", at=at)
    return answer.allowed, answer.reasons


def test_the_newest_event_counts_and_later_ones_do_not(newsletter: Purpose) -> None:
    customer = CustomerFactory()
    assert ask(customer) == (False, ("consent_missing",))
    given = ConsentFactory(customer=customer, purpose=newsletter, at=BEFORE)
    ConsentFactory(customer=customer, purpose=newsletter, event="withdrawn", at=AFTER)
    ConsentFactory(customer=CustomerFactory(), purpose=newsletter, event="withdrawn", at=BEFORE)
    ConsentFactory(customer=customer, purpose=PurposeFactory(needs_consent=True), event="withdrawn", at=NOW)
    assert ask(customer) == (True, ("consent_given",))
    answer = gate.may_use(customer=customer.pk, purpose="newsletter", at=NOW)
    assert Record("consent", str(given.pk)) in answer.records
    assert ask(customer, AFTER) == (False, ("consent_withdrawn",))
    assert ask(customer, BEFORE - timedelta(minutes=1)) == (False, ("consent_missing",))


@pytest.mark.parametrize("order", [("given", "withdrawn"), ("withdrawn", "given")])
def test_of_two_events_of_one_moment_the_refusal_counts(newsletter: Purpose, order: tuple[str, str]) -> None:
    customer = CustomerFactory()
    for event in order:
        ConsentFactory(customer=customer, purpose=newsletter, event=event, at=NOW)
    assert ask(customer) == (False, ("consent_withdrawn",))


def test_a_limit_ends_a_consent_without_any_event(newsletter: Purpose) -> None:
    customer = CustomerFactory()
    ConsentFactory(customer=customer, purpose=newsletter, at=BEFORE, valid_until=AFTER)
    assert ask(customer) == (True, ("consent_given",))
    assert ask(customer, AFTER) == (False, ("consent_expired",))


def test_a_limit_stands_only_with_a_consent() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ConsentFactory(event=Consent.Event.WITHDRAWN, valid_until=timezone.now() + timedelta(days=1))


def test_a_suspension_wins_from_its_begin_to_its_end(newsletter: Purpose) -> None:
    customer = CustomerFactory()
    ConsentFactory(customer=customer, purpose=newsletter, at=BEFORE - timedelta(days=1))
    stop = suspensions.suspend(customer=customer, kind="use", actor="command", ground="35(1)", now=BEFORE)
    assert ask(customer, BEFORE - timedelta(seconds=1)) == (True, ("consent_given",))
    assert ask(customer, BEFORE) == (False, ("use_suspended",))
    suspensions.end(suspension=stop, actor="command", reason="wish", now=NOW)
    assert ask(customer, NOW - timedelta(seconds=1)) == (False, ("use_suspended",))
    assert ask(customer) == (True, ("consent_given",))


def test_a_stopped_whole_stops_its_part() -> None:
    whole = PurposeFactory(code="services")
    part = PurposeFactory(code="newsletter", needs_consent=True, part_of=whole)
    customer = CustomerFactory()
    ConsentFactory(customer=customer, purpose=part, at=BEFORE)
    suspensions.suspend(customer=customer, kind="use", purpose=whole, actor="command", ground="35(5)", now=NOW)
    assert ask(customer) == (False, ("purpose_suspended",))


def test_a_retired_whole_retires_its_part() -> None:
    part = PurposeFactory(code="newsletter", needs_consent=True, part_of=PurposeFactory(active=False))
    customer = CustomerFactory()
    ConsentFactory(customer=customer, purpose=part, at=BEFORE)
    assert ask(customer) == (False, ("purpose_retired",))


def test_a_customer_who_left_and_one_who_never_was(newsletter: Purpose) -> None:
    left = CustomerFactory(status=Customer.Status.WITHDRAWN)
    ConsentFactory(customer=left, purpose=newsletter, at=BEFORE)
    assert ask(left) == (False, ("person_withdrawn",))
    answer = gate.may_use(customer=uuid.uuid4(), purpose="newsletter", at=NOW)
    assert (answer.allowed, answer.reasons) == (False, ("person_unknown",))


def test_a_purpose_that_is_not_registered() -> None:
    answer = gate.may_use(customer=CustomerFactory().pk, purpose="anything", at=NOW)
    assert (answer.allowed, answer.reasons) == (False, ("purpose_unknown",))


def test_a_moment_without_zone_is_no_question(newsletter: Purpose) -> None:
    with pytest.raises(ValueError, match="zone"):
        gate.may_use(customer=CustomerFactory().pk, purpose="newsletter", at=datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("number", [1, 30])
def test_one_statement_for_use_however_many_are_asked_about(
    newsletter: Purpose, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    customers = CustomerFactory.create_batch(number)
    for customer in customers[::2]:
        ConsentFactory(customer=customer, purpose=newsletter, at=BEFORE)
    keys = [customer.pk for customer in customers] + [uuid.uuid4()]
    with django_assert_num_queries(1):
        answers = gate.may_use_many(customers=keys, purpose="newsletter", at=NOW)
    assert list(answers) == keys
    assert [answers[key].allowed for key in keys] == [n % 2 == 0 for n in range(number)] + [False]
    for key in keys[:3]:
        with django_assert_num_queries(1):
            assert gate.may_use(customer=key, purpose="newsletter", at=NOW) == answers[key]


@pytest.mark.parametrize("number", [1, 30])
def test_provision_in_two_statements(number: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    name, gender = DataItemFactory(code="name"), DataItemFactory(code="gender")
    shipping = PurposeFactory(code="delivery", shipping=True, items=[name, gender])
    giving = PurposeFactory(code="partner", needs_consent=True, provided_to="例の百貨店", items=[name, gender])
    supervised(code="carrier", items=[name])
    ProvisionBasisFactory(code="consent")
    ProvisionBasisFactory(code="contract", statutory=False, article="", requires=["27(1)", "27(5)i"])
    ProvisionBasisFactory(code="court", article="27(1)i")
    customers = CustomerFactory.create_batch(number)
    for customer in customers:
        ConsentFactory(customer=customer, purpose=giving, at=BEFORE)
    keys = [customer.pk for customer in customers]
    carrier = Entrusted("carrier", shipping.code)
    partner = ThirdParty("例の百貨店", basis="consent", purpose="partner", country="JP")
    for recipient, items, allowed, reasons in [
        (carrier, ["name"], True, ("entrusted",)),
        (carrier, ["name", "gender"], False, ("items_not_covered",)),
        (Entrusted("nobody", shipping.code), ["name"], False, ("recipient_unknown",)),
        (partner, ["name", "gender"], True, ("consent_given",)),
        (ThirdParty("例の百貨店", "contract", "partner", "JP"), ["name"], True, ("consent_given",)),
        (ThirdParty("例の百貨店", "court", "partner", "JP"), ["name"], False, ("needs_judgement",)),
        (ThirdParty("例の百貨店", "never", "partner", "JP"), ["name"], False, ("basis_unknown",)),
        (ThirdParty("ほかの店", "consent", "partner", "JP"), ["name"], False, ("recipient_not_covered",)),
    ]:
        with django_assert_num_queries(2):
            answers = gate.may_provide_many(customers=keys, recipient=recipient, items=items, at=NOW)
        assert {(answer.allowed, answer.reasons) for answer in answers.values()} == {(allowed, reasons)}
    suspensions.suspend(customer=customers[0], kind="provision", actor="command", ground="35(3)", now=BEFORE)
    answer = gate.may_provide(customer=keys[0], recipient=partner, items=["name"], at=NOW)
    assert (answer.allowed, answer.reasons) == (False, ("provision_suspended",))
    assert gate.may_provide(customer=keys[0], recipient=carrier, items=["name"], at=NOW).allowed


def test_gift_recipients_are_for_shipping_only() -> None:
    gift = RecipientFactory()
    item = DataItemFactory(code="recipient")
    PurposeFactory(code="delivery", shipping=True, items=[item])
    PurposeFactory(code="services", items=[item])
    supervised(code="carrier", items=[item])
    assert gate.may_use_gift_recipient(recipient=gift.pk, purpose="delivery", at=NOW).allowed
    assert gate.may_use_gift_recipient(recipient=gift.pk, purpose="services", at=NOW).reasons == ("gift_shipping_only",)
    assert gate.may_use_gift_recipient(recipient=uuid.uuid4(), purpose="delivery", at=NOW).reasons == (
        "person_unknown",
    )
    assert gate.may_provide_gift_recipient(recipient=gift.pk, to=Entrusted("carrier", "delivery"), at=NOW).allowed
    third = ThirdParty("X", "consent", "delivery", "JP")
    assert gate.may_provide_gift_recipient(recipient=gift.pk, to=third, at=NOW).reasons == ("recipient_unknown",)


@pytest.mark.parametrize("number", [1, 30])
def test_gift_recipients_in_four_statements(number: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    item = DataItemFactory(code="recipient")
    PurposeFactory(code="delivery", shipping=True, items=[item])
    supervised(code="carrier", items=[item])
    keys = [gift.pk for gift in RecipientFactory.create_batch(number)]
    with django_assert_num_queries(4):
        answers = gate.may_provide_gift_recipients(recipients=keys, to=Entrusted("carrier", "delivery"), at=NOW)
    assert {answer.allowed for answer in answers.values()} == {True}


def test_the_supervision_as_it_was_recorded() -> None:
    """Every kind of record reaches the gate; the rules are tried in the decision tables."""
    name = DataItemFactory(code="name")
    PurposeFactory(code="delivery", items=[name])
    customer = CustomerFactory()

    def reasons(code: str) -> set[str]:
        to = Entrusted(code, "delivery")
        return set(gate.may_provide(customer=customer.pk, recipient=to, items=["name"], at=NOW).reasons)

    bare = SubcontractorFactory(code="bare", items=[name])
    assert reasons("bare") == {"selection_missing", "agreement_missing"}
    selected(bare, result="failed", note="-")
    contract = contracted(bare, signed_on=None)
    assert reasons("bare") == {"selection_failed", "agreement_missing"}
    selected(bare, decided_on=day(-1))
    contract.signed_on = day(-170)
    contract.right_to_look = False
    contract.save()
    assert reasons("bare") == {"agreement_incomplete"}
    contract.right_to_look = True
    contract.valid_until = day(-1)
    contract.save()
    assert reasons("bare") == {"agreement_expired"}
    contracted(bare, title="次", valid_from=day(1))
    assert reasons("bare") == {"agreement_not_begun"}
    contract.valid_until = day(0)
    contract.save()
    assert reasons("bare") == {"entrusted"}
    review = reviewed(bare, reviewed_on=day(-1), result="unfit")
    assert reasons("bare") == {"review_failed"}
    review.result = "findings"
    review.save()
    assert reasons("bare") == {"entrusted"}
    passed_on = asked(bare, began_on=day(-20), without_approval=True)
    assert reasons("bare") == {"reentrusted_unapproved"}
    passed_on.state, passed_on.decided_on, passed_on.decided_by = "approved", day(0), "例山"
    passed_on.save()
    assert reasons("bare") == {"entrusted"}


def test_training_takes_the_place_of_a_contract_only_where_it_is_promised() -> None:
    name = DataItemFactory(code="name")
    PurposeFactory(code="delivery", items=[name])
    customer = CustomerFactory()
    trained = SubcontractorFactory(code="trained", items=[name], education=True)
    selected(trained)
    training = {"kind": "training", "training": "取扱いの研修", "confidentiality": False, "no_other_use": False}
    contracted(trained, **training)
    to = Entrusted("trained", "delivery")
    assert gate.may_provide(customer=customer.pk, recipient=to, items=["name"], at=NOW).reasons == ("entrusted",)
    trained.education = False
    trained.save()
    answer = gate.may_provide(customer=customer.pk, recipient=to, items=["name"], at=NOW)
    assert answer.reasons == ("agreement_incomplete",)


def test_abroad_as_it_was_recorded() -> None:
    name = DataItemFactory(code="name")
    PurposeFactory(code="delivery", items=[name])
    customer = CustomerFactory()
    to = Entrusted("abroad", "delivery")

    def reasons() -> tuple[str, ...]:
        return gate.may_provide(customer=customer.pk, recipient=to, items=["name"], at=NOW).reasons

    abroad = supervised(code="abroad", items=[name], country="US")
    assert reasons() == ("recipient_abroad",)
    arrangement = ForeignArrangement.objects.create(
        subcontractor=abroad, basis="equivalent", arrangement="契約", check_method="毎年、書面で"
    )
    assert reasons() == ("abroad_unchecked",)
    ForeignCheck.objects.create(arrangement=arrangement, checked_on=day(-9), checked_by="例山", next_on=day(300))
    assert reasons() == ("entrusted",)
    ForeignCheck.objects.create(
        arrangement=arrangement, checked_on=day(-8), checked_by="例山", next_on=day(300), works=False, note="停止"
    )
    assert reasons() == ("abroad_unchecked",)


def test_abroad_by_consent_given_after_the_information() -> None:
    name = DataItemFactory(code="name")
    purpose = PurposeFactory(code="delivery", items=[name], needs_consent=True, provided_to="例の運送")
    abroad = supervised(code="abroad", items=[name], country="US")
    texts = dict.fromkeys(("regime_ja", "regime_en", "measures_ja", "measures_en"), "-")
    ForeignArrangement.objects.create(subcontractor=abroad, basis="consent", informed_from=day(-3), **texts)
    early, late = CustomerFactory.create_batch(2)
    ConsentFactory(customer=early, purpose=purpose, at=NOW - timedelta(days=5))
    ConsentFactory(customer=late, purpose=purpose, at=NOW - timedelta(days=2))
    to = Entrusted("abroad", "delivery")
    answers = gate.may_provide_many(customers=[early.pk, late.pk], recipient=to, items=["name"], at=NOW)
    assert answers[early.pk].reasons == ("consent_missing",)
    assert answers[late.pk].reasons == ("entrusted",)


def test_setting_a_stop_twice_leaves_one_and_ending_twice_leaves_the_first_end() -> None:
    customer = CustomerFactory()
    first = suspensions.suspend(customer=customer, kind="use", actor="command", ground="35(1)", now=BEFORE)
    again = suspensions.suspend(customer=customer, kind="use", actor="command", ground="35(5)", now=NOW)
    assert first == again
    assert suspensions.end(suspension=first, actor="command", reason="wish", now=NOW).ended_at == NOW
    assert suspensions.end(suspension=first, actor="command", reason="wish", now=AFTER).ended_at == NOW
    assert suspensions.suspend(customer=customer, kind="use", actor="command", ground="35(1)", now=AFTER) != first
    actions = AuditEntry.objects.filter(object_type="consent_app.suspension").order_by("id")
    assert [entry.action for entry in actions] == ["suspension.set", "suspension.ended", "suspension.set"]


def test_a_stop_needs_a_ground_and_a_kind() -> None:
    for kind, ground in [("use", ""), ("everything", "35(1)")]:
        with pytest.raises(ValueError):  # noqa: PT011
            suspensions.suspend(customer=CustomerFactory(), kind=kind, actor="command", ground=ground, now=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ended_at": BEFORE},
        {"ground": ""},
        {"kind": "everything"},
    ],
    ids=["ends before it begins", "no ground", "unknown kind"],
)
def test_the_database_refuses(wrong: dict[str, object]) -> None:
    values = {"kind": "use", "begins_at": NOW, "ground": "35(1)", **wrong}
    with pytest.raises(IntegrityError), transaction.atomic():
        Suspension.objects.create(customer=CustomerFactory(), **values)


@pytest.mark.parametrize("purpose", [True, False], ids=["one purpose", "everything"])
def test_the_database_refuses_two_open_stops_of_the_same(purpose: bool) -> None:
    same = {"customer": CustomerFactory(), "kind": "use", "purpose": PurposeFactory() if purpose else None}
    Suspension.objects.create(ground="35(1)", **same)
    with pytest.raises(IntegrityError), transaction.atomic():
        Suspension.objects.create(ground="35(1)", **same)
