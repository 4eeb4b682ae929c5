"""Registered values as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.dateformat import format as format_date
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .written import written_postal_code, written_telephone

# For the admin, where the catalogue's names would be one more query; the person reads the catalogue's.
_ITEM_WORDS = {
    "name": _("氏名"),
    "kana": _("フリガナ"),
    "company": _("会社名"),
    "address": _("住所"),
    "telephone": _("電話番号"),
    "email": _("メールアドレス"),
    "gender": _("性別"),
    "birth_date": _("生年月日"),
}
GENDER_WORDS = {"male": _("男性"), "female": _("女性"), "other": _("その他")}


def item_label(item: str) -> str:
    """A plain name of an item that belongs to columns of a customer, in the active language; others by their code."""
    return str(_ITEM_WORDS.get(item, item))


def in_words(item: str, values: Mapping[str, Any]) -> str:
    """The values of one data item's columns in one line, in the active language; "" where nothing is registered.

    Args:
        item: code of an item that belongs to columns of a customer.
        values: by column; a date may be one or ISO 8601.
    """
    return _WORDS.get(item, _plain)(values)


def _plain(values: Mapping[str, Any]) -> str:
    return "　".join(str(value) for value in values.values() if value)


def _address(values: Mapping[str, Any]) -> str:
    code = values["postal_code"]
    lines = (values["prefecture"] + values["address1"], values["address2"])
    return " ".join(part for part in (f"〒{written_postal_code(code)}" if code else "", *lines) if part)


def _birth_date(values: Mapping[str, Any]) -> str:
    value = values["birth_date"]
    if not value:
        return ""
    day = value if isinstance(value, date) else date.fromisoformat(value)
    if (get_language() or "ja").startswith("en"):
        return format_date(day, "j F Y")
    return f"{day.year}年{day.month}月{day.day}日"


def _telephone(values: Mapping[str, Any]) -> str:
    return written_telephone(values["telephone"]) if values["telephone"] else ""


def _gender(values: Mapping[str, Any]) -> str:
    return str(GENDER_WORDS.get(values["gender"], ""))


_WORDS = {
    "address": _address,
    "telephone": _telephone,
    "gender": _gender,
    "birth_date": _birth_date,
}
