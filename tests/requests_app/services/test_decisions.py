"""What can be decided when, and what a decision must have."""

import threading
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from requests_app.domain.transitions import Status, TransitionRefused
from requests_app.models import Decision, DisclosureRequest
from requests_app.services import decisions, lifecycle
from requests_app.services.errors import InvalidDecision, NotAllowed
from tests.factories.consent import (
    CustomerFactory,
    DataItemFactory,
    OperatorFactory,
    OrderFactory,
    RecipientFactory,
    catalogue,
)
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
Outcome = Decision.Outcome
DECIDABLE = {Status.IDENTITY_REVIEW, Status.IDENTITY_WAITING, Status.IN_REVIEW, Status.WAITING}


def decide(request: DisclosureRequest, outcome: str = Outcome.GRANTED, **changes: object) -> Decision:
    actor = changes.pop("actor", None) or StaffFactory()
    proposal = decisions.Proposal(outcome, **changes)  # type: ignore[arg-type]
    return decisions.decide(request=request, actor=actor, proposal=proposal, now=NOW)  # type: ignore[arg-type]


@pytest.mark.django_db
class TestAllowedOutcomes:
    @pytest.mark.parametrize("status", Status)
    def test_by_status(self, status: Status) -> None:
        expected: list[str] = []
        if status in (Status.IDENTITY_REVIEW, Status.IDENTITY_WAITING):
            expected = [Outcome.IDENTITY_NOT_CONFIRMED]
        elif status in DECIDABLE:
            expected = [Outcome.GRANTED, Outcome.PARTLY, Outcome.REFUSED, Outcome.NOT_VALID]
        assert decisions.allowed_outcomes(RequestFactory.in_status(status)) == expected

    def test_where_nobody_is_registered(self) -> None:
        assert decisions.allowed_outcomes(RequestFactory.in_review(customer=None)) == [
            Outcome.NO_SUCH_DATA,
            Outcome.NOT_VALID,
        ]

    def test_no_such_data_where_nothing_of_what_was_asked_is_held(self) -> None:
        items = catalogue()
        request = RequestFactory.in_review(customer=CustomerFactory(gender=""), wants_everything=False)
        request.wanted_items.set([items["gender"], items["order"]])
        assert Outcome.NO_SUCH_DATA in decisions.allowed_outcomes(request)
        OrderFactory(customer=request.customer)
        assert Outcome.NO_SUCH_DATA not in decisions.allowed_outcomes(request)

    def test_the_recipient_of_a_gift_is_not_told_that_no_data_is_held(self) -> None:
        recipient = RecipientFactory()
        stated = {"family_name": "贈田", "given_name": "先夫", "postal_code": recipient.postal_code}
        request = RequestFactory.in_review(customer=None, party=stated)
        assert decisions.allowed_outcomes(request) == [Outcome.REFUSED, Outcome.NOT_VALID]
        with pytest.raises(InvalidDecision):
            decide(request, Outcome.NO_SUCH_DATA)
        # As a customer of their own, too, who asked for something that is not held about the customer.
        items = catalogue()
        request = RequestFactory.in_review(customer=CustomerFactory(gender=""), party=stated, wants_everything=False)
        request.wanted_items.set([items["gender"]])
        assert Outcome.NO_SUCH_DATA not in decisions.allowed_outcomes(request)

    def test_a_wish_in_words_is_judged_by_staff(self) -> None:
        request = RequestFactory.in_review(wants_everything=False, wanted_note="通話の録音")
        assert Outcome.NO_SUCH_DATA in decisions.allowed_outcomes(request)


