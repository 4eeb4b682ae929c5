"""Days in the Japanese calendar (和暦), as official letters write them."""

from datetime import date
from typing import Final

# First day of each era by its law or rescript, and the year of our calendar that is its year one. Japan took over the
# Gregorian calendar on 1 January 1873, Meiji 6: days before that have other months.
_ERAS: Final = (
    (date(2019, 5, 1), 2019, "令和"),
    (date(1989, 1, 8), 1989, "平成"),
    (date(1926, 12, 25), 1926, "昭和"),
    (date(1912, 7, 30), 1912, "大正"),
    (date(1873, 1, 1), 1868, "明治"),
)


def wareki(day: date) -> str:
    """A day such as 令和8年11月22日, the first year of an era as 元年.

    Returns:
        Empty for a day before 1873, when Japan did not yet use the Gregorian calendar.
    """
    for first_day, first_year, era in _ERAS:
        if (day.year, day.month, day.day) >= (first_day.year, first_day.month, first_day.day):
            year = day.year - first_year + 1
            return f"{era}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return ""
