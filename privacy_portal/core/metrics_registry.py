"""The registered figures of the running product, which ``/metrics`` measures each time it is asked.

Each app lists its own in a module ``metrics``, which is found when the apps are ready. A label is one of a fixed set of
words (a state, a queue, a code of a check): never a name, an address or the key of a row.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# The values of the labels, in the order of ``Figure.labels``, and the number.
Measured = Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One gauge.

    Attributes:
        name: begins with ``portal_`` and ends with its unit, where it has one (Prometheus' naming).
        meaning: one English sentence for whoever reads the figures.
        labels: names of the labels.
        measure: called with the present moment; reads, changes nothing.
    """

    name: str
    meaning: str
    labels: tuple[str, ...]
    measure: Callable[[datetime.datetime], Measured]


_figures: dict[str, Figure] = {}


def register(*figures: Figure) -> None:
    """Register figures.

    Raises:
        ValueError: a name is taken.
    """
    for figure in figures:
        if figure.name in _figures:
            raise ValueError(f"The figure {figure.name!r} is registered twice.")
        _figures[figure.name] = figure


def figures() -> list[Figure]:
    """Every figure, in the order of their registration."""
    return list(_figures.values())


def seconds_since(moment: datetime.datetime | None, now: datetime.datetime) -> float:
    """How old the oldest of something is, in seconds; 0 where there is none."""
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0
