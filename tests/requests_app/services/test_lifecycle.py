"""Withdrawing, closing, reopening."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission

from privacy_portal.core.models import EncryptedFile, OutgoingMail, User
from requests_app.admin.steps import BY_CODE
from requests_app.domain.transitions import Actor, Event, Status, TransitionRefused, possible_events
from requests_app.models import AnswerFile, Decision, DisclosureRequest, DownloadGrant
from requests_app.services import decisions, lifecycle
from requests_app.services.errors import NotAllowed
from tests.factories.requests import DecisionFactory, PersonFactory, RequestFactory, StaffFactory

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


class TestWithdraw:
    @pytest.mark.parametrize("status", Status)
    def test_by_the_person_until_it_is_decided(self, status: Status) -> None:
        request = RequestFactory.in_status(status)
        if Event.WITHDRAWN in possible_events(status, Actor.PERSON):
            row = lifecycle.withdraw(request=request, actor=request.applicant, now=NOW)
            assert (row.status, row.closed_at) == (Status.WITHDRAWN, NOW)
            assert OutgoingMail.objects.get().template == "request_withdrawn"
        else:
            with pytest.raises(TransitionRefused):
                lifecycle.withdraw(request=request, actor=request.applicant, now=NOW)

    def test_not_by_somebody_else(self) -> None:
        for actor in (PersonFactory(), StaffFactory()):
            with pytest.raises(NotAllowed):
                lifecycle.withdraw(request=RequestFactory.in_review(), actor=actor, now=NOW)


class TestRecordedWithdrawal:
    @pytest.mark.parametrize("status", Status)
    def test_staff_write_down_what_came_by_letter_until_it_is_decided(self, status: Status) -> None:
        if Event.WITHDRAWN not in possible_events(status, Actor.STAFF):
            assert Event.WITHDRAWN not in possible_events(status, Actor.PERSON)
            return
        request = RequestFactory.by_letter(status)
        row = lifecycle.record_withdrawal(request=request, actor=StaffFactory(), now=NOW)
        assert (row.status, row.closed_at) == (Status.WITHDRAWN, NOW)
        assert request.events.get(kind=Event.WITHDRAWN).actor_kind == Actor.STAFF
        assert not OutgoingMail.objects.exists()

    def test_nobody_ends_the_request_of_somebody_with_an_account(self) -> None:
        request = RequestFactory.in_review()
        with pytest.raises(NotAllowed):
            lifecycle.record_withdrawal(request=request, actor=StaffFactory(), now=NOW)
        assert DisclosureRequest.objects.get().status == Status.IN_REVIEW

    def test_whoever_may_not_decide_may_not_record_it(self) -> None:
        handler = StaffFactory(is_superuser=False)
        with pytest.raises(NotAllowed):
            lifecycle.record_withdrawal(request=RequestFactory.by_letter(Status.IN_REVIEW), actor=handler, now=NOW)


class TestClose:
    def test_by_staff(self) -> None:
        request = RequestFactory.answered()
        lifecycle.close(request=request, actor=StaffFactory(), now=NOW)
        assert (request.status, request.closed_at) == (Status.CLOSED, NOW)

    def test_not_by_the_person(self) -> None:
        request = RequestFactory.answered()
        with pytest.raises(NotAllowed):
            lifecycle.close(request=request, actor=request.applicant, now=NOW)

    def test_by_itself_when_its_time_is_over(self, settings) -> None:  # type: ignore[no-untyped-def]
        settings.REQUEST_CLOSE_AFTER_DAYS = 60
        request = RequestFactory.answered(answered_at=NOW)
        day = NOW + timedelta(days=60)
        assert not lifecycle.close_when_due(request_id=request.pk, now=day - timedelta(seconds=1))
        assert lifecycle.close_when_due(request_id=request.pk, now=day)
        assert not lifecycle.close_when_due(request_id=request.pk, now=day)
        assert DisclosureRequest.objects.get().status == Status.CLOSED
        assert OutgoingMail.objects.get().template == "request_closed"

    def test_what_was_reopened_does_not_close_by_itself(self) -> None:
        request = RequestFactory.answered(answered_at=NOW)
        lifecycle.reopen(request=request, actor=StaffFactory(), now=NOW)
        assert not lifecycle.close_when_due(request_id=request.pk, now=NOW + timedelta(days=365))

    def test_an_unknown_request_is_nothing_to_do(self) -> None:
        assert not lifecycle.close_when_due(request_id=uuid.uuid4(), now=NOW)


def answer_of(request: DisclosureRequest) -> tuple[AnswerFile, DownloadGrant]:
    answer = AnswerFile.objects.create(
        request=request,
        decision=request.decisions.get(),
        kind=AnswerFile.Kind.LETTER,
        file=EncryptedFile.objects.create(name="notice.pdf", content_type="application/pdf"),
        expires_at=NOW + timedelta(days=30),
    )
    grant = DownloadGrant.objects.create(
        answer_file=answer, user=request.applicant, expires_at=NOW + timedelta(minutes=10)
    )
    return answer, grant


class TestReopen:
    @pytest.mark.parametrize("status", [Status.ANSWERED, Status.READY_TO_POST])
    def test_needs_a_new_decision(self, status: Status) -> None:
        request = RequestFactory.in_status(status)
        lifecycle.reopen(request=request, actor=StaffFactory(), now=NOW)
        assert request.status == Status.IN_REVIEW
        assert Decision.objects.get().superseded_at == NOW
        assert OutgoingMail.objects.get().template == "request_reopened"

    def test_what_was_answered_cannot_be_opened_any_more(self) -> None:
        request = RequestFactory.answered()
        answer, grant = answer_of(request)
        other_answer, other_grant = answer_of(RequestFactory.answered())
        lifecycle.reopen(request=request, actor=StaffFactory(), now=NOW)
        for row in (answer, grant, other_answer, other_grant):
            row.refresh_from_db()
        assert answer.expires_at == grant.expires_at == NOW
        assert other_answer.expires_at > NOW
        assert other_grant.expires_at > NOW

    def test_identity_that_was_never_confirmed_is_asked_again(self) -> None:
        """Answering "not confirmed" and reopening must not be a way past the check."""
        request = RequestFactory.in_identity_review()
        DecisionFactory(request=request, outcome="identity_not_confirmed", article="37(1)")
        DisclosureRequest.objects.filter(pk=request.pk).update(status=Status.ANSWERED, answered_at=NOW)
        request.refresh_from_db()
        lifecycle.reopen(request=request, actor=StaffFactory(), now=NOW)
        assert request.status == Status.IDENTITY_REVIEW
        assert decisions.allowed_outcomes(request) == [Decision.Outcome.IDENTITY_NOT_CONFIRMED]

    @pytest.mark.parametrize("status", sorted(set(Status) - {Status.ANSWERED, Status.READY_TO_POST}))
    def test_nothing_else_can_be_reopened(self, status: Status) -> None:
        with pytest.raises(TransitionRefused):
            lifecycle.reopen(request=RequestFactory.in_status(status), actor=StaffFactory(), now=NOW)

    def test_not_without_the_permission(self) -> None:
        with pytest.raises(NotAllowed):
            lifecycle.reopen(request=RequestFactory.answered(), actor=StaffFactory(is_superuser=False), now=NOW)


@pytest.mark.django_db
def test_closing_asks_for_the_permission_that_its_button_asks_for() -> None:
    request = RequestFactory.answered()
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.set(Permission.objects.filter(codename="change_disclosurerequest"))
    with pytest.raises(NotAllowed):
        lifecycle.close(request=request, actor=clerk, now=NOW)
    clerk = User.objects.get(pk=clerk.pk)
    clerk.user_permissions.add(Permission.objects.get(codename="decide_request"))
    lifecycle.close(request=request, actor=clerk, now=NOW)
    assert BY_CODE["close"].permission == "requests_app.decide_request"
