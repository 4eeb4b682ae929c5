"""What runs unattended: each task once, twice, and after something was lost."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from privacy_portal.core.models import OutgoingMail
from requests_app import selectors, tasks
from requests_app.domain.transitions import Status
from requests_app.models import AnswerFile, DisclosureRequest, RequestDraft
from requests_app.services import identity, intake, nudges, packages
from tests.factories.consent import CustomerFactory, OperatorFactory, RequestRuleFactory
from tests.factories.requests import RECEIVED_AT, PersonFactory, RequestFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def operator() -> None:
    OperatorFactory()
    RequestRuleFactory()


def status_of(request: DisclosureRequest) -> str:
    return DisclosureRequest.objects.get(pk=request.pk).status


def test_verifying_twice_is_verifying_once() -> None:
    person = PersonFactory()
    CustomerFactory(email=person.email)
    request = RequestFactory.received(applicant=person)
    for _time in range(2):
        tasks.verify_identity(str(request.pk))
    assert status_of(request) == Status.IN_REVIEW
    assert OutgoingMail.objects.count() == 1


def test_fulfilling_twice_is_fulfilling_once() -> None:
    request = RequestFactory.fulfilling()
    for _time in range(2):
        tasks.fulfil(str(request.pk))
    assert status_of(request) == Status.ANSWERED
    assert AnswerFile.objects.filter(request=request).count() == 2


class TestSweep:
    def test_takes_up_what_was_lost(self) -> None:
        now = timezone.now()
        new = RequestFactory.received()
        decided = RequestFactory.fulfilling(status_changed_at=now - timedelta(hours=1))
        just_decided = RequestFactory.fulfilling(status_changed_at=now)
        answered = RequestFactory.answered(answered_at=now - timedelta(days=settings.REQUEST_CLOSE_AFTER_DAYS))
        recent = RequestFactory.answered(answered_at=now - timedelta(days=settings.REQUEST_CLOSE_AFTER_DAYS - 1))
        untouched = now - timedelta(days=settings.REQUEST_DRAFT_DAYS + 1)
        intake.save_draft(user=PersonFactory(), request_type="disclosure", answers={}, now=untouched)
        tasks.sweep()
        assert status_of(new) == Status.IDENTITY_REVIEW
        assert status_of(decided) == Status.ANSWERED
        assert status_of(just_decided) == Status.FULFILLING
        assert status_of(answered) == Status.CLOSED
        assert status_of(recent) == Status.ANSWERED
        assert not RequestDraft.objects.exists()

    def test_reminds_warns_and_ends_what_the_person_owes(self) -> None:
        request = RequestFactory.waiting()
        warned_at = RECEIVED_AT + timedelta(days=31)
        with time_machine.travel(warned_at, tick=False):
            for _twice in range(2):
                tasks.sweep()
        assert OutgoingMail.objects.get().template == "request_closing_soon"
        OutgoingMail.objects.update(state="sent", sent_at=warned_at)
        with time_machine.travel(warned_at + timedelta(days=15), tick=False):
            tasks.sweep()
        assert status_of(request) == Status.CLOSED

    def test_a_second_one_changes_nothing(self) -> None:
        RequestFactory.received()
        tasks.sweep()
        mails = OutgoingMail.objects.count()
        tasks.sweep()
        assert OutgoingMail.objects.count() == mails == 1

    def test_erases_answers_whose_time_is_over(self) -> None:
        request = RequestFactory.fulfilling()
        tasks.fulfil(str(request.pk))
        AnswerFile.objects.update(expires_at=timezone.now())
        tasks.sweep()
        assert not AnswerFile.objects.filter(file__erased_at=None).exists()

    def test_one_that_fails_does_not_keep_the_others(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken = RequestFactory.received(party={"family_name": "秘密"}, status_changed_at=timezone.now())
        fine = RequestFactory.received()
        whole = identity.verify

        def verify(**values: object) -> object:
            if values["request_id"] == broken.pk:
                raise RuntimeError("broken")
            return whole(**values)  # type: ignore[arg-type]

        monkeypatch.setattr(identity, "verify", verify)
        tasks.sweep()
        assert (status_of(broken), status_of(fine)) == (Status.RECEIVED, Status.IDENTITY_REVIEW)
        assert str(broken.pk) in caplog.text
        assert "秘密" not in caplog.text


@pytest.mark.parametrize(("request_type", "status"), [("disclosure", "identity_review"), ("inquiry", "in_review")])
def test_a_request_that_can_never_be_compared_goes_to_staff(
    monkeypatch: pytest.MonkeyPatch, request_type: str, status: str
) -> None:
    """Whoever sent it is told what everybody is told, and no try is counted against them."""
    now = timezone.now()
    request = RequestFactory.received(request_type=request_type, status_changed_at=now)

    def broken(**_values: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(identity, "verify", broken)
    with time_machine.travel(now + timedelta(minutes=9), tick=False):
        tasks.sweep()
    assert status_of(request) == Status.RECEIVED
    for minutes in (11, 12):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            tasks.sweep()
    assert status_of(request) == status
    assert request.applicant is not None
    assert identity.unclear_tries(request.applicant, now) == 0
    if status == "identity_review":
        check = request.identity_checks.get(method="facts")
        assert (check.state, check.findings["codes"]) == ("failed", ["not_compared"])


def test_those_that_always_fail_go_to_the_end_of_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    broken = [RequestFactory.fulfilling(status_changed_at=hour_ago - timedelta(hours=1)) for _ in range(2)]
    fine = RequestFactory.fulfilling(status_changed_at=hour_ago)
    whole = packages.write_package

    def write(**values: Any) -> None:
        if values["request"] in broken:
            raise RuntimeError("broken")
        whole(**values)

    monkeypatch.setattr(packages, "write_package", write)
    monkeypatch.setattr(tasks, "BATCH", 2)
    tasks.sweep()
    assert status_of(fine) == Status.FULFILLING
    tasks.sweep()
    assert status_of(fine) == Status.ANSWERED
    # They are tried again, later, and the queue shows them meanwhile.
    later = timezone.now() + timedelta(minutes=3)
    assert set(selectors.to_fulfil(before=later, limit=9)) == {one.pk for one in broken}
    assert selectors.dashboard_counts(timezone.now())["stuck"] == 2


def test_what_services_nudge_is_what_workers_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services name tasks, because they cannot import them; only the request's key travels."""
    from privacy_portal.celery import app

    app.loader.import_default_modules()
    sent: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(
        "privacy_portal.core.nudge.app.send_task", lambda name, args, **options: sent.append((name, args))
    )
    request = RequestFactory.received()
    nudges.verify_identity(request)
    nudges.fulfil(request)
    assert [args for _name, args in sent] == [[str(request.pk)]] * 2
    assert {name for name, _args in sent} <= set(app.tasks)
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)
