"""Dates of a request. The law says "without delay" and names no number of days, so the target is the operator's own."""

import enum
from collections.abc import Callable
from datetime import date, timedelta

# Article 39(1): a suit is barred until two weeks have passed since the request arrived. The day of arrival does not
# count (Civil Code 140), so what arrived on 1 April can be sued over from 16 April.
_WAITING_BEFORE_SUIT = timedelta(days=15)


class Due(enum.StrEnum):
    """How near the internal target is."""

    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"
    LATER = "later"


def suit_possible_from(received_on: date, refused_on: date | None = None) -> date:
    """The first day on which the person can sue (article 39(1)): after a refusal without waiting any longer."""
    after_waiting = received_on + _WAITING_BEFORE_SUIT
    return min(after_waiting, refused_on) if refused_on is not None else after_waiting


def due(target_on: date, today: date, soon_days: int = 3) -> Due:
    """Where ``today`` stands to the target; ``soon_days`` in calendar days."""
    left = (target_on - today).days
    if left < 0:
        return Due.OVERDUE
    if left == 0:
        return Due.TODAY
    return Due.SOON if left <= soon_days else Due.LATER


def moved_target(
    target_on: date, waited_from: date, waited_until: date, add_business_days: Callable[[date, int], date]
) -> date:
    """The target after the operator's clock stood still while the person owed an answer.

    Waiting within one day costs nothing. The wait is counted in calendar days and given back in business days only for
    the last step: the target moves by as many calendar days and, where that is a day off, on to the next business day.

    Args:
        add_business_days: ``(day, n)`` to the n-th business day after ``day``.
    """
    waited = waited_until - waited_from
    if waited <= timedelta(0):
        return target_on
    return add_business_days(target_on + waited - timedelta(days=1), 1)
