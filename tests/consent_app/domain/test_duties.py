"""The task list of a subcontractor, day by day: written from article 25 and Rules 15 to 18, not from the code."""

from datetime import date
from typing import Any

import pytest

from consent_app.domain import duties
from consent_app.domain.duties import Abroad, Agreement, Duty, Judgement, Obstacle, State, Supervision, Task
from consent_app.domain.supervision_words import day_words

TODAY = date(2026, 11, 22)
CHOSEN = Judgement(date(2025, 4, 1), True, date(2026, 4, 1))
LONG = Agreement("long", date(2025, 4, 1), None, True)


def state_of(duty: Duty, **facts: Any) -> tuple[str, date | None]:
    supervision = Supervision(**{"country": "JP", "selections": (CHOSEN,), "agreements": (LONG,), **facts})
    task = next(one for one in duties.tasks(supervision, TODAY) if one.duty == duty)
    return task.state.value, task.on


def agreement(begins: date | None, until: date | None, complete: bool = True, key: str = "a") -> Agreement:
    return Agreement(key, begins, until, complete)


@pytest.mark.parametrize(
    ("agreements", "expected"),
    [
        ((LONG,), ("done", None)),
        ((agreement(date(2026, 1, 1), date(2027, 1, 22)),), ("done", date(2027, 1, 22))),
        ((agreement(date(2026, 1, 1), date(2027, 1, 21)),), ("soon", date(2027, 1, 21))),
        ((agreement(date(2026, 1, 1), TODAY),), ("soon", TODAY)),
        ((agreement(date(2026, 1, 1), date(2026, 11, 21)),), ("late", date(2026, 11, 21))),
        (
            (agreement(date(2026, 1, 1), date(2026, 12, 31)), agreement(date(2027, 1, 1), None, key="b")),
            ("done", date(2026, 12, 31)),
        ),
        (
            (agreement(date(2026, 1, 1), date(2026, 12, 31)), agreement(date(2027, 1, 2), None, key="b")),
            ("soon", date(2026, 12, 31)),
        ),
        (
            (agreement(date(2026, 1, 1), date(2026, 12, 31)), agreement(date(2027, 1, 1), None, False, key="b")),
            ("soon", date(2026, 12, 31)),
        ),
        ((agreement(date(2026, 1, 1), None, complete=False),), ("failed", None)),
        (
            (agreement(date(2025, 1, 1), date(2025, 12, 31)), agreement(date(2026, 12, 1), None, key="b")),
            ("missing", date(2026, 12, 1)),
        ),
        ((agreement(None, None),), ("missing", None)),
        ((), ("missing", None)),
    ],
    ids=[
        "without end",
        "ends in 61 days",
        "ends in 60 days",
        "ends today",
        "ended yesterday",
        "renewed without a gap",
        "renewed with a gap of a day",
        "renewed without a clause",
        "lacks a clause",
        "ended, the next begins in December",
        "draft",
        "nothing",
    ],
)
def test_the_agreement(agreements: tuple[Agreement, ...], expected: tuple[str, date | None]) -> None:
    assert state_of(Duty.AGREEMENT, agreements=agreements) == expected


@pytest.mark.parametrize(
    ("selections", "reviews", "expected"),
    [
        ((), (), ("missing", None)),
        ((Judgement(date(2026, 4, 1), True, date(2027, 4, 1)),), (), ("done", date(2027, 4, 1))),
        ((CHOSEN,), (), ("late", date(2026, 4, 1))),
        ((CHOSEN,), (Judgement(date(2026, 4, 1), True, date(2026, 11, 22)),), ("soon", date(2026, 11, 22))),
        ((CHOSEN,), (Judgement(date(2026, 4, 1), True, date(2026, 11, 21)),), ("late", date(2026, 11, 21))),
        (
            (CHOSEN,),
            (Judgement(date(2026, 5, 1), True, date(2027, 5, 1)), Judgement(date(2026, 4, 1), True, date(2026, 5, 1))),
            ("done", date(2027, 5, 1)),
        ),
        ((CHOSEN,), (Judgement(date(2026, 5, 1), False, date(2027, 5, 1)),), ("failed", date(2026, 5, 1))),
        (
            (CHOSEN,),
            (Judgement(date(2026, 5, 1), False, date(2026, 6, 1)), Judgement(date(2026, 6, 1), True, date(2027, 6, 1))),
            ("done", date(2027, 6, 1)),
        ),
        (
            (CHOSEN, Judgement(date(2026, 7, 1), True, date(2027, 7, 1))),
            (Judgement(date(2026, 5, 1), False, date(2026, 6, 1)),),
            ("done", date(2027, 7, 1)),
        ),
        (
            (CHOSEN, Judgement(date(2026, 5, 1), True, date(2027, 7, 1))),
            (Judgement(date(2026, 5, 1), False, date(2026, 6, 1)),),
            ("failed", date(2026, 5, 1)),
        ),
        ((CHOSEN,), (Judgement(date(2026, 11, 23), True, date(2027, 11, 1)),), ("late", date(2026, 4, 1))),
    ],
    ids=[
        "not selected",
        "first review ahead",
        "first review late",
        "next review today",
        "next review late",
        "the newest of two counts, in whatever order",
        "unfit",
        "unfit, then fit",
        "unfit, then selected anew",
        "unfit on the day of the selection",
        "a review of tomorrow does not count",
    ],
)
def test_the_review(
    selections: tuple[Judgement, ...], reviews: tuple[Judgement, ...], expected: tuple[str, date | None]
) -> None:
    assert state_of(Duty.REVIEW, selections=selections, reviews=reviews) == expected


