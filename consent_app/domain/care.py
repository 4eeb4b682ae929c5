"""What needs care in the registers: contracts that end, reviews that are due, entries that are not complete.

A module ``care_kinds`` of an app registers its kinds; it is found when the apps are ready. The admin's first page shows
them, and reminders are mailed at the stages that :func:`stage` computes. Everything is a question of the kind "due and
not done", so that a missed day loses nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

# Days before the date on which staff are told for the first and the second time, and how often after it.
BEFORE = (30, 7)
EVERY_AFTER = 7


@dataclass(frozen=True, slots=True)
class Due:
    """One entry that needs care.

    Args:
        key: of the entry, as text.
        name: what staff call it; never a person's data, because it is mailed.
        on: the day on which it is or was due; None for what should be mended at any time.
    """

    key: str
    name: str
    on: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class CareKind:
    """A kind of care.

    Args:
        code: ``<register>.<what>``, at most 60 characters.
        title: lazy text, what is to be done: 「契約の期限が近い」.
        model: ``app_label.modelname`` whose admin pages show the entries; whoever may not view it is told nothing.
        entries: asks the database what is due, given today (in Japan) and the last day to look at; entries that are
            due earlier and not done are among them.
        within: days ahead that are looked at.

    The admin of the model offers ``consent_app.admin.care.CareFilter``: the first page links to the list with it.
    """

    code: str
    title: Any
    model: str
    entries: Callable[[datetime.date, datetime.date], Iterable[Due]]
    within: int = BEFORE[0]


_kinds: dict[str, CareKind] = {}


def register(kind: CareKind) -> None:
    """Register a kind of care.

    Raises:
        ValueError: the code is registered already, or longer than its column.
    """
    if kind.code in _kinds or len(kind.code) > 60:
        raise ValueError(f"The kind of care {kind.code!r} is registered twice or too long.")
    _kinds[kind.code] = kind


def kinds() -> list[CareKind]:
    """Every kind, in the order of registration."""
    return list(_kinds.values())


def stage(on: datetime.date | None, today: datetime.date) -> str | None:
    """The stage of reminding that has been reached; None where it is too early to tell anybody.

    One mail 30 days before, one 7 days before, one on the day, then one every week. What has no date is told once a
    month. A stage that was missed because nothing ran is not made up for: the newest one says it all.
    """
    if on is None:
        return f"{today:%Y-%m}"
    days = (on - today).days
    if days > BEFORE[0]:
        return None
    if days > 0:
        return f"{on:%Y-%m-%d} -{min(limit for limit in BEFORE if days <= limit)}"
    return f"{on:%Y-%m-%d} +{-days // EVERY_AFTER * EVERY_AFTER}"
