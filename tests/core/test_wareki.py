"""The Japanese calendar, against the days on which the eras began as the Cabinet Office's table has them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from privacy_portal.core.wareki import wareki
from requests_app.services.typesetting import date_words

# Written year by year, not computed from first days as the product does it: western year -> the era that the year
# ends in and its number; and the one day on which an era began inside the year.
YEARS = {
    **{1867 + number: ("明治", number) for number in range(6, 45)},
    **{1911 + number: ("大正", number) for number in range(1, 15)},
    **{1925 + number: ("昭和", number) for number in range(1, 64)},
    **{1988 + number: ("平成", number) for number in range(1, 31)},
    **{2018 + number: ("令和", number) for number in range(1, 83)},
}
BEGAN = {1912: (7, 30), 1926: (12, 25), 1989: (1, 8), 2019: (5, 1)}
BEFORE = {1912: ("明治", 45), 1926: ("大正", 15), 1989: ("昭和", 64), 2019: ("平成", 31)}


@given(st.dates(date(1873, 1, 1), date(2100, 12, 31)))
@example(date(1873, 1, 1))
@example(date(1912, 7, 29))
@example(date(1912, 7, 30))
@example(date(1926, 12, 24))
@example(date(1926, 12, 25))
@example(date(1989, 1, 7))
@example(date(1989, 1, 8))
@example(date(2019, 4, 30))
@example(date(2019, 5, 1))
def test_every_day_has_its_era(day: date) -> None:
    began = BEGAN.get(day.year)
    era, number = BEFORE[day.year] if began and (day.month, day.day) < began else YEARS[day.year]
    assert wareki(day) == f"{era}{'元' if number == 1 else number}年{day.month}月{day.day}日"


@pytest.mark.parametrize("first", [date(1912, 7, 30), date(1926, 12, 25), date(1989, 1, 8), date(2019, 5, 1)])
def test_the_first_year_of_an_era_has_no_number(first: date) -> None:
    assert "元年" in wareki(first)
    assert "元年" not in wareki(first - timedelta(days=1))


def test_before_the_gregorian_calendar_there_is_no_japanese_date() -> None:
    assert wareki(date(1872, 12, 31)) == ""
    assert date_words(date(1872, 12, 31), "ja") == "1872年12月31日"


@pytest.mark.parametrize(
    ("day", "language", "words"),
    [
        (date(2026, 11, 22), "ja", "令和8年11月22日（2026年11月22日）"),
        (date(2019, 5, 1), "ja", "令和元年5月1日（2019年5月1日）"),
        (date(2026, 11, 22), "en", "22 November 2026"),
        # A moment counts in Japan time: 15:00 UTC is midnight there.
        (datetime(2026, 11, 21, 14, 59, 59, tzinfo=UTC), "ja", "令和8年11月21日（2026年11月21日）"),
        (datetime(2026, 11, 21, 15, 0, tzinfo=UTC), "ja", "令和8年11月22日（2026年11月22日）"),
        (datetime(2026, 11, 21, 15, 0, tzinfo=UTC), "en", "22 November 2026"),
        (datetime(2019, 4, 30, 15, 0, tzinfo=UTC), "ja", "令和元年5月1日（2019年5月1日）"),
    ],
)
def test_letters_write_both_calendars(day: date, language: str, words: str) -> None:
    assert date_words(day, language) == words
