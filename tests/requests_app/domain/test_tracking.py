"""Numbers of the post."""

import pytest

from requests_app.domain import tracking


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", ""),
        ("　", ""),
        ("123-45-67890-1", "12345678901"),
        ("１２３４−５６７８−９０１２", "123456789012"),
        ("1234567890123", "1234567890123"),
        ("ee 123 456 789 jp", "EE123456789JP"),
    ],
)
def test_any_spelling_is_read(typed: str, read: str) -> None:
    assert tracking.read(typed) == read


@pytest.mark.parametrize("typed", ["1234567890", "12345678901234", "E1234567890JP", "書留", "12345678901" + " " * 60])
def test_what_the_post_does_not_use_is_none(typed: str) -> None:
    assert tracking.read(typed) is None


def test_written_in_groups() -> None:
    assert tracking.written("12345678901") == "123-45-67890-1"
    assert tracking.written("123456789012") == "1234-5678-9012"
    assert tracking.written("EE123456789JP") == "EE123456789JP"
