"""Tables of counts that can be shown to anybody: what is small is left out, and cannot be worked out from the rest.

A table is published with its totals, so a single cell that is left out could be computed by subtraction. Therefore:

* a cell or total below the minimum, zero too, or of too few persons, is *sensitive* and left out;
* more cells are left out until nobody can narrow a sensitive one down to a range smaller than the minimum;
* what is shown is rounded down to a multiple of the minimum, and so much is left out that nobody can narrow any other
  number down to less than half of the minimum either. So the change of a number between two releases cannot be pinned
  down to less than the minimum.

What somebody can work out is computed exactly, not estimated. With its totals a table is a circulation: each interior
cell flows from its row to its column and each total flows back. All that is known about the table is a range for every
arc; the largest and the smallest possible value of one arc follow from the largest flows between its ends (Gusfield,
"A graph theoretic approach to statistical data security", SIAM J. Comput. 17(3), 1988).

Rests on: APPI article 2(1), what identifies nobody is not personal information; promises R1 and K8. Why these rules:
``docs/decisions/statistics.md``.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

TOTAL: Final = "*"
# No operator may set the minimum lower than this.
LOWEST_MINIMUM: Final = 3
Cell = tuple[str, str]
_Node = tuple[str, str]
_GRAND_TOTAL: Final[Cell] = (TOTAL, TOTAL)


@dataclass(frozen=True, slots=True)
class Table:
    """Counts by row and column; without columns, by row alone.

    Args:
        rows, columns: codes in the order of display; none is :data:`TOTAL`.
        counts: the finest cells, ``(row, column)`` or ``(row, TOTAL)``; what is missing is 0.
        thin: cells and totals, however large, that come from too few persons.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Mapping[Cell, int]
    thin: frozenset[Cell] = frozenset()

    def finest(self) -> list[Cell]:
        """The cells that all totals are sums of."""
        return [(row, column) for row in self.rows for column in (self.columns or (TOTAL,))]

    def with_totals(self) -> dict[Cell, int]:
        """Every cell and every total."""
        values = {cell: self.counts.get(cell, 0) for cell in self.finest()}
        if self.columns:
            for row in self.rows:
                values[row, TOTAL] = sum(values[row, column] for column in self.columns)
            for column in self.columns:
                values[TOTAL, column] = sum(values[row, column] for row in self.rows)
        values[_GRAND_TOTAL] = sum(values[row, TOTAL] for row in self.rows)
        return values


def round_down(value: int, base: int) -> int:
    """A number that is shown stands for itself and the ``base - 1`` numbers above it."""
    return value - value % base


def protect(table: Table, *, minimum: int) -> dict[Cell, int | None] | None:
    """The table as it may be shown: each cell and total rounded down, or None where it is left out.

    Returns:
        None where not even the total may be shown.

    Raises:
        ValueError: the minimum is below :data:`LOWEST_MINIMUM`.
    """
    if minimum < LOWEST_MINIMUM:
        raise ValueError(f"A minimum below {LOWEST_MINIMUM} protects nobody.")
    values = table.with_totals()
    sensitive = frozenset(cell for cell, value in values.items() if value < minimum) | table.thin
    if _GRAND_TOTAL in sensitive:
        return None
    hidden = _hide(table, values, sensitive, minimum)
    if hidden is None:
        return None
    return {cell: None if cell in hidden else round_down(value, minimum) for cell, value in values.items()}


def known_ranges(table: Table, *, hidden: Collection[Cell], base: int) -> dict[Cell, tuple[int, int | None]]:
    """What somebody can work out of a released table about each cell: smallest and largest possible value.

    Args:
        hidden: the cells that were left out.
        base: to what the shown ones are rounded down; 1 means that they are shown exactly.

    Returns:
        None as the largest value where there is no limit.
    """
    values = table.with_totals()
    network = _Network(table, values, frozenset(hidden), base)
    ranges: dict[Cell, tuple[int, int | None]] = {}
    limit = 2 * values[_GRAND_TOTAL] + 2 * base * len(values)
    for cell, value in values.items():
        up, down = network.room(cell, upwards=True, enough=limit), network.room(cell, upwards=False, enough=limit)
        ranges[cell] = value - down, None if up >= limit else value + up
    return ranges


def turnover(before: Table, after: Table) -> int:
    """At least so many persons came, left or moved to another cell between two tables."""
    cells = {*before.finest(), *after.finest()}
    changes = [after.counts.get(cell, 0) - before.counts.get(cell, 0) for cell in cells]
    return max(sum(change for change in changes if change > 0), -sum(change for change in changes if change < 0))


