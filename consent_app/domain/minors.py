"""When a person needs a statutory agent to decide about their data (the 2026 amendment, article 40-2).

The amendment was promulgated in July 2026 and is not in force: ``MINOR_RULE_FROM`` has no date until it is. The rule is
here so that one setting turns it on.
"""

from __future__ import annotations

import datetime

AGE = 16


def comes_of_age(birth_date: datetime.date, age: int = AGE) -> datetime.date:
    """The first day on which the person is ``age`` years old.

    A year of age is full when the day before the birthday ends (Act on the Calculation of Ages), so whoever was born
    on 29 February is of age on 1 March where the year has no 29th.
    """
    try:
        return birth_date.replace(year=birth_date.year + age)
    except ValueError:
        return datetime.date(birth_date.year + age, 3, 1)


def needs_agent(*, birth_date: datetime.date | None, today: datetime.date, rule_from: datetime.date | None) -> bool:
    """Whether this person cannot decide alone today.

    Args:
        birth_date: as registered; None where it is not known. Nobody is kept from deciding because a date is missing.
        today: the day in Japan.
        rule_from: the day on which the rule takes effect; None while it has none.
    """
    if rule_from is None or today < rule_from or birth_date is None:
        return False
    return today < comes_of_age(birth_date)
