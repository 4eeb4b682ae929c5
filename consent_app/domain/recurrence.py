"""When something comes again."""

import calendar
import datetime


def months_later(day: datetime.date, months: int) -> datetime.date:
    """The same day some months later; the last day of a month that is too short for it (Civil Code 143(2))."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
