"""The filters that every template has."""

import datetime
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.utils import translation


def render(source: str, language: str = "ja", **context: object) -> str:
    with translation.override(language):
        return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("language", "english", "expected"), [("ja", "Name", "名前"), ("en", "Name", "Name"), ("en", "", "名前")]
)
def test_localized(language: str, english: str, expected: str) -> None:
    thing = SimpleNamespace(name_ja="名前", name_en=english)
    assert render("{{ thing|localized:'name' }}", language, thing=thing) == expected


def test_localized_nothing_is_nothing_but_a_wrong_name_is_a_mistake() -> None:
    assert render("{{ thing|localized:'name' }}", thing=None) == ""
    with pytest.raises(AttributeError):
        render("{{ thing|localized:'nmae' }}", thing=SimpleNamespace(name_ja="名前", name_en=""))


@pytest.mark.parametrize(
    ("value", "language", "expected"),
    [
        (datetime.date(2026, 11, 22), "ja", "2026年11月22日（日）"),
        (datetime.date(2026, 1, 5), "ja", "2026年1月5日（月）"),
        (datetime.date(2026, 11, 22), "en", "22 November 2026"),
        # 23:30 in UTC is the next day in Tokyo.
        (datetime.datetime(2026, 11, 22, 23, 30, tzinfo=datetime.UTC), "ja", "2026年11月23日（月）"),
        (None, "ja", ""),
        ("", "ja", ""),
    ],
)
def test_jp_date(value: object, language: str, expected: str) -> None:
    assert render("{{ value|jp_date }}", language, value=value) == expected


@pytest.mark.parametrize(("code", "expected"), [("12345678", "1234 5678"), ("12345", "123 45"), ("", ""), ("1", "1")])
def test_grouped_code(code: str, expected: str) -> None:
    assert render("{{ code|grouped_code }}", code=code) == expected
