"""The internal target of a request. It is the operator's own wish; the law only says "without delay"."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from consent_app.models import RequestRule
from privacy_portal.core.business_days import add_business_days

from ..domain.deadlines import moved_target
from ..models import DisclosureRequest, RequestEvent


def first_target(*, rule: RequestRule, received_at: datetime) -> date:
    """The target of a new request: so many business days after the day of arrival in the operator's time zone."""
    return add_business_days(timezone.localdate(received_at), rule.target_business_days)


def moved_by(target_on: date, moved: timedelta) -> date:
    """A target that moves as far as the first one would have, to a business day: waits and extensions stay counted."""
    return add_business_days(target_on + moved - timedelta(days=1), 1) if moved else target_on


def target_after_waiting(*, request: DisclosureRequest, until: date) -> date:
    """The target after the person's answer: the clock stood still since the question.

    Args:
        until: the day on which the answer came, which for a letter may be earlier than the day it was written down.
    """
    return moved_target(request.target_on, asked_on(request), until, add_business_days)


def asked_on(request: DisclosureRequest) -> date:
    """Since when the person owes something: since the status changed, or since the day a letter or a call tells."""
    if request.applicant_id is None:
        asked = RequestEvent.objects.filter(
            request=request, to_status=request.status, at=request.status_changed_at, data__has_key="on"
        ).first()
        if asked is not None:
            return date.fromisoformat(asked.data["on"])
    return timezone.localdate(request.status_changed_at)
