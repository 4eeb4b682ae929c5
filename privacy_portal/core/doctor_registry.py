"""The registered questions of the consistency check: what can be wrong in a running product, and what to do then.

Each app lists its own in a module ``doctor_checks``, which is found when the apps are ready. A question looks for work
that is due and not done, for rows and files that do not fit, and for parts that do not answer; it changes nothing.
"""

import datetime
import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

EXAMPLES: Final = 5


class Level(enum.StrEnum):
    """How bad it is: a problem makes the command fail, a warning is told."""

    PROBLEM = "problem"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Found:
    """How many, and the keys of the first few; no value of anybody's data."""

    count: int
    examples: tuple[str, ...] = ()


Look = Callable[[datetime.datetime], Found]


@dataclass(frozen=True, slots=True)
class Check:
    """One question.

    Attributes:
        code: ``<subject>_<what is wrong>``, at most 40 characters.
        label: what is wrong, in words (lazy translation).
        advice: what the operator does about it (lazy translation).
        look: called with the present moment; ``Found(0)`` where everything is in order.
        thorough: it reads every row or file, so that it runs once a day and not every hour.
    """

    code: str
    label: Any
    advice: Any
    look: Look
    level: Level = Level.PROBLEM
    thorough: bool = False


_checks: dict[str, Check] = {}


def register(*checks: Check) -> None:
    """Register questions.

    Raises:
        ValueError: a code is taken.
    """
    for check in checks:
        if check.code in _checks:
            raise ValueError(f"The check {check.code!r} is registered twice.")
        _checks[check.code] = check


def checks() -> list[Check]:
    """Every question, in the order of their registration."""
    return list(_checks.values())


def rows(found: QuerySet[Any]) -> Found:
    """What a query finds, by key."""
    count = found.order_by().count()
    if not count:
        return Found(0)
    return Found(count, tuple(str(key) for key in found.order_by("pk").values_list("pk", flat=True)[:EXAMPLES]))
