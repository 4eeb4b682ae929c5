"""Nobody can work out of a released table, or of two of them, what was left out."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_app.domain.disclosure_control import TOTAL, Cell, Table, known_ranges, protect, round_down, turnover

ROWS, COLUMNS = ("a", "b", "c"), ("x", "y", "z")


@st.composite
def tables(draw: st.DrawFn, *, most: int = 60, sides: int = 3) -> Table:
    rows = ROWS[: draw(st.integers(1, sides))]
    columns = COLUMNS[: draw(st.sampled_from([0, *range(2, sides + 1)]))]
    cells = [(row, column) for row in rows for column in (columns or (TOTAL,))]
    values = draw(st.lists(st.integers(0, most), min_size=len(cells), max_size=len(cells)))
    thin = draw(st.sets(st.sampled_from(cells), max_size=2))
    return Table(rows, columns, dict(zip(cells, values, strict=True)), frozenset(thin))


def hidden_in(shown: dict[Cell, int | None]) -> set[Cell]:
    return {cell for cell, value in shown.items() if value is None}


def all_tables_like(table: Table, shown: dict[Cell, int | None], base: int) -> Iterator[dict[Cell, int]]:
    """Every table of counts that a reader of the release must take for possible: the slow, certain way."""
    finest = table.finest()
    total = shown[TOTAL, TOTAL]
    assert total is not None
    ranges = []
    for cell in finest:
        value = shown[cell]
        ranges.append(range(total + base) if value is None else range(value, value + base))
    for counts in itertools.product(*ranges):
        values = Table(table.rows, table.columns, dict(zip(finest, counts, strict=True))).with_totals()
        if all(value is None or value <= values[cell] < value + base for cell, value in shown.items()):
            yield values


@settings(max_examples=300, deadline=None)
@given(tables(), st.sampled_from([3, 5, 10]))
def test_what_is_small_cannot_be_narrowed_down(table: Table, minimum: int) -> None:
    shown = protect(table, minimum=minimum)
    values = table.with_totals()
    if shown is None:
        small = values[TOTAL, TOTAL] < minimum
        assert small or len(table.rows) == 1 or set(table.thin) >= set(table.finest()), "something can be shown"
        return
    assert shown.keys() == values.keys()
    ranges = known_ranges(table, hidden=hidden_in(shown), base=minimum)
    for cell, value in shown.items():
        low, high = ranges[cell]
        assert low <= values[cell]
        assert high is None or values[cell] <= high
        sensitive = values[cell] < minimum or cell in table.thin
        if sensitive:
            assert value is None
        else:
            assert value is None or value == round_down(values[cell], minimum) >= minimum
        needed = minimum if sensitive else -(-minimum // 2)
        assert high is None or high - low >= needed, (cell, low, high)


@settings(max_examples=40, deadline=None)
@given(tables(most=5, sides=2), st.sampled_from([3, 4]))
def test_the_ranges_are_those_of_trying_everything(table: Table, minimum: int) -> None:
    shown = protect(table, minimum=minimum)
    if shown is None:
        return
    possible = list(all_tables_like(table, shown, minimum))
    ranges = known_ranges(table, hidden=hidden_in(shown), base=minimum)
    for cell in shown:
        found = [values[cell] for values in possible]
        assert (min(found), max(found)) == ranges[cell], cell


@settings(max_examples=40, deadline=None)
@given(tables(most=4, sides=2), st.data())
def test_the_ranges_hold_for_any_choice_of_cells_and_for_exact_numbers_too(table: Table, data: st.DataObject) -> None:
    values = table.with_totals()
    cells = sorted(set(values) - {(TOTAL, TOTAL)})
    hidden = data.draw(st.sets(st.sampled_from(cells)))
    base = data.draw(st.sampled_from([1, 3]))
    shown = {cell: None if cell in hidden else round_down(value, base) for cell, value in values.items()}
    possible = list(all_tables_like(table, shown, base))
    ranges = known_ranges(table, hidden=hidden, base=base)
    for cell in shown:
        found = [one[cell] for one in possible]
        assert (min(found), max(found)) == ranges[cell], cell


def test_leaving_out_one_cell_alone_would_betray_it() -> None:
    """What the second suppression is for."""
    table = Table(("a", "b"), ("x", "y"), {("a", "x"): 4, ("a", "y"): 30, ("b", "x"): 40, ("b", "y"): 50})
    assert known_ranges(table, hidden={("a", "x")}, base=1)["a", "x"] == (4, 4)
    shown = protect(table, minimum=10)
    assert shown is not None
    assert shown["a", "x"] is None
    assert len(hidden_in(shown)) > 1
    low, high = known_ranges(table, hidden=hidden_in(shown), base=1)["a", "x"]
    assert high is None or high - low >= 10, "even with exact numbers"


def test_numbers_at_the_edges_of_the_rounding_betray_nothing() -> None:
    """Rounding alone would: 104 is shown as 100 and 34 + 64 + 6 can only be reached from their lower ends."""
    table = Table(("a", "b", "c"), (), {("a", TOTAL): 39, ("b", TOTAL): 69, ("c", TOTAL): 2})
    alone = known_ranges(table, hidden={("c", TOTAL)}, base=10)["c", TOTAL]
    assert alone == (2, 29)
    exact = Table(("a", "b", "c"), (), {("a", TOTAL): 39, ("b", TOTAL): 69, ("c", TOTAL): 12})
    assert known_ranges(exact, hidden=(), base=10)["c", TOTAL] == (12, 19)


def test_a_large_table_is_quick_and_keeps_most_of_itself() -> None:
    rows = tuple(f"row{number}" for number in range(12))
    columns = tuple(f"column{number}" for number in range(6))
    counts = {(row, column): 20 + 7 * r * c for r, row in enumerate(rows) for c, column in enumerate(columns)}
    counts["row3", "column2"] = 4
    counts["row9", "column0"] = 0
    shown = protect(Table(rows, columns, counts), minimum=10)
    assert shown is not None
    assert len(hidden_in(shown)) <= 12
    assert shown[TOTAL, TOTAL] == round_down(sum(counts.values()), 10)


def test_too_few_people_for_anything() -> None:
    assert protect(Table(("a",), (), {("a", TOTAL): 9}), minimum=10) is None
    assert protect(Table((), (), {}), minimum=10) is None
    assert protect(Table(("a",), (), {("a", TOTAL): 10}), minimum=10) == {("a", TOTAL): 10, (TOTAL, TOTAL): 10}


def test_many_requests_of_one_person_are_left_out() -> None:
    counts = {("a", TOTAL): 40, ("b", TOTAL): 50, ("c", TOTAL): 60}
    shown = protect(Table(("a", "b", "c"), (), counts, frozenset([("a", TOTAL)])), minimum=10)
    assert shown is not None
    assert shown["a", TOTAL] is None


def test_no_minimum_below_three() -> None:
    with pytest.raises(ValueError, match="protects nobody"):
        protect(Table(("a",), (), {("a", TOTAL): 9}), minimum=2)


@given(tables(), tables())
def test_turnover_counts_persons_that_came_left_or_moved(one: Table, other: Table) -> None:
    before, after = ({cell: table.counts[cell] for cell in table.finest()} for table in (one, other))
    assert turnover(one, one) == 0
    assert turnover(one, other) == turnover(other, one)
    assert turnover(one, other) >= abs(sum(after.values()) - sum(before.values()))


def test_one_person_more_is_a_turnover_of_one_and_so_is_one_who_moved() -> None:
    table = Table(("a", "b"), (), {("a", TOTAL): 40, ("b", TOTAL): 50})
    assert turnover(table, Table(("a", "b"), (), {("a", TOTAL): 41, ("b", TOTAL): 50})) == 1
    assert turnover(table, Table(("a", "b"), (), {("a", TOTAL): 41, ("b", TOTAL): 49})) == 1
    assert turnover(table, Table(("a", "c"), (), {("a", TOTAL): 40, ("c", TOTAL): 50})) == 50


@settings(max_examples=200, deadline=None)
@given(tables(most=40), st.data(), st.sampled_from([3, 10]))
def test_the_change_of_no_number_is_known_to_less_than_the_minimum(
    table: Table, data: st.DataObject, minimum: int
) -> None:
    """Two releases of the same table: what came in between is known for each cell only within ``minimum``."""
    more = {cell: count + data.draw(st.integers(0, 3)) for cell, count in table.counts.items()}
    releases = []
    for one in (table, Table(table.rows, table.columns, more, table.thin)):
        shown = protect(one, minimum=minimum)
        if shown is None:
            return
        releases.append(known_ranges(one, hidden=hidden_in(shown), base=minimum))
    for cell, (low, high) in releases[0].items():
        low_then, high_then = releases[1][cell]
        if high is not None and high_then is not None:
            assert (high_then - low) - (low_then - high) >= minimum, cell