def test_in_japan_there_is_nothing_to_do_about_abroad() -> None:
    found = duties.tasks(Supervision("JP", (CHOSEN,), (LONG,)), TODAY)
    assert [task.duty for task in found] == [Duty.SELECTION, Duty.AGREEMENT, Duty.REVIEW]
    assert [task.open for task in found] == [False, False, True]


@pytest.mark.parametrize(
    ("country", "abroad", "expected"),
    [
        ("US", None, ("missing", None)),
        ("US", Abroad("designated"), ("missing", None)),
        ("FR", Abroad("designated"), ("done", None)),
        ("US", Abroad("equivalent"), ("missing", None)),
        ("US", Abroad("equivalent", None, date(2026, 6, 1), date(2027, 6, 1)), ("done", date(2027, 6, 1))),
        ("US", Abroad("equivalent", None, date(2026, 1, 1), date(2026, 12, 1)), ("soon", date(2026, 12, 1))),
        # "About once a year": a next check years ahead does not make it one.
        ("US", Abroad("equivalent", None, date(2025, 11, 1), date(2029, 1, 1)), ("late", date(2026, 11, 2))),
        (
            "US",
            Abroad("equivalent", None, date(2026, 11, 1), date(2027, 11, 1), check_failed=True),
            ("failed", date(2026, 11, 1)),
        ),
        ("US", Abroad("consent"), ("missing", None)),
        ("US", Abroad("consent", informed_from=date(2026, 11, 23)), ("missing", None)),
        ("US", Abroad("consent", informed_from=TODAY), ("done", None)),
    ],
)
def test_abroad(country: str, abroad: Abroad | None, expected: tuple[str, date | None]) -> None:
    assert state_of(Duty.ABROAD, country=country, abroad=abroad) == expected


def test_findings_and_passing_on() -> None:
    assert state_of(Duty.FINDINGS, findings_due=(date(2027, 1, 1), date(2026, 11, 21))) == ("late", date(2026, 11, 21))
    assert state_of(Duty.FINDINGS, findings_due=(TODAY,)) == ("soon", TODAY)
    assert state_of(Duty.REENTRUSTMENT, waiting=1) == ("soon", None)
    assert state_of(Duty.REENTRUSTMENT, waiting=1, unapproved=1) == ("failed", None)


def test_nothing_recorded_is_everything_missing() -> None:
    nothing = Supervision("US")
    assert {one.value for one in duties.obstacles(nothing, TODAY)} == {
        "selection_missing",
        "agreement_missing",
        "recipient_abroad",
    }
    assert {task.state for task in duties.tasks(nothing, TODAY)} == {State.MISSING}


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (Task(Duty.AGREEMENT, State.SOON, on=TODAY), "期限 2026-11-22"),
        (Task(Duty.AGREEMENT, State.MISSING, Obstacle.AGREEMENT_NOT_BEGUN, TODAY), "2026-11-22から"),
        (Task(Duty.REVIEW, State.DONE, on=TODAY), "次の確認 2026-11-22"),
        (Task(Duty.REVIEW, State.FAILED, Obstacle.REVIEW_FAILED, TODAY), "2026-11-22の確認"),
        (Task(Duty.ABROAD, State.FAILED, Obstacle.ABROAD_UNCHECKED, TODAY), "2026-11-22の確認"),
        (Task(Duty.SELECTION, State.DONE), ""),
    ],
)
def test_the_day_says_what_it_is(task: Task, words: str) -> None:
    assert day_words(task) == words
