"""Every cell of the table, and what one transition writes."""

import threading
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from django.db import connection

from privacy_portal.core.models import AuditEntry, OutgoingMail, User
from requests_app.domain.transitions import (
    OPEN_STATUSES,
    TRANSITIONS,
    Actor,
    Event,
    Status,
    TransitionRefused,
    next_status,
    possible_events,
)
from requests_app.models import DisclosureRequest, RequestEvent
from requests_app.notifications import TEMPLATES
from requests_app.services import transition
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
CELLS = list(product(Status, Event, Actor))


def actor_for(kind: Actor, request: DisclosureRequest) -> User | None:
    return {Actor.PERSON: request.applicant, Actor.STAFF: StaffFactory(), Actor.WORKER: None}[kind]


@pytest.mark.parametrize(("status", "event", "kind"), CELLS, ids="-".join)
def test_every_cell_of_the_table_follows_it(status: Status, event: Event, kind: Actor) -> None:
    expected = TRANSITIONS.get((status, event, kind))
    if expected is None:
        with pytest.raises(TransitionRefused):
            next_status(status, event, kind)
        assert event not in possible_events(status, kind)
    else:
        assert next_status(status, event, kind) == expected
        assert event in possible_events(status, kind)


@pytest.mark.django_db
@pytest.mark.parametrize("status", Status)
def test_every_cell_writes_what_the_table_says_or_nothing(status: Status) -> None:
    """One database set-up for the rows of a status; each cell starts from the same request."""
    request = RequestFactory.in_status(status)
    staff = StaffFactory()
    for event, kind in product(Event, Actor):
        fresh = DisclosureRequest.objects.get(pk=request.pk)
        actor = {Actor.PERSON: request.applicant, Actor.STAFF: staff, Actor.WORKER: None}[kind]
        before = _rows(request)
        expected = TRANSITIONS.get((status, event, kind))
        sid = transition.transaction.savepoint()
        if expected is None:
            with pytest.raises(TransitionRefused):
                transition.apply(request=fresh, event=event, actor=actor, actor_kind=kind, now=NOW)
            assert _rows(request) == before
            assert fresh.status == status
        else:
            row = transition.apply(request=fresh, event=event, actor=actor, actor_kind=kind, now=NOW)
            assert row.status == fresh.status == expected
            stored = DisclosureRequest.objects.get(pk=request.pk)
            assert (stored.status, stored.status_changed_at) == (expected, NOW)
            entry = RequestEvent.objects.filter(request=request).latest("pk")
            assert (entry.kind, entry.from_status, entry.to_status) == (event, status, expected)
            assert (entry.actor_kind, entry.actor, entry.at, entry.public) == (kind, actor, NOW, True)
            audit = AuditEntry.objects.latest("pk")
            assert audit.action == "request.status_changed"
            assert audit.actor == (f"user:{actor.pk}" if actor else "worker")
            assert audit.detail == {"event": event, "from_status": status, "to_status": expected}
            mail = OutgoingMail.objects.get(object_id=str(request.pk))
            assert (mail.template, mail.recipient) == (TEMPLATES[event], request.applicant.email)
        transition.transaction.savepoint_rollback(sid)


def _rows(request: DisclosureRequest) -> tuple[object, ...]:
    return (
        DisclosureRequest.objects.values().get(pk=request.pk),
        RequestEvent.objects.count(),
        AuditEntry.objects.count(),
        OutgoingMail.objects.count(),
    )


def test_no_status_is_a_dead_end_and_every_one_is_reached() -> None:
    reached = set(TRANSITIONS.values()) | {Status.RECEIVED}
    assert reached == set(Status)
    assert {status for status, _event, _actor in TRANSITIONS} == set(Status) - {Status.CLOSED, Status.WITHDRAWN}


def test_the_person_can_withdraw_until_it_is_decided() -> None:
    can = {status for status in Status if Event.WITHDRAWN in possible_events(status, Actor.PERSON)}
    assert can == OPEN_STATUSES - {Status.FULFILLING, Status.READY_TO_POST}


