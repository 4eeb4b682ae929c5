"""The internal target of a request. It is the operator's own wish; the law only says "without delay"."""

from datetime import date, datetime

from django.utils import timezone

from consent_app.models import RequestRule
from privacy_portal.core.business_days import add_business_days

from ..domain.deadlines import moved_target
from ..models import DisclosureRequest


def first_target(*, rule: RequestRule, received_at: datetime) -> date:
    """The target of a new request: so many business days after the day of arrival in the operator's time zone."""
    return add_business_days(timezone.localdate(received_at), rule.target_business_days)


def target_after_waiting(*, request: DisclosureRequest, now: datetime) -> date:
    """The target after the person's answer: the clock stood still since the status changed to waiting."""
    return moved_target(
        request.target_on,
        timezone.localdate(request.status_changed_at),
        timezone.localdate(now),
        add_business_days,
    )
