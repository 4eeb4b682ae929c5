"""Criteria, and numbers as staff paste them."""

import csv
import datetime

import pytest

from consent_app.domain import affected
from consent_app.domain.affected import Criteria, numbers_in, numbers_in_csv


def test_numbers_in_any_spelling_once() -> None:
    assert numbers_in("１２３\nA-1, A-1;B 2、C\t\n\n") == ("123", "A-1", "B", "2", "C")
    assert numbers_in("  ") == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_first_column_of_a_file(encoding: str) -> None:
    content = '会員番号,氏名\r\n"1001",例\r\n1002,例\r\n\r\n1001,例\r\n'.encode(encoding)
    assert numbers_in_csv(content) == ("会員番号", "1001", "1002")


@pytest.mark.parametrize("content", [b"1001\r1002", b"1001\r\n\r1002\n", b'"1001"\r1002'])
def test_lines_of_every_kind(content: bytes) -> None:
    assert numbers_in_csv(content) == ("1001", "1002")


def test_a_cell_without_end() -> None:
    with pytest.raises(csv.Error):
        numbers_in_csv(b'"' + b"1" * 200_000)


def test_a_file_that_is_no_text() -> None:
    with pytest.raises(UnicodeDecodeError):
        numbers_in_csv(b"\xff\xfe\x81")


def test_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(affected, "MOST_NUMBERS", 2)
    assert numbers_in("1 2 1") == ("1", "2")
    with pytest.raises(affected.TooManyNumbers):
        numbers_in("1 2 3")


def test_what_is_kept_of_criteria_has_no_numbers() -> None:
    criteria = Criteria(items=("email",), numbers=("1001", "1002"), bought_from=datetime.date(2026, 5, 1))
    assert criteria.as_record() == {"items": ("email",), "numbers": 2, "bought_from": datetime.date(2026, 5, 1)}
    assert not criteria.is_empty
    assert Criteria().is_empty
    assert Criteria(gift_recipients=True).is_empty
    assert not Criteria(everybody=True).is_empty
