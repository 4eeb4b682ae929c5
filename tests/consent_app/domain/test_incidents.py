"""Must an incident be reported, and by when: the decision table of Rule 7 and the clocks of Rule 8."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_app.domain.incidents import (
    ITEMS,
    PERSON_ITEMS,
    Facts,
    Finding,
    Reportability,
    ReportKind,
    Trigger,
    clocks,
    day_number,
    judge,
    nth_day,
    refusal_to_report,
)
from privacy_portal.core.business_days import is_business_day

NO, SUSPECTED, YES, UNKNOWN = Finding.NO, Finding.SUSPECTED, Finding.YES, Finding.UNKNOWN
REPORTABLE, UNDECIDED, NOT = Reportability.REPORTABLE, Reportability.UNDECIDED, Reportability.NOT_REPORTABLE
S, P, W, M = Trigger.SENSITIVE, Trigger.PROPERTY, Trigger.WRONGFUL, Trigger.MANY


@pytest.mark.parametrize(
    ("sensitive", "damage", "wrongful", "encrypted", "persons", "result", "triggers"),
    [
        # Nothing of the four.
        (NO, NO, NO, NO, 1, NOT, ()),
        (NO, NO, NO, UNKNOWN, 1000, NOT, ()),
        # Each of the four alone, one person being enough for the first three.
        (YES, NO, NO, NO, 1, REPORTABLE, (S,)),
        (NO, YES, NO, NO, 1, REPORTABLE, (P,)),
        (NO, NO, YES, NO, 1, REPORTABLE, (W,)),
        (NO, NO, NO, NO, 1001, REPORTABLE, (M,)),
        # More than 1,000, not 1,000.
        (NO, NO, NO, NO, 1000, NOT, ()),
        # Suspicion counts.
        (SUSPECTED, NO, NO, NO, 1, REPORTABLE, (S,)),
        (NO, SUSPECTED, NO, NO, 0, REPORTABLE, (P,)),
        (NO, NO, SUSPECTED, NO, 1, REPORTABLE, (W,)),
        # Several at once.
        (YES, SUSPECTED, YES, NO, 5000, REPORTABLE, (S, P, W, M)),
        # Strong encryption exempts from all of them, but only when it is certain.
        (YES, YES, YES, YES, 5000, NOT, (S, P, W, M)),
        (YES, NO, NO, SUSPECTED, 1, REPORTABLE, (S,)),
        (YES, NO, NO, UNKNOWN, 1, REPORTABLE, (S,)),
        # What nobody has looked into is no "no".
        (UNKNOWN, NO, NO, NO, 1, UNDECIDED, ()),
        (NO, UNKNOWN, NO, NO, 1, UNDECIDED, ()),
        (NO, NO, UNKNOWN, NO, 1, UNDECIDED, ()),
        (NO, NO, NO, NO, None, UNDECIDED, ()),
        (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, None, UNDECIDED, ()),
        # One certain case is enough, whatever else is open.
        (YES, UNKNOWN, UNKNOWN, UNKNOWN, None, REPORTABLE, (S,)),
        (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, 1001, REPORTABLE, (M,)),
    ],
)
def test_must_it_be_reported(
    sensitive: Finding,
    damage: Finding,
    wrongful: Finding,
    encrypted: Finding,
    persons: int | None,
    result: Reportability,
    triggers: tuple[Trigger, ...],
) -> None:
    judgement = judge(Facts(sensitive, damage, wrongful, encrypted, persons))
    assert (judgement.result, judgement.triggers) == (result, triggers)


def test_open_questions_are_named() -> None:
    assert judge(Facts(UNKNOWN, NO, UNKNOWN, NO, None)).unanswered == (S, W, M)
    assert judge(Facts(NO, NO, NO, YES, 5)).encrypted


@pytest.mark.parametrize("persons", [None, 0, 1, 1000, 1001])
def test_never_exempt_while_something_is_open_and_nothing_is_encrypted(persons: int | None) -> None:
    for sensitive, damage, wrongful, encrypted in itertools.product(Finding, repeat=4):
        judgement = judge(Facts(sensitive, damage, wrongful, encrypted, persons))
        if judgement.result is NOT and encrypted is not YES:
            assert {sensitive, damage, wrongful} == {NO}
            assert persons is not None
            assert persons <= 1000


@pytest.mark.parametrize(
    ("known", "aim", "preliminary", "final", "final_wrongful"),
    [
        # An ordinary week: Monday 8 June 2026; day 5 is Friday, day 30 is Tuesday 7 July, day 60 Thursday 6 August.
        (date(2026, 6, 8), date(2026, 6, 10), date(2026, 6, 12), date(2026, 7, 7), date(2026, 8, 6)),
        # Known on a Wednesday: day 5 is a Sunday, so Monday. Day 30 is a Thursday.
        (date(2026, 6, 10), date(2026, 6, 12), date(2026, 6, 15), date(2026, 7, 9), date(2026, 8, 10)),
        # Known on a Sunday counts from that Sunday. Day 30 is Monday 20 July, Marine Day, so Tuesday.
        (date(2026, 6, 21), date(2026, 6, 23), date(2026, 6, 25), date(2026, 7, 21), date(2026, 8, 19)),
        # Day 60 on Mountain Day (11 August).
        (date(2026, 6, 13), date(2026, 6, 15), date(2026, 6, 17), date(2026, 7, 13), date(2026, 8, 12)),
        # Golden Week: day 5 is 5 May (Children's Day), 6 May is a substitute holiday in 2026.
        (date(2026, 5, 1), date(2026, 5, 3), date(2026, 5, 7), date(2026, 6, 1), date(2026, 6, 29)),
        # Day 30 is Sunday 3 May 2026, Constitution Day; 4 and 5 are holidays, 6 the substitute.
        (date(2026, 4, 4), date(2026, 4, 6), date(2026, 4, 8), date(2026, 5, 7), date(2026, 6, 2)),
        # Silver Week 2026: day 5 is 21 September (a holiday), 22 lies between two, 23 is the equinox.
        (date(2026, 9, 17), date(2026, 9, 19), date(2026, 9, 24), date(2026, 10, 16), date(2026, 11, 16)),
        # The turn of the year: day 5 is 29 December; offices open on Monday 4 January 2027.
        (date(2026, 12, 25), date(2026, 12, 27), date(2027, 1, 4), date(2027, 1, 25), date(2027, 2, 22)),
        # Day 30 on 31 December 2026.
        (date(2026, 12, 2), date(2026, 12, 4), date(2026, 12, 7), date(2027, 1, 4), date(2027, 2, 1)),
        # 3 January 2028 is a Monday and still closed.
        (date(2027, 12, 5), date(2027, 12, 7), date(2027, 12, 9), date(2028, 1, 4), date(2028, 2, 2)),
        # A leap day counts: 2028.
        (date(2028, 2, 25), date(2028, 2, 27), date(2028, 2, 29), date(2028, 3, 27), date(2028, 4, 24)),
        (date(2028, 2, 29), date(2028, 3, 2), date(2028, 3, 6), date(2028, 3, 29), date(2028, 4, 28)),
        # The year after has none.
        (date(2029, 2, 26), date(2029, 2, 28), date(2029, 3, 2), date(2029, 3, 27), date(2029, 4, 26)),
    ],
)
def test_the_clocks(known: date, aim: date, preliminary: date, final: date, final_wrongful: date) -> None:
    found = clocks(known, NO)
    assert (found.preliminary_aim, found.preliminary_due, found.final_due) == (aim, preliminary, final)
    assert clocks(known, UNKNOWN).final_due == final
    for finding in (SUSPECTED, YES):
        assert clocks(known, finding).final_due == final_wrongful
        assert clocks(known, finding).final_days == 60


@given(st.dates(date(2025, 1, 1), date(2035, 12, 31)))
def test_limits_are_open_days_and_never_early(known: date) -> None:
    found = clocks(known, NO)
    for limit, number in ((found.preliminary_due, 5), (found.final_due, 30)):
        assert is_business_day(limit)
        day = nth_day(known, number)
        assert day <= limit
        assert not any(is_business_day(day + timedelta(days=n)) for n in range((limit - day).days))


def test_the_day_it_was_known_is_day_one() -> None:
    assert day_number(date(2026, 6, 8), date(2026, 6, 8)) == 1
    assert day_number(date(2026, 6, 8), date(2026, 6, 12)) == 5
    assert nth_day(date(2026, 6, 8), 30) == date(2026, 7, 7)


def test_nine_items_of_which_the_person_is_told_five() -> None:
    assert [item.article for item in ITEMS] == [
        f"8(1){number}" for number in ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
    ]
    assert [item.field for item in PERSON_ITEMS] == ["overview", "data_involved", "cause", "damage", "other"]


K = ReportKind


@pytest.mark.parametrize(
    ("kind", "sent", "allowed"),
    [
        (K.PRELIMINARY, [], True),
        (K.PRELIMINARY, [K.PRELIMINARY], False),
        (K.PRELIMINARY, [K.COMPLETE], False),
        (K.COMPLETE, [], True),
        (K.COMPLETE, [K.PRELIMINARY], False),
        (K.FINAL, [], False),
        (K.FINAL, [K.TO_ENTRUSTER], False),
        (K.FINAL, [K.PRELIMINARY], True),
        (K.FINAL, [K.PRELIMINARY, K.FINAL], False),
        (K.FINAL, [K.COMPLETE], False),
        (K.SUPPLEMENT, [], False),
        (K.SUPPLEMENT, [K.PRELIMINARY], False),
        (K.SUPPLEMENT, [K.COMPLETE], True),
        (K.SUPPLEMENT, [K.PRELIMINARY, K.FINAL, K.SUPPLEMENT], True),
        (K.TO_ENTRUSTER, [], True),
        (K.TO_ENTRUSTER, [K.TO_ENTRUSTER], False),
    ],
)
def test_the_order_of_reports(kind: ReportKind, sent: list[ReportKind], allowed: bool) -> None:
    assert (refusal_to_report(kind, sent) is None) is allowed
