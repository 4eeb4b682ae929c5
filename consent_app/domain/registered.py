"""What may be written into the columns of a customer, whoever writes it.

The carts' files go through ``domain.formats``, which takes a good row with a bad cell. What a person or staff type is
held to more: a value that cannot be used is told to them, and nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from . import normalise
from .formats.cells import LIMITS
from .my_number import holds_my_number

TOO_LONG: Final = "too_long"
KANA_INVALID: Final = "kana_invalid"
GENDER_UNKNOWN: Final = "gender_unknown"
MY_NUMBER: Final = "my_number"

GENDERS: Final = ("", "male", "female", "other")
_KANA = re.compile(r"[ァ-ヺー・＝\s]*")


class Unusable(ValueError):
    """At least one value cannot be written. ``codes``: why, by column."""

    def __init__(self, codes: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{column}: {code}" for column, code in codes.items()))
        self.codes = dict(codes)


class _BadValueError(ValueError):
    pass


def cleaned(values: Mapping[str, Any], *, today: date) -> dict[str, Any]:
    """The values as they are stored, by column. Empty text, or None for the birth date, takes a value away.

    Raises:
        Unusable: some of them cannot be stored; all of those are named.
        KeyError: there is no such column.
    """
    result: dict[str, Any] = {}
    codes: dict[str, str] = {}
    for column, value in values.items():
        try:
            result[column] = _CLEANERS[column](column, value, today)
        except _BadValueError as error:
            codes[column] = str(error)
    if codes:
        raise Unusable(codes)
    return result


def _text(clean: Callable[[str], str]) -> Callable[[str, Any, date], str]:
    def cleaner(column: str, value: Any, today: date) -> str:
        text = clean(str(value or ""))
        if len(text) > LIMITS[column]:
            raise _BadValueError(TOO_LONG)
        if holds_my_number(text):
            raise _BadValueError(MY_NUMBER)
        return text

    return cleaner


def _kana(column: str, value: Any, today: date) -> str:
    text = _text(normalise.clean_kana)(column, value, today)
    if not _KANA.fullmatch(text):
        raise _BadValueError(KANA_INVALID)
    return text


def _found(read: Callable[[str], normalise.Normalised[str]]) -> Callable[[str, Any, date], str]:
    def cleaner(column: str, value: Any, today: date) -> str:
        found = read(str(value or ""))
        if found.problem:
            raise _BadValueError(found.problem)
        return found.value or ""

    return cleaner


def _gender(column: str, value: Any, today: date) -> str:
    if value not in GENDERS:
        raise _BadValueError(GENDER_UNKNOWN)
    return str(value)


def _birth_date(column: str, value: Any, today: date) -> date | None:
    found = normalise.birth_date(value.isoformat() if isinstance(value, date) else str(value or ""), today=today)
    if found.problem:
        raise _BadValueError(found.problem)
    return found.value


_CLEANERS: Final[dict[str, Callable[[str, Any, date], Any]]] = {
    **dict.fromkeys(("family_name", "given_name", "company"), _text(normalise.clean_text)),
    **dict.fromkeys(("family_kana", "given_kana"), _kana),
    **dict.fromkeys(("address1", "address2"), _text(normalise.clean_address)),
    "postal_code": _found(normalise.postal_code),
    "prefecture": _found(lambda text: normalise.prefecture("", text)),
    "telephone": _found(normalise.telephone),
    "email": _found(normalise.email),
    "gender": _gender,
    "birth_date": _birth_date,
}
