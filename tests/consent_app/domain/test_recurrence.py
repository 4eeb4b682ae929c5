"""The same day some months later."""

from datetime import date

import pytest

from consent_app.domain.recurrence import months_later


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 22), 12, date(2027, 11, 22)),
        (date(2026, 11, 22), 1, date(2026, 12, 22)),
        (date(2026, 12, 22), 1, date(2027, 1, 22)),
        # No 31st, no 29th.
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 10, 31), 60, date(2031, 10, 31)),
    ],
)
def test_months_later(day: date, months: int, expected: date) -> None:
    assert months_later(day, months) == expected