def _hide(table: Table, values: Mapping[Cell, int], sensitive: frozenset[Cell], minimum: int) -> frozenset[Cell] | None:
    """Which cells are left out; None where even the grand total alone would tell too much.

    What was found to be safe stays so while more is left out, so each cell is asked once.
    """
    hidden = sensitive
    # Sensitive ones first; then the largest, which should rather stay than what is small anyway.
    for cell in sorted(values, key=lambda one: (one not in sensitive, -values[one], one)):
        needed = minimum if cell in sensitive else -(-minimum // 2)
        while _Network(table, values, hidden, minimum).uncertainty(cell, enough=needed) < needed:
            more = _Network(table, values, hidden, minimum).cheapest_way_round(cell, at_least=minimum)
            if not more - hidden:
                return _hide_all(table, values, sensitive, minimum)
            hidden |= more
    return hidden


def _hide_all(
    table: Table, values: Mapping[Cell, int], sensitive: frozenset[Cell], minimum: int
) -> frozenset[Cell] | None:
    """Everything but the grand total, if that says nothing about what is sensitive: in a table of one row it does."""
    hidden = frozenset(values) - {_GRAND_TOTAL}
    network = _Network(table, values, hidden, minimum)
    safe = all(network.uncertainty(cell, enough=minimum) >= minimum for cell in sensitive)
    return hidden if safe else None


class _Network:
    """The table as a circulation, with the room that each arc has in both directions."""

    def __init__(self, table: Table, values: Mapping[Cell, int], hidden: frozenset[Cell], base: int) -> None:
        self.values = values
        self.hidden = hidden
        self.unlimited = 4 * values[_GRAND_TOTAL] + 4 * base * len(values) + 1
        self.ends = {cell: _ends(cell, bool(table.columns)) for cell in values}
        self.upwards: dict[Cell, int] = {}
        self.downwards: dict[Cell, int] = {}
        self.near: dict[_Node, list[tuple[_Node, Cell, bool]]] = {}
        for cell, value in values.items():
            if cell in hidden:
                self.upwards[cell], self.downwards[cell] = self.unlimited, value
            else:
                shown = round_down(value, base)
                self.upwards[cell], self.downwards[cell] = shown + base - 1 - value, value - shown
            tail, head = self.ends[cell]
            self.near.setdefault(tail, []).append((head, cell, True))
            self.near.setdefault(head, []).append((tail, cell, False))

    def uncertainty(self, cell: Cell, *, enough: int) -> int:
        """The width of the range that the cell can be narrowed down to, counted up to ``enough``."""
        up = self.room(cell, upwards=True, enough=enough)
        return up if up >= enough else up + self.room(cell, upwards=False, enough=enough - up)

    def room(self, cell: Cell, *, upwards: bool, enough: int) -> int:
        """By how much the cell could be larger or smaller with all that is known still true, up to ``enough``."""
        tail, head = self.ends[cell]
        start, end = (head, tail) if upwards else (tail, head)
        wanted = min(enough, self.upwards[cell] if upwards else self.downwards[cell])
        used: dict[tuple[Cell, bool], int] = {}
        flow = 0
        while flow < wanted:
            way = self._way(start, end, used, without=cell)
            if way is None:
                break
            step = min(wanted - flow, *(self._left(arc, forward, used) for arc, forward in way))
            for arc, forward in way:
                used[arc, forward] = used.get((arc, forward), 0) + step
            flow += step
        return flow

    def _left(self, cell: Cell, forward: bool, used: Mapping[tuple[Cell, bool], int]) -> int:
        room = self.upwards[cell] if forward else self.downwards[cell]
        return room - used.get((cell, forward), 0) + used.get((cell, not forward), 0)

    def _way(
        self, start: _Node, end: _Node, used: Mapping[tuple[Cell, bool], int], *, without: Cell
    ) -> list[tuple[Cell, bool]] | None:
        """A shortest way along arcs with room left, breadth first."""
        came: dict[_Node, tuple[_Node, Cell, bool]] = {}
        waiting = deque([start])
        while waiting and end not in came:
            node = waiting.popleft()
            for other, cell, forward in self.near[node]:
                fresh = other != start and other not in came and cell != without
                if fresh and self._left(cell, forward, used) > 0:
                    came[other] = (node, cell, forward)
                    waiting.append(other)
        if end not in came:
            return None
        way: list[tuple[Cell, bool]] = []
        node = end
        while node != start:
            node, cell, forward = came[node]
            way.append((cell, forward))
        return way

    def cheapest_way_round(self, cell: Cell, *, at_least: int) -> frozenset[Cell]:
        """The cells, this one included, that let it vary by ``at_least`` when left out, with the least lost (Dijkstra).

        Empty where there is no such way, or where the cell is the grand total, which is never left out alone.
        """
        if cell == _GRAND_TOTAL:
            return self._smallest_total()
        tail, head = self.ends[cell]
        best: dict[_Node, int] = {head: 0}
        came: dict[_Node, tuple[_Node, Cell]] = {}
        waiting: list[tuple[int, _Node]] = [(0, head)]
        while waiting:
            cost, node = heapq.heappop(waiting)
            if cost > best[node]:
                continue
            for other, arc, forward in self.near[node]:
                if arc in (cell, _GRAND_TOTAL) or not (forward or self.values[arc] >= at_least):
                    continue
                price = cost + (0 if arc in self.hidden else self.values[arc] + 1)
                if price < best.get(other, self.unlimited * len(self.values)):
                    best[other] = price
                    came[other] = (node, arc)
                    heapq.heappush(waiting, (price, other))
        if tail not in came:
            return frozenset()
        found = {cell}
        node = tail
        while node != head:
            node, arc = came[node]
            found.add(arc)
        return frozenset(found)

    def _smallest_total(self) -> frozenset[Cell]:
        shown = [one for one in self.values if TOTAL in one and one != _GRAND_TOTAL and one not in self.hidden]
        return frozenset([min(shown, key=lambda one: (self.values[one], one))] if shown else [])


def _ends(cell: Cell, crossed: bool) -> tuple[_Node, _Node]:
    """Tail and head of a cell's arc: interior cells lead from row to column, totals lead back."""
    row, column = cell
    if not crossed:
        back = row == TOTAL
        return (("row", TOTAL), ("column", TOTAL)) if back else (("column", TOTAL), ("row", TOTAL))
    if row != TOTAL and column != TOTAL:
        return ("row", row), ("column", column)
    if row != TOTAL:
        return ("column", TOTAL), ("row", row)
    if column != TOTAL:
        return ("column", column), ("row", TOTAL)
    return ("row", TOTAL), ("column", TOTAL)
