"""For which case somebody may look at a customer: asked of whoever knows cases, which the registers do not.

An app lists its own in a module ``cases_of_customers``, which is found when the apps are ready.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """A case of a customer that is not over.

    Args:
        key: of the case, for the audit trail.
        number: under which staff know it.
        own: it is in the hands of whoever asks.
    """

    key: uuid.UUID
    number: str
    own: bool


# Customer's key and member of staff -> the cases that they may see.
Source = Callable[[uuid.UUID, Any], list[Case]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Name a place that knows cases of customers."""
    _sources.append(source)


def cases_of(customer: uuid.UUID, staff: Any) -> list[Case]:
    """The open cases of a customer that a member of staff may see."""
    return [case for source in _sources for case in source(customer, staff)]
