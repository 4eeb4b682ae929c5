"""Business days of a Japanese office: not Saturdays, Sundays, national holidays, or 29 December to 3 January.

The holidays follow the Act on National Holidays (国民の祝日に関する法律), with substitute holidays (art. 3(2)) and the
day between two holidays (art. 3(3)). 29 December to 3 January are the closed days of public offices
(行政機関の休日に関する法律, art. 1(1)(iii)), which most firms keep too.
"""

import datetime
import functools

import holidays

_ONE_DAY = datetime.timedelta(days=1)


def is_business_day(date: datetime.date) -> bool:
    """Whether the office works on this day.

    Raises:
        TypeError: a moment was given; which day it is depends on the time zone, so the caller must say.
    """
    if isinstance(date, datetime.datetime):
        raise TypeError("A date is needed, not a moment: use timezone.localdate().")
    return date.weekday() < 5 and not _is_year_end(date) and date not in _national_holidays(date.year)


def next_business_day(date: datetime.date) -> datetime.date:
    """The first business day after ``date``."""
    return add_business_days(date, 1)


def add_business_days(date: datetime.date, n: int) -> datetime.date:
    """The ``n``-th business day after ``date``; the day itself is not counted (Civil Code art. 140).

    Args:
        date: any day, a closed one too.
        n: 0 gives the day itself if it is a business day, otherwise the next one (Civil Code art. 142).

    Raises:
        ValueError: ``n`` is negative.
    """
    if n < 0:
        raise ValueError("Business days are only counted forward.")
    if n == 0:
        return date if is_business_day(date) else next_business_day(date)
    while n:
        date += _ONE_DAY
        n -= is_business_day(date)
    return date


def _is_year_end(date: datetime.date) -> bool:
    return (date.month == 12 and date.day >= 29) or (date.month == 1 and date.day <= 3)


@functools.lru_cache(maxsize=64)
def _national_holidays(year: int) -> frozenset[datetime.date]:
    # A whole year at a time: the library's own object fills itself while it is asked, which threads must not share.
    return frozenset(holidays.country_holidays("JP", years=year, expand=False))
