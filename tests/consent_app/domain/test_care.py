"""At which stages staff are told."""

import datetime

import pytest

from consent_app.domain import care

TODAY = datetime.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("days", "reached"),
    [
        (31, None),
        (30, "2026-12-22 -30"),
        (8, "2026-11-30 -30"),
        (7, "2026-11-29 -7"),
        (1, "2026-11-23 -7"),
        (0, "2026-11-22 +0"),
        (-6, "2026-11-16 +0"),
        (-7, "2026-11-15 +7"),
        (-20, "2026-11-02 +14"),
    ],
)
def test_stage_of_a_date(days: int, reached: str | None) -> None:
    assert care.stage(TODAY + datetime.timedelta(days=days), TODAY) == reached


def test_what_has_no_date_is_told_once_a_month() -> None:
    assert care.stage(None, TODAY) == care.stage(None, TODAY.replace(day=1)) == "2026-11"
    assert care.stage(None, TODAY.replace(month=12)) == "2026-12"


def test_a_kind_is_registered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(care, "_kinds", {})
    kind = care.CareKind("contract.ending", "契約", "consent_app.subcontractor", lambda today, until: [])
    care.register(kind)

    with pytest.raises(ValueError, match="twice"):
        care.register(kind)
