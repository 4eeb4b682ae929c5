"""Dates of a request."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy_portal.core.business_days import add_business_days, is_business_day
from requests_app.domain.deadlines import Due, due, moved_target, suit_possible_from

days = st.dates(date(2026, 1, 1), date(2030, 12, 31))


def test_what_arrived_on_1_april_can_be_sued_over_from_16_april() -> None:
    assert suit_possible_from(date(2026, 4, 1)) == date(2026, 4, 16)


def test_after_a_refusal_nobody_waits_and_a_late_one_takes_nothing_away() -> None:
    arrived = date(2026, 4, 1)
    assert suit_possible_from(arrived, date(2026, 4, 3)) == date(2026, 4, 3)
    assert suit_possible_from(arrived, date(2026, 5, 3)) == date(2026, 4, 16)


@pytest.mark.parametrize(
    ("left", "expected"),
    [(-30, Due.OVERDUE), (-1, Due.OVERDUE), (0, Due.TODAY), (1, Due.SOON), (3, Due.SOON), (4, Due.LATER)],
)
def test_how_near_the_target_is(left: int, expected: Due) -> None:
    today = date(2026, 11, 24)
    assert due(today + timedelta(days=left), today) == expected


@pytest.mark.parametrize(
    ("target", "waited_from", "waited_until", "expected"),
    [
        # The same day: nothing was lost.
        (date(2026, 12, 1), date(2026, 11, 24), date(2026, 11, 24), date(2026, 12, 1)),
        (date(2026, 12, 1), date(2026, 11, 24), date(2026, 11, 25), date(2026, 12, 2)),
        # Four days lead to a Saturday: on to Monday.
        (date(2026, 12, 1), date(2026, 11, 24), date(2026, 11, 28), date(2026, 12, 7)),
        # Over the turn of the year the office is closed until 3 January, a Sunday.
        (date(2026, 12, 25), date(2026, 12, 1), date(2026, 12, 6), date(2027, 1, 4)),
        # A clock that went backwards does not take time away.
        (date(2026, 12, 1), date(2026, 11, 24), date(2026, 11, 20), date(2026, 12, 1)),
    ],
)
def test_the_target_moves_by_the_wait(target: date, waited_from: date, waited_until: date, expected: date) -> None:
    assert moved_target(target, waited_from, waited_until, add_business_days) == expected


@given(days, days, st.integers(0, 400))
def test_a_wait_never_costs_the_operator_time(target: date, waited_from: date, waited: int) -> None:
    moved = moved_target(target, waited_from, waited_from + timedelta(days=waited), add_business_days)
    assert moved >= target + timedelta(days=waited)
    assert waited == 0 or is_business_day(moved)