@pytest.mark.django_db
class TestTimes:
    def test_answered_and_closed_get_their_times(self) -> None:
        request = RequestFactory.fulfilling()
        _apply(request, Event.FULFILLED, Actor.WORKER)
        assert request.answered_at == NOW
        _apply(request, Event.CLOSED, Actor.WORKER, at=NOW + timedelta(days=60))
        assert (request.answered_at, request.closed_at) == (NOW, NOW + timedelta(days=60))

    def test_a_reopened_request_is_not_answered(self) -> None:
        request = RequestFactory.answered()
        _apply(request, Event.REOPENED, Actor.STAFF)
        request.refresh_from_db()
        assert request.answered_at is None

    def test_the_clock_stands_still_while_the_person_owes_an_answer(self) -> None:
        request = RequestFactory.waiting(
            target_on=date(2026, 12, 1), status_changed_at=datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
        )
        _apply(request, Event.REPLIED, Actor.PERSON)  # six days later
        request.refresh_from_db()
        assert request.target_on == date(2026, 12, 7)

    def test_asking_alone_does_not_move_the_target(self) -> None:
        request = RequestFactory.in_review()
        target = request.target_on
        _apply(request, Event.ASKED, Actor.STAFF)
        request.refresh_from_db()
        assert request.target_on == target


def _apply(request: DisclosureRequest, event: Event, kind: Actor, at: datetime = NOW) -> DisclosureRequest:
    return transition.apply(request=request, event=event, actor=actor_for(kind, request), actor_kind=kind, now=at)


@pytest.mark.django_db
class TestMail:
    def test_is_written_in_the_language_of_the_account_without_personal_data(self) -> None:
        request = RequestFactory.received(applicant=PersonFactory(language="en"), language="ja")
        _apply(request, Event.IDENTITY_UNCLEAR, Actor.WORKER)
        mail = OutgoingMail.objects.get()
        text = f"{mail.subject}{mail.body_text}{mail.body_html}"
        assert mail.language == "en"
        assert request.receipt_number in mail.subject
        assert f"/requests/{request.receipt_number}/" in mail.body_text
        assert "?" not in mail.body_html
        for secret in ("高橋", "花子", "9012345678", "1000001", "例町"):
            assert secret not in text

    def test_a_request_by_letter_has_none(self) -> None:
        request = RequestFactory.by_letter()
        _apply(request, Event.IDENTITY_UNCLEAR, Actor.WORKER)
        assert not OutgoingMail.objects.exists()


@pytest.mark.django_db
def test_hidden_events_are_for_staff_only() -> None:
    request = RequestFactory.in_review()
    transition.apply(
        request=request,
        event=Event.ASKED,
        actor=StaffFactory(),
        actor_kind=Actor.STAFF,
        now=NOW,
        data={"about": "address"},
        public=False,
    )
    entry = RequestEvent.objects.latest("pk")
    assert (entry.public, entry.data) == (False, {"about": "address"})


@pytest.mark.django_db
def test_one_transition_takes_seven_statements(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    """Lock, update, timeline, audit, the account and the operator for the mail, the mail.

    Two more are the savepoint that stands for the transaction in a test.
    """
    request = RequestFactory.in_review()
    staff = StaffFactory()
    fresh = DisclosureRequest.objects.get(pk=request.pk)
    with django_assert_num_queries(9):
        transition.apply(request=fresh, event=Event.ASKED, actor=staff, actor_kind=Actor.STAFF, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_two_members_of_staff_at_once_one_wins() -> None:
    request = RequestFactory.answered()
    staff = [StaffFactory(), StaffFactory()]
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def act(actor: User, event: Event) -> None:
        mine = DisclosureRequest.objects.get(pk=request.pk)
        barrier.wait(timeout=10)
        try:
            transition.apply(request=mine, event=event, actor=actor, actor_kind=Actor.STAFF, now=NOW)
            outcomes.append("done")
        except TransitionRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=act, args=(staff[0], Event.CLOSED)),
        threading.Thread(target=act, args=(staff[1], Event.REOPENED)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    request.refresh_from_db()
    assert sorted(outcomes) in (["done", "refused"],)
    assert request.status in (Status.CLOSED, Status.IN_REVIEW)
    assert RequestEvent.objects.filter(kind__in=[Event.CLOSED, Event.REOPENED]).count() == 1
    assert OutgoingMail.objects.filter(object_id=str(request.pk)).count() == 1
