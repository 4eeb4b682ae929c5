"""Calling back the registered number, and a document shown at the counter: who may, when it is enough, what is kept."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from consent_app.models import Customer, CustomerChange, Operator, RequestRule
from consent_app.selectors import forget_operator
from privacy_portal.core.models import AuditEntry, OutgoingMail
from requests_app import selectors
from requests_app.domain import call_backs as rules
from requests_app.domain.call_backs import Outcome
from requests_app.domain.identity_levels import ALWAYS, MEANS, ORDINARY, Level, Means, otherwise, reached
from requests_app.domain.transitions import Event, Note, Status, TransitionRefused
from requests_app.models import (
    CallAttempt,
    CallBack,
    DisclosureRequest,
    Evidence,
    IdentityCheck,
    PostCode,
    RequestEvent,
)
from requests_app.services import call_backs, counter, post_codes
from requests_app.services.errors import CallRefused, EvidenceRefused, MeansNotOffered, NotAllowed
from requests_app.tasks import sweep
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
RIGHT: dict[str, Any] = {"outcome": "confirmed", "asked": ["name", "order"], "matched": ["name", "order"]}
NOBODY: dict[str, Any] = {"outcome": "no_answer", "asked": [], "matched": []}


@pytest.fixture(autouse=True)
def _rule(db: None) -> None:
    OperatorFactory(identity_means=["post_code", "call_back", "counter"])
    RequestRuleFactory()


def of_somebody(**more: Any) -> tuple[DisclosureRequest, Customer]:
    """A request whose facts were unclear, from the registered mail address of a customer."""
    customer = CustomerFactory(email="hanako@post.example")
    request = RequestFactory.in_identity_review(applicant=PersonFactory(email=customer.email), **more)
    return request, customer


def announced(**more: Any) -> tuple[DisclosureRequest, Customer]:
    request, customer = of_somebody(**more)
    call_backs.announce(request=request, actor=StaffFactory(), customer=customer, now=NOW)
    return request, customer


def called(request: DisclosureRequest, now: datetime = NOW, **values: Any) -> CallAttempt:
    values = {**NOBODY, "next_on": None, **values}
    return call_backs.record(request=request, actor=StaffFactory(), now=now, **values)


def level_of(level: int) -> None:
    RequestRule.objects.update(identity_level=level)


class TestTheTable:
    def test_the_ordinary_way_of_each_level_reaches_it_and_no_more(self) -> None:
        for level, means in ORDINARY.items():
            assert reached(means) == level
        assert set(ORDINARY) == set(Level) - {Level.NONE}

    def test_what_else_reaches_a_level_is_what_the_operator_uses(self) -> None:
        every = list(Means)
        assert otherwise(2, every) == [m for m in MEANS if m not in (Means.EMAIL_CODE, Means.FACTS)]
        assert otherwise(2, ALWAYS) == [Means.DOCUMENTS]
        assert otherwise(3, every) == [Means.COUNTER]
        assert otherwise(3, ALWAYS) == []
        # With neither the code nor the facts a call is nothing.
        assert Means.CALL_BACK not in otherwise(2, [Means.CALL_BACK])

    def test_every_means_is_a_method_of_a_check(self) -> None:
        methods = set(IdentityCheck.Method.values) - {IdentityCheck.Method.STAFF}
        # Copies are rows of their own (``Evidence``), which staff judge.
        assert methods == {means.value for means in Means} - {Means.DOCUMENTS.value}


class TestAnnouncing:
    def test_the_person_is_told_and_the_clock_goes_on(self) -> None:
        request, customer = announced()
        assert request.status == Status.IDENTITY_REVIEW
        row = CallBack.objects.get()
        assert (row.customer, row.ended_at) == (customer, None)
        assert OutgoingMail.objects.get().template == "request_call_back"
        event = RequestEvent.objects.get(kind=Event.CALL_ANNOUNCED)
        assert event.public
        assert AuditEntry.objects.get(action="identity.call_announced").detail == {"customer": str(customer.pk)}

    def test_the_same_is_seen_where_nobody_is_registered(self) -> None:
        seen = []
        for customer in (CustomerFactory(), None):
            request = RequestFactory.in_identity_review()
            call_backs.announce(request=request, actor=StaffFactory(), customer=customer, now=NOW)
            request.refresh_from_db()
            mail = OutgoingMail.objects.get(user=request.applicant)
            words = mail.body_text.replace(request.receipt_number, "·")
            events = list(request.events.filter(public=True).values_list("kind", "data", "actor_kind"))
            seen.append((request.status, request.target_on, mail.template, mail.language, words, events))
        assert seen[0] == seen[1]

    @pytest.mark.parametrize("lacking", [{"telephone": ""}, {"status": Customer.Status.ERASED}])
    def test_nobody_without_a_number(self, lacking: dict[str, Any]) -> None:
        request, customer = RequestFactory.in_identity_review(), CustomerFactory()
        for field, value in lacking.items():
            setattr(customer, field, value)
        with pytest.raises(CallRefused):
            call_backs.announce(request=request, actor=StaffFactory(), customer=customer, now=NOW)
        assert not CallBack.objects.exists()

    def test_not_at_a_number_that_was_put_there_lately(self) -> None:
        """Whoever took over a mailbox changes the number first and is called on their own telephone."""
        request, customer = announced()
        changed(customer, NOW - rules.SETTLED_AFTER)
        changed(customer, NOW, item="address")
        assert called(request).position == 1
        later = NOW + timedelta(days=5)
        changed(customer, NOW + timedelta(days=1))
        for verb in (lambda: called(request, later), lambda: show(request, later)):
            with pytest.raises(CallRefused):
                verb()
        assert CallAttempt.objects.count() == 1
        other = RequestFactory.in_identity_review()
        with pytest.raises(CallRefused):
            call_backs.announce(request=other, actor=StaffFactory(), customer=customer, now=later)

    def test_not_by_everybody_nor_at_any_time(self) -> None:
        request, customer = of_somebody()
        with pytest.raises(NotAllowed):
            call_backs.announce(request=request, actor=PersonFactory(), customer=customer, now=NOW)
        for status in (Status.RECEIVED, Status.IN_REVIEW, Status.IDENTITY_WAITING, Status.CLOSED):
            with pytest.raises(TransitionRefused):
                call_backs.announce(
                    request=RequestFactory.in_status(status), actor=StaffFactory(), customer=None, now=NOW
                )

    def test_two_rounds_and_no_more(self) -> None:
        request, customer = announced()
        call_backs.announce(request=request, actor=StaffFactory(), customer=customer, now=NOW)
        assert CallBack.objects.filter(ended_at=None).count() == 1
        with pytest.raises(CallRefused):
            call_backs.announce(request=request, actor=StaffFactory(), customer=customer, now=NOW)


def changed(customer: Customer, at: datetime, item: str = "telephone") -> None:
    CustomerChange.objects.create(
        customer=customer, item=item, before_text="{}", after_text="{}", channel="self", at=at
    )


def show(request: DisclosureRequest, now: datetime = NOW) -> str:
    return call_backs.show_number(request=request, actor=StaffFactory(), now=now)


class TestTheNumber:
    def test_it_is_the_registered_one_and_the_look_is_recorded(self) -> None:
        request, _customer = announced(party={"telephone": "+815099999999"})
        row = call_backs.live(request, NOW)
        assert row is not None
        assert call_backs.masked_number(row) == "•••-••••-••78"
        assert not AuditEntry.objects.filter(action="identity.number_shown").exists()
        assert show(request) == "090-1234-5678"
        entry = AuditEntry.objects.get(action="identity.number_shown")
        assert (entry.object_id, entry.detail) == (str(request.pk), {})

    def test_nothing_is_shown_without_a_round(self) -> None:
        for request in (of_somebody()[0], with_nobody()):
            with pytest.raises(CallRefused):
                show(request)


def with_nobody() -> DisclosureRequest:
    request = RequestFactory.in_identity_review()
    call_backs.announce(request=request, actor=StaffFactory(), customer=None, now=NOW)
    return request


class TestCalling:
    def test_right_answers_behind_the_registered_address_are_enough_for_level_two(self) -> None:
        request, customer = announced(party={"family_name": "別", "telephone": ""})
        attempt = called(request, **RIGHT)
        assert (attempt.called_at, attempt.asked, attempt.matched) == (NOW, ["name", "order"], ["name", "order"])
        request.refresh_from_db()
        assert (request.status, request.customer) == (Status.IN_REVIEW, customer)
        check = IdentityCheck.objects.get(method="call_back")
        assert (check.state, check.level, check.customer) == ("passed", 2, customer)
        assert check.decided_by == attempt.called_by
        assert selectors.identity_confirmed(request)
        assert list(request.events.filter(public=False).values_list("kind", flat=True)) == [Note.CALLED]
        assert [mail.template for mail in OutgoingMail.objects.order_by("created_at")] == [
            "request_call_back",
            "request_identity_confirmed",
        ]
        assert AuditEntry.objects.get(action="identity.called").detail == {"outcome": "confirmed"}

    def test_facts_beside_the_call_are_enough_too(self) -> None:
        customer = CustomerFactory(email="other@post.example")
        request = RequestFactory.in_identity_review()
        call_backs.announce(request=request, actor=StaffFactory(), customer=customer, now=NOW)
        called(request, **RIGHT)
        assert request.status == Status.IN_REVIEW

    @pytest.mark.parametrize("guessed", [False, True])
    def test_a_call_alone_is_not_enough_nor_are_facts_that_were_guessed(self, guessed: bool) -> None:
        customer = CustomerFactory(email="other@post.example")
        party = {} if guessed else {"family_name": "別", "given_name": "人", "telephone": "", "address1": "別"}
        request = RequestFactory.in_identity_review(party=party)
        if guessed:
            IdentityCheck.objects.filter(method="facts").update(findings={"codes": ["too_many_tries"]})
        call_backs.announce(request=request, actor=StaffFactory(), customer=customer, now=NOW)
        called(request, **RIGHT)
        assert request.status == Status.IDENTITY_REVIEW
        assert DisclosureRequest.objects.get(pk=request.pk).customer is None
        assert IdentityCheck.objects.get(method="call_back").state == "supports"
        assert not selectors.identity_confirmed(request)

    @pytest.mark.parametrize(
        ("level", "role", "status"),
        [
            (1, "person", Status.IN_REVIEW),
            (2, "person", Status.IN_REVIEW),
            (3, "person", Status.IDENTITY_REVIEW),
            (1, "mandated_agent", Status.IDENTITY_REVIEW),
            (2, "statutory_agent", Status.IDENTITY_REVIEW),
        ],
    )
    def test_what_it_is_enough_for(self, level: int, role: str, status: Status) -> None:
        level_of(level)
        request, _customer = announced(role=role)
        called(request, **RIGHT)
        assert request.status == status

    def test_a_wrong_answer_ends_it(self) -> None:
        request, _customer = announced()
        called(request, outcome="not_matched", asked=["name", "order"], matched=["name"])
        assert request.status == Status.IDENTITY_REVIEW
        assert IdentityCheck.objects.get(method="call_back").state == "failed"
        with pytest.raises(CallRefused):
            called(request, **RIGHT)

    def test_nobody_is_there_three_times(self) -> None:
        request, _customer = announced()
        days = []
        now = NOW
        for outcome in ("no_answer", "somebody_else"):
            attempt = called(request, now, outcome=outcome)
            assert attempt.next_on is not None
            days.append(attempt.next_on)
            with pytest.raises(CallRefused):
                called(request, now, **RIGHT)
            now = datetime(attempt.next_on.year, attempt.next_on.month, attempt.next_on.day, 3, tzinfo=UTC)
        # A Friday; Monday is a holiday.
        assert days == [date(2026, 11, 24), date(2026, 11, 25)]
        assert called(request, now).next_on is None
        assert IdentityCheck.objects.get(method="call_back").state == "unclear"
        assert CallBack.objects.get().ended_at == now
        assert {mail.template for mail in OutgoingMail.objects.all()} == {"request_call_back"}

    def test_another_day_may_be_chosen_but_not_any(self) -> None:
        request, _customer = announced()
        for day in (TODAY, TODAY + timedelta(days=15)):
            with pytest.raises(CallRefused) as refused:
                called(request, next_on=day)
            assert refused.value.field == "next_on"
        assert called(request, next_on=TODAY + timedelta(days=7)).next_on == TODAY + timedelta(days=7)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"outcome": "perhaps"}, "outcome"),
            ({"outcome": "no_answer", "asked": ["name"]}, "asked"),
            ({**RIGHT, "asked": ["order", "address"], "matched": ["order", "address"]}, "asked"),
            ({**RIGHT, "asked": ["name"], "matched": ["name"]}, "asked"),
            ({**RIGHT, "matched": ["name"]}, "matched"),
            ({**RIGHT, "matched": ["name", "address"]}, "matched"),
            ({**RIGHT, "asked": ["name", "shoe"], "matched": ["name", "shoe"]}, "matched"),
            ({**RIGHT, "outcome": "not_matched"}, "matched"),
            ({**NOBODY, "outcome": "not_matched"}, "matched"),
        ],
    )
    def test_a_record_that_cannot_be(self, values: dict[str, Any], field: str) -> None:
        request, _customer = announced()
        with pytest.raises(CallRefused) as refused:
            called(request, **values)
        assert refused.value.field == field
        assert not CallAttempt.objects.exists()
        assert not AuditEntry.objects.filter(action="identity.called").exists()

    def test_the_database_refuses_it_too(self) -> None:
        announced()
        bad: list[dict[str, Any]] = [
            {"position": 4, "outcome": "no_answer"},
            {"position": 1, "outcome": "no_answer", "asked": ["name"]},
            {"position": 1, "outcome": "confirmed", "asked": ["name"], "matched": ["name"]},
            {"position": 1, "outcome": "confirmed", "asked": ["name", "order"], "matched": ["name"]},
            {"position": 1, "outcome": "not_matched", "asked": ["name"], "matched": ["order"]},
        ]
        for values in bad:
            with pytest.raises(IntegrityError), transaction.atomic():
                CallAttempt.objects.create(call_back=CallBack.objects.get(), **values)

    def test_who_may_and_what_is_there(self) -> None:
        request, _customer = announced()
        stranger = PersonFactory()
        with pytest.raises(NotAllowed):
            call_backs.record(request=request, actor=stranger, now=NOW, next_on=None, **RIGHT)
        with pytest.raises(NotAllowed):
            call_backs.show_number(request=request, actor=stranger, now=NOW)
        for other in (of_somebody_else(), with_nobody()):
            with pytest.raises(CallRefused):
                called(other, **RIGHT)


def of_somebody_else() -> DisclosureRequest:
    return RequestFactory.in_identity_review()


class TestTheEnd:
    def test_the_worker_gives_up_what_nobody_did(self) -> None:
        request, _customer = announced()
        CallBack.objects.update(announced_at=datetime.now(UTC) - rules.LIFETIME + timedelta(hours=1))
        sweep()
        assert CallBack.objects.get().ended_at is None
        CallBack.objects.update(announced_at=datetime.now(UTC) - rules.LIFETIME)
        sweep()
        sweep()
        assert CallBack.objects.get().ended_at is not None
        assert request.events.filter(kind=Note.CALL_ENDED, public=False).count() == 1
        assert AuditEntry.objects.get(action="identity.call_ended").actor == "worker"

    def test_and_what_identity_no_longer_needs(self) -> None:
        request, _customer = announced()
        CallBack.objects.update(announced_at=datetime.now(UTC))
        DisclosureRequest.objects.filter(pk=request.pk).update(status=Status.WITHDRAWN, closed_at=NOW)
        sweep()
        assert CallBack.objects.get().ended_at is not None


SEEN: dict[str, Any] = {
    "document": "driving_licence",
    "seen_on": TODAY,
    "place": "本店の窓口",
    "checks": ["name", "photo", "in_date"],
    "reason": "",
}


def shown(request: DisclosureRequest, customer: Customer | None, **values: Any) -> IdentityCheck:
    return counter.seen(request=request, actor=StaffFactory(), customer=customer, now=NOW, **{**SEEN, **values})


class TestAtTheCounter:
    @pytest.mark.parametrize("level", [1, 2, 3])
    def test_it_is_enough_for_every_level(self, level: int) -> None:
        level_of(level)
        request, customer = of_somebody()
        check = shown(request, customer)
        request.refresh_from_db()
        assert (request.status, request.customer) == (Status.IN_REVIEW, customer)
        assert (check.method, check.state, check.level) == ("counter", "passed", 3)
        document = Evidence.objects.get()
        assert (document.way, document.state, document.came_on) == ("counter", "checked", TODAY)
        assert (document.place, document.pages.count()) == ("本店の窓口", 0)
        judgement = document.judgements.get()
        assert (judgement.proofs, judgement.judged_by) == (["principal"], check.decided_by)
        assert AuditEntry.objects.get(action="identity.seen_at_counter").detail["customer"] == str(customer.pk)
        assert request.events.filter(kind=Note.SEEN_AT_COUNTER, public=False).exists()

    def test_while_documents_are_awaited_the_request_goes_on(self) -> None:
        level_of(3)
        request = RequestFactory.waiting_for_identity()
        shown(request, CustomerFactory())
        assert DisclosureRequest.objects.get().status == Status.IN_REVIEW

    def test_without_a_customer_staff_look_further(self) -> None:
        request, _customer = of_somebody()
        assert shown(request, None).state == "supports"
        assert request.status == Status.IDENTITY_REVIEW

    def test_an_agent_is_not_passed_by_the_person_coming(self) -> None:
        request, customer = of_somebody(role="mandated_agent")
        assert shown(request, customer).state == "supports"
        assert DisclosureRequest.objects.get().status == Status.IDENTITY_REVIEW

    def test_a_document_that_was_not_enough(self) -> None:
        request, customer = of_somebody()
        assert shown(request, customer, reason="out_of_date", checks=[]).state == "failed"
        assert Evidence.objects.get().state == "rejected"
        assert DisclosureRequest.objects.get().status == Status.IDENTITY_REVIEW
        assert DisclosureRequest.objects.get().customer is None

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            # Without a photograph nobody sees who came.
            ({"document": "eligibility_certificate"}, "document"),
            ({"document": "mandate"}, "document"),
            ({"checks": ["name", "in_date"]}, "checks"),
            ({"seen_on": TODAY + timedelta(days=1)}, "came_on"),
            ({"place": "免許証 123456789012"}, "place"),
            ({"place": "あ" * 101}, "place"),
            ({"reason": "because"}, "reason"),
        ],
    )
    def test_what_is_refused_leaves_nothing(self, values: dict[str, Any], field: str) -> None:
        request, customer = of_somebody()
        with pytest.raises(EvidenceRefused) as refused:
            shown(request, customer, **values)
        assert refused.value.field == field
        assert not Evidence.objects.exists()
        assert not IdentityCheck.objects.filter(method="counter").exists()

    def test_not_by_everybody(self) -> None:
        request, customer = of_somebody()
        with pytest.raises(NotAllowed):
            counter.seen(request=request, actor=PersonFactory(), customer=customer, now=NOW, **SEEN)


def test_a_check_of_each_kind_leads_to_the_review_only_from_the_identity_check() -> None:
    def call(request: DisclosureRequest) -> object:
        return called(request, **RIGHT)

    def come(request: DisclosureRequest) -> object:
        return shown(request, CustomerFactory())

    verbs: list[Callable[[DisclosureRequest], object]] = [call, come]
    for status in set(Status) - {Status.IDENTITY_REVIEW, Status.IDENTITY_WAITING}:
        for verb in verbs:
            request = RequestFactory.in_status(status)
            with pytest.raises((CallRefused, EvidenceRefused)):
                verb(request)
            request.refresh_from_db()
            assert request.status == status


def test_every_outcome_is_in_the_rules() -> None:
    assert {outcome for outcome in Outcome if rules.problem(outcome, [], []) is None} == set(Outcome) - rules.SPOKEN


@pytest.mark.parametrize("means", ["post_code", "call_back", "counter"])
def test_a_means_that_the_operator_does_not_use_is_refused_by_its_service(means: str) -> None:
    Operator.objects.update(identity_means=sorted({"post_code", "call_back", "counter"} - {means}))
    forget_operator()
    customer, case = CustomerFactory(), RequestFactory.in_identity_review()
    said = {"request": case, "actor": StaffFactory(), "customer": customer, "now": NOW}
    shown = {
        "document": "driving_licence", "seen_on": NOW.date(), "place": "本店", "checks": ["name", "photo", "in_date"],
        "reason": "",
    }  # fmt: skip
    services: dict[str, Callable[[], object]] = {
        "post_code": lambda: post_codes.order(**said),
        "call_back": lambda: call_backs.announce(**said),
        "counter": lambda: counter.seen(**said, **shown),
    }
    with pytest.raises(MeansNotOffered):
        services[means]()
    case.refresh_from_db()
    assert case.status == Status.IDENTITY_REVIEW
    assert [model.objects.count() for model in (PostCode, CallBack, Evidence)] == [0, 0, 0]
