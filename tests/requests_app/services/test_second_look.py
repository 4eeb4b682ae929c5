"""One person proposes, another one approves or returns: never the same, and never what has changed since."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction

from consent_app.models import Customer, SecondLookRule
from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from requests_app import selectors
from requests_app.domain.instructions import Event, Kind
from requests_app.domain.transitions import Status, TransitionRefused
from requests_app.models import Decision, DecisionProposal, DisclosureRequest, RequestEvent
from requests_app.services import decisions, effects, fulfilment, instructions, lifecycle, messages, notes, second_look
from requests_app.services.decisions import Proposal
from requests_app.services.errors import (
    InvalidDecision,
    InvalidRemark,
    NoSecondPerson,
    NotAllowed,
    OwnProposal,
    ProposalSettled,
    ProposalStale,
    SecondLookNeeded,
)
from tests.factories.consent import CustomerFactory, DataItemFactory, OperatorFactory, catalogue
from tests.factories.instructions import sent
from tests.factories.requests import RequestFactory, StaffFactory
from tests.support.concurrency import run_at_once

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
Outcome, State = Decision.Outcome, DecisionProposal.State
REFUSAL = Proposal(Outcome.REFUSED, ground="harm_to_person", reason="ほかの方の情報です。")


def rule(request_type: str = "disclosure", *outcomes: str) -> SecondLookRule:
    return SecondLookRule.objects.create(code=request_type, outcomes=list(outcomes or (Outcome.REFUSED,)))


def propose(request: DisclosureRequest, actor: User | None = None, proposal: Proposal = REFUSAL) -> DecisionProposal:
    return second_look.propose(request=request, actor=actor or StaffFactory(), proposal=proposal, now=NOW)


def approve(proposal: DecisionProposal, actor: User | None = None) -> Decision:
    return second_look.approve(proposal=proposal, actor=actor or StaffFactory(), now=LATER)


@pytest.mark.django_db
class TestWhenItIsNeeded:
    @pytest.mark.parametrize("outcome", Outcome)
    @pytest.mark.parametrize("request_type", ["disclosure", "erasure"])
    def test_what_the_operator_chose_and_nothing_else(self, request_type: str, outcome: str) -> None:
        rule("disclosure", Outcome.REFUSED, Outcome.PARTLY)
        chosen = request_type == "disclosure" and outcome in (Outcome.REFUSED, Outcome.PARTLY)
        assert selectors.needs_second_look(request_type, outcome) is chosen

    def test_nobody_decides_alone_what_needs_it(self) -> None:
        rule()
        request = RequestFactory.in_review()
        with pytest.raises(SecondLookNeeded):
            decisions.decide(request=request, actor=StaffFactory(), proposal=REFUSAL, now=NOW)
        assert not Decision.objects.exists()
        decisions.decide(request=request, actor=StaffFactory(), proposal=Proposal(Outcome.GRANTED), now=NOW)
        assert Decision.objects.get().outcome == Outcome.GRANTED


@pytest.mark.django_db
class TestPropose:
    def test_nothing_happens_yet_and_the_others_are_told(self) -> None:
        request, one, other = RequestFactory.in_review(), StaffFactory(), StaffFactory(language="en")
        StaffFactory(is_superuser=False)
        held = propose(request, one)
        request.refresh_from_db()
        assert (request.status, Decision.objects.count()) == (Status.IN_REVIEW, 0)
        assert (held.state, held.proposed_by, held.reason) == (State.OPEN, one, "ほかの方の情報です。")
        mail = OutgoingMail.objects.get()
        assert (mail.template, mail.recipient, mail.language) == ("decision_proposed", other.email, "en")
        assert request.receipt_number in mail.subject
        assert f"/admin/requests_app/disclosurerequest/{request.pk}/" in mail.body_text
        assert "ほかの方" not in mail.body_text
        entry = RequestEvent.objects.latest("pk")
        assert (entry.kind, entry.public, entry.to_status) == ("decision_proposed", False, Status.IN_REVIEW)
        detail = {"outcome": "refused", "ground": "harm_to_person", "proposal": str(held.pk)}
        assert AuditEntry.objects.get(action="decision.proposed").detail == detail
        assert selectors.open_proposal(request) == held

    def test_it_is_checked_like_a_decision(self) -> None:
        StaffFactory()
        with pytest.raises(InvalidDecision) as wrong:
            propose(RequestFactory.in_review(), proposal=Proposal(Outcome.REFUSED, ground="harm_to_person"))
        assert wrong.value.field == "reason"
        assert not DecisionProposal.objects.exists()

    def test_where_nobody_else_may_approve_it_would_wait_for_ever(self) -> None:
        StaffFactory(is_superuser=False)
        StaffFactory(is_active=False)
        with pytest.raises(NoSecondPerson):
            propose(RequestFactory.in_review())
        assert not DecisionProposal.objects.exists()

    def test_a_new_one_takes_the_place_of_the_one_that_waits(self) -> None:
        request, one = RequestFactory.in_review(), StaffFactory()
        StaffFactory()
        first = propose(request, one)
        second = propose(request, one)
        first.refresh_from_db()
        assert (first.state, selectors.open_proposal(request)) == (State.REPLACED, second)
        with pytest.raises(ProposalSettled):
            approve(first)

    def test_needs_the_permission_to_decide(self) -> None:
        with pytest.raises(NotAllowed):
            propose(RequestFactory.in_review(), StaffFactory(is_superuser=False))


@pytest.mark.django_db
class TestApprove:
    def test_now_it_is_decided_and_answered(self) -> None:
        OperatorFactory()
        item = DataItemFactory(code="gender")
        rule("disclosure", Outcome.PARTLY)
        request, one, other = RequestFactory.in_review(), StaffFactory(), StaffFactory()
        partly = Proposal(Outcome.PARTLY, ground="harm_to_person", reason="ほかの方の情報です。", withheld_items=[item])
        held = propose(request, one, partly)
        decision = approve(held, other)
        held.refresh_from_db()
        assert (held.state, held.settled_by, held.settled_at) == (State.APPROVED, other, LATER)
        assert (decision.outcome, decision.ground, decision.decided_by) == (Outcome.PARTLY, "harm_to_person", other)
        assert (decision.proposal, decision.article) == (held, "33(3)")
        assert list(decision.withheld_items.all()) == [item]
        assert OutgoingMail.objects.filter(template="request_decided").count() == 1
        assert fulfilment.fulfil(request_id=request.pk, now=LATER)
        request.refresh_from_db()
        assert request.status == Status.ANSWERED
        actions = set(AuditEntry.objects.values_list("action", flat=True))
        assert {"decision.proposed", "decision.approved", "decision.made"} <= actions

    def test_never_the_same_person(self) -> None:
        one = StaffFactory()
        StaffFactory()
        held = propose(RequestFactory.in_review(), one)
        with pytest.raises(OwnProposal):
            approve(held, one)
        with pytest.raises(OwnProposal):
            second_look.send_back(proposal=held, actor=one, remark="やめます", now=LATER)
        assert AuditEntry.objects.filter(action="request.denied").count() == 2
        assert not Decision.objects.exists()

    def test_the_database_refuses_it_too(self) -> None:
        one = StaffFactory()
        StaffFactory()
        held = propose(RequestFactory.in_review(), one)
        with pytest.raises(IntegrityError, match="proposal_second_person_is_another"), transaction.atomic():
            DecisionProposal.objects.filter(pk=held.pk).update(state=State.APPROVED, settled_by=one, settled_at=NOW)

    def test_needs_its_own_permission_and_nobody_approves_what_is_about_them(self) -> None:
        clerk, person = StaffFactory(is_superuser=False), StaffFactory()
        clerk.user_permissions.set(Permission.objects.filter(codename="decide_request"))
        StaffFactory()
        held = propose(RequestFactory.in_review(applicant=person))
        for actor in (clerk, person):
            with pytest.raises(NotAllowed):
                approve(held, actor)
        clerk.user_permissions.set(Permission.objects.filter(codename="approve_decision"))
        assert approve(held, User.objects.get(pk=clerk.pk)).decided_by == clerk

    def test_not_after_the_person_took_the_request_back(self) -> None:
        StaffFactory()
        request = RequestFactory.in_review()
        held = propose(request)
        lifecycle.withdraw(request=request, actor=request.applicant, now=NOW)
        with pytest.raises(TransitionRefused):
            approve(held)
        assert not Decision.objects.exists()
        assert selectors.open_proposal(request) is None

    @pytest.mark.parametrize("change", ["data", "message", "question", "author"])
    def test_what_changed_has_to_be_proposed_anew(self, change: str) -> None:
        StaffFactory()
        request, author = RequestFactory.in_review(), StaffFactory()
        held = propose(request, author)
        assert not second_look.is_stale(held, NOW)
        if change == "data":
            Customer.objects.filter(pk=request.customer.pk).update(updated_at=LATER)
        elif change == "message":
            messages.write(request=request, actor=request.applicant, body="やはり急ぎません。", now=LATER)
        elif change == "question":
            messages.ask(request=request, actor=author, body="いつのご注文ですか。", now=LATER)
        else:
            author.delete()
        held.refresh_from_db()
        assert second_look.is_stale(held, LATER)
        with pytest.raises(ProposalStale):
            approve(held)
        held.refresh_from_db()
        assert (held.state, held.settled_by) == (State.STALE, None)
        assert not Decision.objects.exists()
        assert RequestEvent.objects.filter(kind="proposal_stale", public=False).count() == 1
        returned = OutgoingMail.objects.filter(template="decision_returned")
        assert [mail.recipient for mail in returned] == ([] if change == "author" else [author.email])

    @pytest.mark.parametrize("change", ["finding", "answer"])
    def test_what_was_found_or_answered_elsewhere_has_to_be_seen_first(self, change: str) -> None:
        StaffFactory()
        request, staff = RequestFactory.in_review(), StaffFactory()
        asked = sent(request, actor=staff, now=NOW, kind=Kind.QUESTION, text="控えはありますか。")
        held = propose(request)
        assert not second_look.is_stale(held, LATER)
        if change == "finding":
            notes.find(request=request, actor=staff, item=None, place="倉庫", result="found", note="", now=LATER)
        else:
            instructions.answer(
                instruction=asked, round=1, event=Event.ANSWERED, text="あります。", done_on=None, now=LATER
            )
        assert second_look.is_stale(held, LATER)

    def test_what_staff_write_or_extend_does_not_make_it_stale(self) -> None:
        StaffFactory()
        request = RequestFactory.in_review()
        held = propose(request)
        messages.write(request=request, actor=StaffFactory(), body="確かめています。", now=LATER)
        assert not second_look.is_stale(held, LATER)

    def test_an_erasure_is_approved_only_as_it_was_seen(self) -> None:
        catalogue()
        StaffFactory()
        request = RequestFactory.in_review(
            request_type="erasure", grounds=["no_longer_needed"], customer=CustomerFactory()
        )
        token = effects.erasure_preview(request, set(), NOW).token
        held = propose(request, proposal=Proposal(Outcome.GRANTED, seen=token))
        DecisionProposal.objects.filter(pk=held.pk).update(seen="0" * 64)
        with pytest.raises(ProposalStale):
            approve(held)
        held = propose(request, proposal=Proposal(Outcome.GRANTED, seen=token))
        assert approve(held).outcome == Outcome.GRANTED


@pytest.mark.django_db
class TestSendBack:
    def test_the_author_finds_the_remark(self) -> None:
        request, one, other = RequestFactory.in_review(), StaffFactory(), StaffFactory()
        held = propose(request, one)
        second_look.send_back(proposal=held, actor=other, remark=" 理由をくわしく。 ", now=LATER)
        held.refresh_from_db()
        assert (held.state, held.settled_by, held.remark) == (State.RETURNED, other, "理由をくわしく。")
        mail = OutgoingMail.objects.get(template="decision_returned")
        assert mail.recipient == one.email
        assert "くわしく" not in mail.body_text
        assert selectors.open_proposal(request) is None
        with pytest.raises(ProposalSettled):
            approve(held, other)
        assert RequestEvent.objects.latest("pk").public is False

    @pytest.mark.parametrize("remark", ["", " \n", "あ" * 1001, "番号は123456789018です"])
    def test_a_remark_that_helps_is_needed(self, remark: str) -> None:
        StaffFactory()
        held = propose(RequestFactory.in_review())
        with pytest.raises(InvalidRemark):
            second_look.send_back(proposal=held, actor=StaffFactory(), remark=remark, now=LATER)
        held.refresh_from_db()
        assert held.state == State.OPEN


@pytest.mark.django_db(transaction=True)
def test_of_an_approval_and_a_return_at_once_one_wins() -> None:
    StaffFactory()
    held = propose(RequestFactory.in_review())
    one, other = StaffFactory(), StaffFactory()

    def attempt(kind: str, actor: User) -> Any:
        mine = DecisionProposal.objects.select_related("request").get(pk=held.pk)
        try:
            if kind == "approve":
                return approve(mine, actor)
            return second_look.send_back(proposal=mine, actor=actor, remark="もう一度", now=LATER)
        except (ProposalSettled, TransitionRefused) as error:
            return error

    results = run_at_once([lambda: attempt("approve", one), lambda: attempt("return", other)])
    lost = [result for result in results if isinstance(result, Exception)]
    assert len(lost) == 1
    held.refresh_from_db()
    assert Decision.objects.count() == (1 if held.state == State.APPROVED else 0)


@pytest.mark.django_db(transaction=True)
def test_of_a_withdrawal_and_an_approval_at_once_one_wins() -> None:
    StaffFactory()
    request = RequestFactory.in_review()
    held, other = propose(request), StaffFactory()

    def withdraw() -> Any:
        mine = DisclosureRequest.objects.get(pk=request.pk)
        try:
            return lifecycle.withdraw(request=mine, actor=request.applicant, now=LATER)  # type: ignore[arg-type]
        except TransitionRefused as error:
            return error

    def decide() -> Any:
        try:
            return approve(DecisionProposal.objects.select_related("request").get(pk=held.pk), other)
        except (ProposalStale, TransitionRefused) as error:
            return error

    results = run_at_once([withdraw, decide])
    assert len([result for result in results if isinstance(result, Exception)]) == 1
    request.refresh_from_db()
    assert request.status == (Status.FULFILLING if Decision.objects.exists() else Status.WITHDRAWN)
