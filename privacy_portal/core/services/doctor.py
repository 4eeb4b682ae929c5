"""The consistency check: ask every registered question, and keep what was found."""

import datetime
import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from django.core.cache import cache
from django.db import transaction

from ..doctor_checks import ALIVE_KEY
from ..doctor_registry import Check, Found, Level, checks
from ..models import DoctorReport

KEPT: Final = datetime.timedelta(days=90)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """What one question found, or by which error it could not be answered."""

    check: Check
    found: Found
    error: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.found.count or self.error)

    @property
    def level(self) -> Level:
        """A question that could not be answered is a problem, whatever it asks."""
        return Level.PROBLEM if self.error else self.check.level

    def as_json(self) -> dict[str, Any]:
        """For the report and for machines."""
        return {
            "code": self.check.code,
            "level": str(self.level),
            "count": self.found.count,
            "examples": list(self.found.examples),
            "error": self.error,
        }


def examine(*, now: datetime.datetime, thorough: bool, only: Collection[str] = ()) -> list[Result]:
    """Ask every question, or only those named. One that fails keeps no other from being asked.

    Args:
        thorough: also those that read every row or file.
        only: codes; empty for all.
    """
    asked = [check for check in checks() if (check.code in only if only else thorough or not check.thorough)]
    return [_answer(check, now) for check in asked]


def _answer(check: Check, now: datetime.datetime) -> Result:
    try:
        # In a transaction of its own: an error of the database must not spoil the questions after it.
        with transaction.atomic():
            return Result(check, check.look(now))
    except Exception as error:
        logger.exception("The check %s could not be made.", check.code)
        return Result(check, Found(0), type(error).__name__)


def report(*, now: datetime.datetime, thorough: bool) -> DoctorReport:
    """Examine and keep the result; reports of long ago are deleted."""
    wrong = [result for result in examine(now=now, thorough=thorough) if result.is_wrong]
    DoctorReport.objects.filter(at__lt=now - KEPT).delete()
    return DoctorReport.objects.create(
        at=now,
        thorough=thorough,
        problems=sum(result.level == Level.PROBLEM for result in wrong),
        warnings=sum(result.level == Level.WARNING for result in wrong),
        found=[result.as_json() for result in wrong],
    )


def latest() -> DoctorReport | None:
    """The last report."""
    return DoctorReport.objects.first()


def say_alive(now: datetime.datetime) -> None:
    """Remember that beat started something and a worker did it."""
    cache.set(ALIVE_KEY, now, timeout=None)
