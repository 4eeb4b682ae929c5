"""A denied attempt is kept although the service that denied it wrote nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from privacy_portal.core.models import AuditEntry, User
from requests_app.models import DisclosureRequest
from requests_app.services import assignment, call_backs, counter, decisions, identity, lifecycle, messages
from requests_app.services.errors import NotAllowed
from tests.factories.requests import PersonFactory, RequestFactory, StaffFactory

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DECISION: dict[str, Any] = {"proposal": decisions.Proposal("granted")}
VERBS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (messages.ask, {"body": "はい"}),
    (messages.reply, {"body": "はい"}),
    (messages.write, {"body": "はい"}),
    (identity.confirm, {"customer": None, "note": "理由"}),
    (identity.reconsider, {"note": "理由"}),
    (call_backs.announce, {"customer": None}),
    (call_backs.show_number, {}),
    (call_backs.record, {"outcome": "no_answer", "asked": [], "matched": [], "next_on": None}),
    (
        counter.seen,
        {"customer": None, "document": "passport", "seen_on": NOW.date(), "place": "", "checks": [], "reason": ""},
    ),
    (decisions.decide, DECISION),
    (decisions.preview_letter, DECISION),
    (lifecycle.withdraw, {}),
    (lifecycle.close, {}),
    (lifecycle.reopen, {}),
    (assignment.assign, {"to": None}),
]


@pytest.mark.django_db(transaction=True)
def test_every_verb_refuses_a_stranger_and_the_attempt_stays() -> None:
    """Without the transaction of a test around it, what a service rolled back would be gone."""
    request, stranger = RequestFactory.in_review(), PersonFactory()
    for verb, values in VERBS:
        with pytest.raises(NotAllowed):
            verb(request=request, actor=stranger, now=NOW, **values)
    denied = AuditEntry.objects.filter(action="request.denied", object_id=str(request.pk))
    assert [entry.actor for entry in denied] == [f"user:{stranger.pk}"] * len(VERBS)
    assert AuditEntry.objects.count() == len(VERBS)
    assert DisclosureRequest.objects.get().status == "in_review"
    assert User.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_case_is_not_given_to_whoever_may_not_handle_it_and_the_one_who_tried_is_recorded() -> None:
    request, manager = RequestFactory.in_review(), StaffFactory()
    assert request.applicant is not None
    for nobody in (PersonFactory(), request.applicant):
        with pytest.raises(NotAllowed):
            assignment.assign(request=request, actor=manager, to=nobody, now=NOW)
    denied = AuditEntry.objects.filter(action="request.denied", object_id=str(request.pk))
    assert [entry.actor for entry in denied] == [f"user:{manager.pk}"] * 2
    assert assignment.assign(request=request, actor=manager, to=manager, now=NOW).assigned_to == manager
