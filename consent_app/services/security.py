"""Measures, departments, audits and the review calendar: what a profile brings, and what comes again."""

from __future__ import annotations

import datetime
from typing import TypeVar

from ..domain.profile_security import SecuritySections
from ..domain.recurrence import months_later
from ..models import Department, Measure, ReviewEvent, SecurityAudit
from ..models.security import RecurringModel
from . import seeding
from .load_report import LoadReport

Recurring = TypeVar("Recurring", bound=RecurringModel)
_AUDIT = "audit"


def plan_next(entry: Recurring) -> Recurring | None:
    """Plan the next occurrence of something that was done, as often as it is called; in the transaction of its saving.

    The months count from the day on which it was done. The row of the entry is locked by whoever saves it, and the
    database allows one open occurrence of a series.

    Returns:
        The new occurrence; None where nothing comes again, or it is planned already.
    """
    series = type(entry)._default_manager.filter(series=entry.series)
    if entry.done_on is None or not entry.repeat_months or series.filter(done_on=None).exists():
        return None
    # A correction of an old entry plans nothing: later ones of its series have been done since.
    if series.filter(planned_on__gt=entry.planned_on).exists():
        return None
    carried = {
        field.attname: getattr(entry, field.attname)
        for field in entry._meta.concrete_fields
        if field.name in _CARRIED and hasattr(entry, field.attname)
    }
    planned_on = months_later(max(entry.done_on, entry.planned_on), entry.repeat_months)
    return type(entry)._default_manager.create(**carried, planned_on=planned_on)


_CARRIED = frozenset(
    {
        "series",
        "code",
        "title_ja",
        "title_en",
        "repeat_months",
        "subject",
        "department",
        "measure",
        "subcontractor",
        "scope",
    }
)


def seed(*, sections: SecuritySections, report: LoadReport, today: datetime.date) -> None:
    """Make what the profile names and the database lacks; part of the transaction that loads the profile.

    A review that was planned once goes on in the calendar: the file plans its first date only.
    """
    seeding.seed(report, Measure, sections.measures)
    seeding.seed(report, Department, sections.departments)
    for review in sections.reviews:
        model: type[RecurringModel] = SecurityAudit if review.subject == _AUDIT else ReviewEvent
        name = f"{model._meta.model_name}: {review.code}"
        if model._default_manager.filter(code=review.code).exists():
            report.unchanged.append(name)
            continue
        model._default_manager.create(
            code=review.code,
            title_ja=review.title.ja,
            title_en=review.title.en,
            repeat_months=review.months,
            planned_on=months_later(today, review.months),
            **({} if review.subject == _AUDIT else {"subject": review.subject}),
        )
        report.created.append(name)
