"""The clock of an incident: what is due when, in words and as a bar."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from ..domain import incidents as rules
from ..models import Incident
from ..services import incidents

# The drawing is this wide; its left edge is day 1, its right edge the last date on it.
WIDTH, MARGIN = 940, 30


@dataclass(frozen=True, slots=True)
class Step:
    """One date of the clock."""

    name: str
    on: datetime.date
    day: int
    words: str
    state: str
    x: int


def steps(incident: Incident, today: datetime.date) -> list[Step]:
    """Day 1, the preliminary report, the final report; each with how many days are left or since when it is done."""
    dates = incidents.clocks(incident)
    last = max(dates.final_due, today)
    told = incident.entruster_told_on

    def step(
        name: str, on: datetime.date, done: datetime.date | None, *, began: bool = False, only_aim: bool = False
    ) -> Step:
        state, words = ("done", "") if began else _state(on, done, today)
        if only_aim and (state == "overdue" or (done is not None and done > on)):
            # An aim is missed, not broken: the limit is the next date.
            state, words = ("late", _("めやすを過ぎました"))
        return Step(name, on, rules.day_number(dates.known_on, on), words, state, _x(dates.known_on, last, on))

    return [
        step(_("知った日（1日目）"), dates.known_on, None, began=True),
        step(_("速報のめやす（3日目）"), dates.preliminary_aim, incident.preliminary_done_on or told, only_aim=True),
        step(_("速報の期限（5日目）"), dates.preliminary_due, incident.preliminary_done_on or told),
        step(
            _("確報の期限（%(days)s日目）") % {"days": dates.final_days},
            dates.final_due,
            incident.final_done_on or told,
        ),
    ]


def today_mark(incident: Incident, today: datetime.date) -> dict[str, Any]:
    """Where today is on the bar."""
    dates = incidents.clocks(incident)
    last = max(dates.final_due, today)
    return {"x": _x(dates.known_on, last, today), "day": rules.day_number(dates.known_on, today)}


def _x(first: datetime.date, last: datetime.date, day: datetime.date) -> int:
    span = max((last - first).days, 1)
    return MARGIN + round((WIDTH - 2 * MARGIN) * (day - first).days / span)


def _state(on: datetime.date, done: datetime.date | None, today: datetime.date) -> tuple[str, str]:
    if done is not None:
        late = (done - on).days
        if late > 0:
            return "late", _("%(day)sに済み（%(late)s日遅れ）") % {"day": done.isoformat(), "late": late}
        return "done", _("%(day)sに済み") % {"day": done.isoformat()}
    left = (on - today).days
    if left < 0:
        return "overdue", _("%(days)s日過ぎています") % {"days": -left}
    if left == 0:
        return "today", _("今日まで")
    return "open", _("あと%(days)s日") % {"days": left}


def next_due(incident: Incident) -> tuple[str, datetime.date | None]:
    """What is due next and when, for lists; an empty word where nothing is."""
    none = ("", None)
    if incident.closed_on or incident.entruster_told_on:
        return none
    if incident.reportability == Incident.Reportability.NOT_REPORTABLE:
        return none
    if not incident.preliminary_done_on:
        return _("速報"), incident.preliminary_due_on
    if not incident.final_done_on:
        return _("確報"), incident.final_due_on
    return none


def today() -> datetime.date:
    """The day in Japan."""
    return timezone.localdate()
