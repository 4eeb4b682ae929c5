"""The table of instructions, cell by cell, and the days on which somebody is reminded."""

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy_portal.core.business_days import add_business_days, is_business_day
from requests_app.domain import instructions as table
from requests_app.domain.instructions import By, Event, InstructionRefused, Kind, Stage, State

WAITING = {"sent", "reminded", "escalated"}
# Written without the table: state, event, who -> state.
ALLOWED = {
    ("drafted", "sent", "staff"): "sent",
    ("drafted", "sent", "worker"): "sent",
    ("drafted", "done", "staff"): "done",
    ("drafted", "withdrawn", "staff"): "withdrawn",
    ("sent", "reminded", "worker"): "reminded",
    ("reminded", "reminded", "worker"): "reminded",
    ("sent", "escalated", "worker"): "escalated",
    ("reminded", "escalated", "worker"): "escalated",
    **{(s, "sent", "staff"): "sent" for s in WAITING | {"answered", "failed"}},
    **{(s, "done", "staff"): "done" for s in WAITING | {"answered", "failed"}},
    **{(s, "withdrawn", "staff"): "withdrawn" for s in WAITING | {"answered", "failed"}},
    **{(s, "failed", "staff"): "failed" for s in WAITING | {"answered"}},
    **{(s, "withdrawn", "worker"): "withdrawn" for s in WAITING | {"drafted"}},
    **{(s, e, "addressee"): e for s in WAITING for e in ("answered", "done", "failed")},
}


@pytest.mark.parametrize(("state", "event", "by"), list(product(State, Event, By)))
def test_every_cell(state: State, event: Event, by: By) -> None:
    expected = ALLOWED.get((state.value, event.value, by.value))
    if expected is None:
        with pytest.raises(InstructionRefused):
            table.next_state(state, event, by)
        assert event not in table.possible(state, by)
    else:
        assert table.next_state(state, event, by) == expected
        assert event in table.possible(state, by)


def test_nothing_leads_out_of_an_end() -> None:
    assert not [state for (state, _event, _by) in table.TRANSITIONS if state in table.ENDED]


@pytest.mark.parametrize(("kind", "language"), list(product(Kind, ["ja", "en"])))
def test_every_kind_has_a_whole_text_in_both_languages(kind: Kind, language: str) -> None:
    text = table.text_of(kind, language, items=["氏名" if language == "ja" else "Name"], day=date(2026, 12, 1))
    assert "{" not in text
    assert ("2026年12月1日" if language == "ja" else "1 December 2026") in text
    assert text.isascii() == (language == "en")


@given(st.dates(date(2025, 1, 1), date(2027, 12, 31)), st.integers(0, 15), st.integers(0, 40))
def test_stages_come_in_order_and_the_due_day_is_the_addressees(sent: date, days: int, later: int) -> None:
    due = add_business_days(sent, days)
    today = sent + timedelta(days=later)
    stage = table.reached(sent, due, today)
    if today > due:
        assert stage == (Stage.ESCALATE if today > add_business_days(due, 3) else Stage.AFTER)
    else:
        assert stage in (None, Stage.BEFORE)
        assert (stage is None) == (today == sent or add_business_days(today, 1) < due)


def test_the_due_day_is_a_business_day() -> None:
    for kind in Kind:
        assert is_business_day(table.due_on(kind, date(2026, 12, 25)))
