"""Mistakes in tables and mails are found before anybody meets them."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.checks import run_checks

from requests_app import checks, notifications
from requests_app.domain.request_types import DISCLOSURE, REQUEST_TYPES
from requests_app.domain.transitions import Event


def test_nothing_is_wrong_now() -> None:
    assert [message for message in run_checks() if message.id.startswith("requests_app.")] == []  # type: ignore[union-attr]


def test_an_event_without_a_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(notifications.TEMPLATES, Event.ASKED)
    assert [error.id for error in checks.every_event_has_its_mail(None)] == ["requests_app.E001"]


def test_a_mail_that_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(notifications.TEMPLATES, Event.ASKED, "request_nothing")
    errors = checks.every_event_has_its_mail(None)
    assert {error.id for error in errors} == {"requests_app.E002"}
    assert len(errors) == len(checks.LANGUAGES) * len(checks.PARTS)


def test_a_type_with_an_unknown_outcome_or_a_ground_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(DISCLOSURE, outcome_articles={"perhaps": "33(2)"}, refusals=DISCLOSURE.refusals[:1] * 2)
    monkeypatch.setitem(REQUEST_TYPES, "disclosure", wrong)
    found = [error.id for error in checks.request_types_fit_the_models(None)]
    assert found == ["requests_app.E004", "requests_app.E005"]


def test_a_profile_without_an_item_under_which_data_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "HELD_ITEMS", frozenset({"name", "orders"}))
    errors = checks.profiles_name_all_that_is_held(None)
    assert errors
    assert {error.id for error in errors} == {"requests_app.E006"}
    assert all("'orders'" in error.msg for error in errors)


@pytest.mark.parametrize(
    ("name", "days"),
    [("REQUEST_REMIND_AFTER_DAYS", 21), ("REQUEST_SILENCE_CLOSE_DAYS", 30), ("REQUEST_SILENCE_WARNING_DAYS", 3)],
)
def test_reminders_that_are_out_of_order_are_an_error(settings: Any, name: str, days: int) -> None:
    assert checks.waiting_for_the_person_is_in_order(None) == []
    setattr(settings, name, days)
    assert [error.id for error in checks.waiting_for_the_person_is_in_order(None)] == ["requests_app.E007"]
