"""The figures of requests: what is open, due and overdue, and how checks of identity end."""

import datetime

from django.db.models import Count, Min

from privacy_portal.core.metrics_registry import Figure, Measured, register, seconds_since

from . import selectors
from .domain.transitions import Status
from .models import DisclosureRequest, IdentityCheck

LATELY = datetime.timedelta(days=1)


def requests(now: datetime.datetime) -> Measured:
    """The numbers of the dashboard."""
    return {(queue,): float(number) for queue, number in selectors.dashboard_counts(now).items()}


def oldest_unverified(now: datetime.datetime) -> Measured:
    waiting = DisclosureRequest.objects.filter(status=Status.RECEIVED)
    return {(): seconds_since(waiting.aggregate(oldest=Min("status_changed_at"))["oldest"], now)}


def oldest_unfulfilled(now: datetime.datetime) -> Measured:
    waiting = DisclosureRequest.objects.filter(status=Status.FULFILLING)
    return {(): seconds_since(waiting.aggregate(oldest=Min("status_changed_at"))["oldest"], now)}


def identity_outcomes(now: datetime.datetime) -> Measured:
    """Every means and outcome, so that one that stops occurring shows as 0."""
    found: dict[tuple[str, ...], float] = {
        (str(method), str(state)): 0.0 for method in IdentityCheck.Method for state in IdentityCheck.State
    }
    rows = IdentityCheck.objects.filter(created_at__gt=now - LATELY).order_by()
    for method, state, number in rows.values_list("method", "state").annotate(Count("pk")):
        found[(method, state)] = number
    return found


register(
    Figure("portal_requests", "Requests in each of the manager's queues.", ("queue",), requests),
    Figure(
        "portal_request_oldest_unverified_seconds", "How long a request waits to be compared.", (), oldest_unverified
    ),
    Figure(
        "portal_request_oldest_unfulfilled_seconds", "How long a decision waits to be done.", (), oldest_unfulfilled
    ),
    Figure(
        "portal_identity_checks",
        "Checks of identity begun in the last day, by means and outcome.",
        ("method", "state"),
        identity_outcomes,
    ),
)
