"""Who needs a statutory agent, and how months are counted."""

import datetime

import pytest

from consent_app.domain.minors import comes_of_age, needs_agent
from consent_app.domain.months import months_later

DAY = datetime.date


@pytest.mark.parametrize(
    ("born", "of_age"),
    [
        (DAY(2010, 11, 22), DAY(2026, 11, 22)),
        (DAY(2008, 2, 29), DAY(2024, 2, 29)),
        (DAY(2084, 2, 29), DAY(2100, 3, 1)),
    ],
)
def test_of_age_on_the_birthday(born: DAY, of_age: DAY) -> None:
    assert comes_of_age(born) == of_age


@pytest.mark.parametrize(
    ("born", "today", "rule_from", "expected"),
    [
        (DAY(2010, 11, 23), DAY(2026, 11, 22), DAY(2026, 11, 22), True),
        (DAY(2010, 11, 22), DAY(2026, 11, 22), DAY(2026, 11, 22), False),
        (DAY(2010, 11, 23), DAY(2026, 11, 22), DAY(2026, 11, 23), False),
        (DAY(2010, 11, 23), DAY(2026, 11, 22), None, False),
        (None, DAY(2026, 11, 22), DAY(2026, 11, 22), False),
    ],
    ids=["the day before", "the birthday", "rule from tomorrow", "rule off", "not known"],
)
def test_who_needs_an_agent(born: DAY | None, today: DAY, rule_from: DAY | None, expected: bool) -> None:
    assert needs_agent(birth_date=born, today=today, rule_from=rule_from) is expected


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (DAY(2026, 11, 22), 12, DAY(2027, 11, 22)),
        (DAY(2026, 1, 31), 1, DAY(2026, 2, 28)),
        (DAY(2027, 12, 31), 2, DAY(2028, 2, 29)),
        (DAY(2026, 12, 1), 1, DAY(2027, 1, 1)),
    ],
)
def test_months_later(day: DAY, months: int, later: DAY) -> None:
    assert months_later(day, months) == later
