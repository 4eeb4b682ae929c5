"""What needs care in the registers, for the admin's first page and as mail to staff."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from privacy_portal.core.models import User

from .. import notifications
from ..domain import care
from ..domain.care import CareKind, Due
from ..models import Reminder


@dataclass(frozen=True, slots=True)
class Care:
    """One kind with its entries, those that are due first on top."""

    kind: CareKind
    entries: tuple[Due, ...]
    overdue: int


def list_of(*, user: User, today: datetime.date, within: int | None = None) -> list[Care]:
    """What this member of staff may see and should look after, kind by kind, kinds without an entry left out.

    Args:
        today: the day in Japan.
        within: days ahead; None for what each kind is told ahead.
    """
    found = []
    for kind in care.kinds():
        if user.has_perm(_view_permission(kind)):
            entries = _entries(kind, today, kind.within if within is None else min(within, kind.within))
            if entries:
                overdue = sum(1 for entry in entries if entry.on is not None and entry.on < today)
                found.append(Care(kind, entries, overdue))
    return found


def remind(*, now: datetime.datetime) -> int:
    """Mail staff what has reached a stage of reminding that they were not told of yet.

    The rows of what is told are written in the transaction that writes the mails, so that a crash between loses neither
    and a second run tells nobody twice.

    Returns:
        The number of mails written.
    """
    today = timezone.localdate(now)
    with transaction.atomic():
        fresh: list[Care] = []
        for kind in care.kinds():
            told = _newly_told(kind, _entries(kind, today, kind.within), today, now)
            if told:
                fresh.append(Care(kind, told, sum(1 for entry in told if entry.on is not None and entry.on < today)))
        if not fresh:
            return 0
        mails = 0
        for user in User.objects.filter(is_staff=True, is_active=True).order_by("pk"):
            own = [one for one in fresh if user.has_perm(_view_permission(one.kind))]
            if own:
                notifications.care_reminder(user=user, cares=own, today=today)
                mails += 1
        return mails


def _newly_told(kind: CareKind, entries: tuple[Due, ...], today: datetime.date, now: Any) -> tuple[Due, ...]:
    staged = {(entry.key, reached): entry for entry in entries if (reached := care.stage(entry.on, today)) is not None}
    known = set(
        Reminder.objects.filter(
            kind=kind.code, object_id__in={key for key, _reached in staged}, stage__in={stage for _key, stage in staged}
        ).values_list("object_id", "stage")
    )
    fresh = [pair for pair in staged if pair not in known]
    Reminder.objects.bulk_create(
        Reminder(kind=kind.code, object_id=key, stage=reached, sent_at=now) for key, reached in fresh
    )
    return tuple(staged[pair] for pair in fresh)


def _entries(kind: CareKind, today: datetime.date, within: int) -> tuple[Due, ...]:
    """Dated ones first, the oldest on top; two kinds of equal names stay in the order of the database."""
    entries = kind.entries(today, today + datetime.timedelta(days=within))
    return tuple(sorted(entries, key=lambda entry: (entry.on is None, entry.on or datetime.date.max)))


def _view_permission(kind: CareKind) -> str:
    meta = apps.get_model(kind.model)._meta
    return f"{meta.app_label}.view_{meta.model_name}"