@pytest.mark.django_db
class TestDecide:
    def test_writes_the_decision_and_goes_on(self) -> None:
        request, staff = RequestFactory.in_review(), StaffFactory()
        decision = decide(request, actor=staff)
        stored = Decision.objects.get()
        assert (stored.outcome, stored.article, stored.ground, stored.reason) == (Outcome.GRANTED, "33(2)", "", None)
        assert (stored.decided_by, stored.decided_at, stored.superseded_at) == (staff, NOW, None)
        assert request.status == DisclosureRequest.objects.get().status == Status.FULFILLING
        assert [mail.template for mail in OutgoingMail.objects.all()] == ["request_decided"]
        made = AuditEntry.objects.get(action="decision.made")
        assert made.detail == {"outcome": "granted", "decision": str(decision.pk)}
        assert made.actor == f"user:{staff.pk}"

    def test_nudges_the_worker_after_the_commit(self, monkeypatch, django_capture_on_commit_callbacks) -> None:  # type: ignore[no-untyped-def]
        sent: list[tuple[str, list[str]]] = []
        monkeypatch.setattr(
            "privacy_portal.core.nudge.app.send_task", lambda name, args, **options: sent.append((name, args))
        )
        request = RequestFactory.in_review()
        with django_capture_on_commit_callbacks(execute=True):
            decide(request)
            assert not sent
        assert ("requests.fulfil", [str(request.pk)]) in sent

    @pytest.mark.parametrize(
        ("outcome", "article"), [(Outcome.PARTLY, "33(3)"), (Outcome.REFUSED, "33(3)")], ids=["partly", "refused"]
    )
    def test_keeps_ground_and_reason(self, outcome: str, article: str) -> None:
        item = DataItemFactory()
        decide(
            RequestFactory.in_review(),
            outcome,
            ground="harm_to_person",
            reason=" ほかの方の情報です。\r\n",
            withheld_items=[item],
        )
        stored = Decision.objects.get()
        assert (stored.article, stored.ground, stored.reason) == (article, "harm_to_person", "ほかの方の情報です。")
        assert list(stored.withheld_items.all()) == ([item] if outcome == Outcome.PARTLY else [])

    def test_that_identity_is_not_confirmed_names_article_37_and_links_nobody(self) -> None:
        request = RequestFactory.in_identity_review()
        decide(request, Outcome.IDENTITY_NOT_CONFIRMED, reason="資料をいただけませんでした。")
        assert Decision.objects.get().article == "37(1)"
        request.refresh_from_db()
        assert (request.status, request.customer) == (Status.FULFILLING, None)

    def test_no_such_data_names_article_33_3(self) -> None:
        decide(RequestFactory.in_review(customer=None), Outcome.NO_SUCH_DATA)
        assert Decision.objects.get().article == "33(3)"

    def test_drops_the_ground_that_another_outcome_left_in_the_form(self) -> None:
        decide(RequestFactory.in_review(), Outcome.GRANTED, ground="harm_to_person", withheld_items=[DataItemFactory()])
        stored = Decision.objects.get()
        assert stored.ground == ""
        assert not stored.withheld_items.exists()

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"outcome": Outcome.REFUSED, "reason": "理由"}, "ground"),
            ({"outcome": Outcome.REFUSED, "reason": "理由", "ground": "too_much_work"}, "ground"),
            ({"outcome": Outcome.REFUSED, "ground": "other_law_breached", "reason": " \n"}, "reason"),
            ({"outcome": Outcome.REFUSED, "ground": "other_law_breached", "reason": "あ" * 4001}, "reason"),
            (
                {"outcome": Outcome.REFUSED, "ground": "other_law_breached", "reason": "番号は123456789018です"},
                "reason",
            ),
            ({"outcome": Outcome.PARTLY, "ground": "other_law_breached", "reason": "理由"}, "withheld_items"),
            ({"outcome": Outcome.IDENTITY_NOT_CONFIRMED, "reason": "理由"}, "outcome"),
            ({"outcome": Outcome.NO_SUCH_DATA}, "outcome"),
            ({"outcome": "anything"}, "outcome"),
        ],
    )
    def test_refuses_what_is_incomplete_and_writes_nothing(self, changes: dict[str, str], field: str) -> None:
        request = RequestFactory.in_review()
        with pytest.raises(InvalidDecision) as refused:
            decide(request, **changes)
        assert refused.value.field == field
        assert not Decision.objects.exists()
        request.refresh_from_db()
        assert request.status == Status.IN_REVIEW

    def test_identity_not_confirmed_needs_a_reason(self) -> None:
        with pytest.raises(InvalidDecision) as refused:
            decide(RequestFactory.in_identity_review(), Outcome.IDENTITY_NOT_CONFIRMED)
        assert refused.value.field == "reason"

    @pytest.mark.parametrize("status", sorted(set(Status) - DECIDABLE))
    def test_refuses_every_other_status(self, status: Status) -> None:
        request = RequestFactory.in_status(status)
        with pytest.raises(TransitionRefused):
            decide(request)

    def test_after_reopening_a_new_one_supersedes(self) -> None:
        request, staff = RequestFactory.answered(), StaffFactory()
        lifecycle.reopen(request=request, actor=staff, now=NOW)
        new = decide(request)
        assert Decision.objects.get(superseded_at=None) == new
        assert Decision.objects.exclude(pk=new.pk).get().superseded_at == NOW


@pytest.mark.django_db
class TestWhoMayDecide:
    def test_the_permission_is_needed(self) -> None:
        staff = StaffFactory(is_superuser=False)
        with pytest.raises(NotAllowed):
            decide(RequestFactory.in_review(), actor=staff)
        staff.user_permissions.add(Permission.objects.get(codename="decide_request"))
        decide(RequestFactory.in_review(), actor=User.objects.get(pk=staff.pk))

    def test_not_a_customer(self) -> None:
        request = RequestFactory.in_review()
        with pytest.raises(NotAllowed):
            decide(request, actor=request.applicant)
        with pytest.raises(NotAllowed):
            decide(request, actor=PersonFactory(is_superuser=True))

    def test_nobody_about_themselves(self) -> None:
        manager = StaffFactory()
        with pytest.raises(NotAllowed):
            decide(RequestFactory.in_review(applicant=manager), actor=manager)


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_wins() -> None:
    request = RequestFactory.in_review()
    staff = [StaffFactory(), StaffFactory()]
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def act(actor: User) -> None:
        mine = DisclosureRequest.objects.get(pk=request.pk)
        barrier.wait(timeout=10)
        try:
            decide(mine, actor=actor)
            outcomes.append("done")
        except TransitionRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(actor,)) for actor in staff]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(outcomes) == ["done", "refused"]
    assert Decision.objects.count() == OutgoingMail.objects.count() == 1


@pytest.mark.django_db
def test_a_preview_decides_nothing_and_is_recorded() -> None:
    OperatorFactory()
    request, staff = RequestFactory.in_review(), StaffFactory()
    pdf = decisions.preview_letter(
        request=request,
        actor=staff,
        proposal=decisions.Proposal(Outcome.REFUSED, ground="harm_to_person", reason="理由です。"),
        now=NOW,
    )
    assert pdf.startswith(b"%PDF")
    assert not Decision.objects.exists()
    assert AuditEntry.objects.get().action == "decision.previewed"
    request.refresh_from_db()
    assert request.status == Status.IN_REVIEW
