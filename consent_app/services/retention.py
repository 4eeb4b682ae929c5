"""Setting how long what people give for a request is kept."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain import retention
from ..domain.retention import Periods
from ..models import RetentionRule
from .load_report import LoadReport

PERMISSION = "consent_app.change_retentionrule"


class NotAllowed(Exception):
    """No permission."""


class InvalidPeriods(Exception):
    """``errors`` has a message for each field."""

    def __init__(self, errors: dict[str, Any]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


class ChangedMeanwhile(Exception):
    """Somebody else changed the times since the page was opened."""


def change(*, periods: Periods, seen: Periods, actor: User, now: datetime) -> RetentionRule:
    """Set the times. What is due by them is erased by the next run of the worker.

    Args:
        seen: what held when the page was opened.

    Raises:
        NotAllowed: no permission.
        InvalidPeriods: out of the limits, or in the wrong order.
        ChangedMeanwhile: see there.
    """
    if not (actor.is_active and actor.is_staff and actor.has_perm(PERMISSION)):
        audit.record(action="retention.denied", actor=actor)
        raise NotAllowed
    if errors := retention.problems(periods):
        raise InvalidPeriods(errors)
    with transaction.atomic():
        RetentionRule.objects.get_or_create(pk=1)
        row = RetentionRule.objects.select_for_update().get(pk=1)
        if row.periods != seen:
            raise ChangedMeanwhile
        _set(row, periods, actor=actor, now=now, by_staff=True)
    return row


def _set(row: RetentionRule, periods: Periods, *, actor: audit.Actor, now: datetime, by_staff: bool) -> None:
    for name, value in asdict(periods).items():
        setattr(row, name, value)
    row.changed_at = now
    row.changed_by = actor if isinstance(actor, User) else None
    row.by_staff = by_staff
    row.save()
    audit.record(action="retention.changed", actor=actor, obj=row, detail=asdict(periods))


def load(report: LoadReport, section: Periods | None, *, actor: audit.Actor) -> None:
    """Write what the profile says. What staff have changed is left alone, and the report says where it differs."""
    row = RetentionRule.objects.first()
    if section is None and row is None:
        return
    wanted = section or retention.DEFAULTS
    if row is not None and row.periods == wanted:
        report.unchanged.append("retention")
    elif row is not None and row.by_staff:
        report.unchanged.append("retention")
        if section is not None:
            report.cautions.append(_("保存期間は担当者が変えているので、プロフィールの値にしませんでした。"))
    else:
        (report.created if row is None else report.changed).append("retention")
        _set(row or RetentionRule(), wanted, actor=actor, now=timezone.now(), by_staff=False)
