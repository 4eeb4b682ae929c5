"""Reading one case, for its page and for its printed file."""

from datetime import date
from typing import Any

from django.utils import timezone

from .domain import tracking
from .domain.deadlines import suit_possible_from
from .domain.request_types import REQUEST_TYPES
from .models import Decision, DisclosureRequest, RequestEvent


def suit(case: DisclosureRequest) -> dict[str, Any]:
    """From when the person can sue, where article 39 bars a suit at first at all.

    Whatever is answered without giving everything that was asked for counts as refused, from the day it was answered.
    """
    if not REQUEST_TYPES[case.request_type].suit_waits:
        return {"suit_from": None}
    decision = case.decisions.filter(superseded_at=None).first() if case.answered_at else None
    refused = decision is not None and decision.outcome != Decision.Outcome.GRANTED
    refused_on = timezone.localdate(case.answered_at) if refused and case.answered_at else None
    return {
        "suit_from": suit_possible_from(timezone.localdate(case.received_at), refused_on),
        "suit_after_refusal": refused_on is not None,
    }


def posting(event: RequestEvent) -> dict[str, Any]:
    """The facts of an entry of the timeline about a letter; those of an older one may be missing."""
    sent_on = event.data.get("sent_on")
    return {
        "on": date.fromisoformat(sent_on) if sent_on else timezone.localdate(event.at),
        "number": tracking.written(event.data.get("tracking_number", "")),
    }
