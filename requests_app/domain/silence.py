"""What happens when the person owes something and says nothing: two reminders, a warning, the end.

Counted from the last turn of either side. What was missed because nothing ran is not made up for mail by mail: the
newest stage says it all. Nobody's request ends without a warning that left them their time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    """The mails, in their order."""

    FIRST = "first", _("1回目のお願い")
    SECOND = "second", _("2回目のお願い")
    WARNING = "warning", _("終了の予告")


ORDER: tuple[Stage, ...] = (Stage.FIRST, Stage.SECOND, Stage.WARNING)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the operator waits, in days.

    Args:
        first: until the first reminder.
        second: until the second one.
        close: until the end, if nothing comes.
        warning: how long before the end the person is warned.
    """

    first: int
    second: int
    close: int
    warning: int

    def after(self, stage: Stage) -> timedelta:
        """How long after the last turn the stage is reached."""
        days = {Stage.FIRST: self.first, Stage.SECOND: self.second, Stage.WARNING: self.close - self.warning}
        return timedelta(days=days[stage])

    @property
    def is_in_order(self) -> bool:
        """Whether one thing comes after the other, and the warning leaves at least a week."""
        return 0 < self.first < self.second < self.close - self.warning and self.warning >= 7


def reached(turn_at: datetime, now: datetime, patience: Patience) -> Stage | None:
    """The newest stage that is due at ``now``; None as long as nobody needs to be reminded."""
    return next((stage for stage in reversed(ORDER) if turn_at + patience.after(stage) <= now), None)


def not_before(stage: Stage) -> tuple[Stage, ...]:
    """The stage and those after it: once one of them was sent, ``stage`` is not sent any more."""
    return ORDER[ORDER.index(stage) :]


def last_day(turned_on: date, warned_on: date, patience: Patience) -> date:
    """The last day on which a reply keeps the request open: whoever is warned late has the same time left."""
    return max(turned_on + timedelta(days=patience.close), warned_on + timedelta(days=patience.warning))
