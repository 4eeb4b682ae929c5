"""Business days in real years."""

import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy_portal.core.business_days import add_business_days, is_business_day, next_business_day

D = datetime.date


@pytest.mark.parametrize(
    ("date", "why"),
    [
        (D(2026, 11, 21), "Saturday"),
        (D(2026, 11, 22), "Sunday"),
        (D(2026, 11, 23), "勤労感謝の日"),
        (D(2026, 5, 6), "振替休日: 3 May is a Sunday, and the 4th and 5th are holidays"),
        (D(2027, 3, 22), "振替休日 for 春分の日"),
        (D(2026, 9, 22), "国民の休日 between 敬老の日 and 秋分の日"),
        (D(2026, 9, 23), "秋分の日"),
        (D(2032, 9, 21), "国民の休日"),
        (D(2019, 4, 30), "国民の休日 before the enthronement"),
        (D(2019, 5, 1), "即位の日"),
        (D(2019, 10, 22), "即位礼正殿の儀"),
        (D(2021, 7, 23), "スポーツの日, moved for the Olympic Games"),
        (D(2021, 8, 9), "振替休日 for 山の日, moved for the Olympic Games"),
        (D(2026, 12, 29), "year's end"),
        (D(2026, 12, 31), "year's end"),
        (D(2027, 1, 1), "元日"),
        (D(2025, 1, 2), "year's beginning"),
        (D(2025, 1, 3), "year's beginning"),
    ],
)
def test_closed(date: datetime.date, why: str) -> None:
    assert not is_business_day(date), why


@pytest.mark.parametrize(
    "date",
    [
        D(2026, 11, 20),
        D(2026, 11, 24),
        D(2026, 5, 7),
        D(2026, 12, 28),
        D(2027, 1, 4),
        D(2025, 9, 22),  # 秋分の日 on the 23rd, 敬老の日 on the 15th: nothing between
        D(2021, 7, 19),  # 海の日 was moved away
        D(2018, 5, 1),
        D(2019, 12, 23),  # the former emperor's birthday
    ],
)
def test_open(date: datetime.date) -> None:
    assert is_business_day(date)


@pytest.mark.parametrize(
    ("date", "n", "result"),
    [
        (D(2026, 9, 18), 1, D(2026, 9, 24)),
        (D(2026, 12, 28), 1, D(2027, 1, 4)),
        (D(2026, 11, 20), 1, D(2026, 11, 24)),
        (D(2026, 11, 22), 1, D(2026, 11, 24)),
        (D(2026, 11, 22), 10, D(2026, 12, 7)),
        (D(2026, 4, 28), 3, D(2026, 5, 7)),
        (D(2026, 11, 22), 0, D(2026, 11, 24)),
        (D(2026, 11, 24), 0, D(2026, 11, 24)),
    ],
)
def test_adding(date: datetime.date, n: int, result: datetime.date) -> None:
    assert add_business_days(date, n) == result


def test_next_is_one_more() -> None:
    assert next_business_day(D(2026, 9, 18)) == D(2026, 9, 24)


@given(st.dates(D(2015, 1, 1), D(2040, 12, 31)), st.integers(0, 60))
def test_adding_counts_exactly_the_business_days_between(date: datetime.date, n: int) -> None:
    result = add_business_days(date, n)
    assert is_business_day(result)
    passed = [date + datetime.timedelta(days=d) for d in range(1, (result - date).days + 1)]
    if n:
        assert sum(map(is_business_day, passed)) == n


@given(st.dates(D(2015, 1, 1), D(2040, 12, 31)))
def test_order_is_kept(date: datetime.date) -> None:
    days = [add_business_days(date, n) for n in range(1, 12)]
    assert all(one < other for one, other in pairwise(days))


def test_a_moment_is_refused() -> None:
    with pytest.raises(TypeError, match="localdate"):
        is_business_day(datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC))


def test_counting_back_is_refused() -> None:
    with pytest.raises(ValueError, match="forward"):
        add_business_days(D(2026, 11, 22), -1)
