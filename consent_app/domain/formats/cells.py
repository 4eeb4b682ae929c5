"""Reads one row's cells: normalises them, keeps the originals, notes what could not be used."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from ..my_number import mask_my_numbers
from ..normalise import (
    Normalised,
    birth_date,
    clean_address,
    clean_kana,
    clean_note,
    clean_text,
    email,
    is_placeholder,
    moment,
    postal_code,
    prefecture,
    telephone,
)
from .rows import MY_NUMBER_MASKED, NUMBER_UNREADABLE, TOO_LONG, Person, Problem, RecipientRow

# The longest value each column of Customer takes.
LIMITS = {
    "family_name": 100,
    "given_name": 100,
    "family_kana": 100,
    "given_kana": 100,
    "company": 200,
    "address1": 300,
    "address2": 300,
}
ORIGINAL_LIMIT = 2000
EXTERNAL_ID_LIMIT = 100
_AMOUNT = re.compile(r"-?\d{1,15}(?:\.\d{1,4})?")


class Cells:
    """One row by column name. The methods that fill ``target`` note originals and problems as they go."""

    __slots__ = ("external_id", "line", "originals", "problems", "target", "values")

    def __init__(self, values: dict[str, str], line: int, target: Person | RecipientRow, external_id: str = "") -> None:
        self.values = values
        self.line = line
        self.target = target
        self.external_id = external_id
        self.originals: dict[str, str] = {}
        self.problems: list[Problem] = []

    def raw(self, column: str) -> str:
        """The cell as it is; empty where the file has no such column."""
        return self.values.get(column, "")

    def problem(self, column: str, code: str) -> None:
        """Note that a cell could not be used as it is."""
        self.problems.append(Problem(self.line, column, code, self.external_id))

    def _keep(self, field: str, raw: str, value: object) -> None:
        if raw == value:
            return
        kept = clean_note(raw)[:ORIGINAL_LIMIT]
        if kept and kept != value:
            self.originals[field] = kept

    def _put_text(self, field: str, column: str, raw: str, value: str) -> None:
        if len(value) > LIMITS[field]:
            self.problem(column, TOO_LONG)
            value = ""
        setattr(self.target, field, value)
        self._keep(field, raw, value)

    def text(self, field: str, column: str) -> None:
        """A name or a company."""
        if raw := self.raw(column):
            value = clean_text(raw)
            self._put_text(field, column, raw, "" if is_placeholder(value) else value)

    def kana(self, field: str, column: str) -> None:
        """A reading."""
        if raw := self.raw(column):
            self._put_text(field, column, raw, clean_kana(raw))

    def address(self, field: str, *columns: str) -> None:
        """One address line out of one or more cells, My Numbers masked."""
        raw = "".join(self.raw(column) for column in columns)
        if raw:
            raw = self._masked(columns[-1], raw)
            self._put_text(field, columns[-1], raw, clean_address(raw))

    def _put(self, field: str, column: str, raw: str, found: Normalised[str] | Normalised[date]) -> None:
        if found.problem:
            self.problem(column, found.problem)
        value = found.value
        setattr(self.target, field, value if value is not None else (None if field == "birth_date" else ""))
        if value is not None or found.problem:
            self._keep(field, raw, value.isoformat() if isinstance(value, date) else value)

    def telephone(self, *columns: str) -> None:
        """The first of the columns that holds anything."""
        column = next((column for column in columns if self.raw(column).strip()), "")
        if column:
            self._put("telephone", column, self.raw(column), telephone(self.raw(column)))

    def email(self, column: str) -> None:
        """The mail address in lower case."""
        if raw := self.raw(column):
            self._put("email", column, raw, email(raw))

    def postal_code(self, column: str) -> None:
        """Seven digits."""
        if raw := self.raw(column):
            self._put("postal_code", column, raw, postal_code(raw))

    def birth_date(self, column: str, today: date) -> None:
        """A day of birth; an impossible one stays empty and is kept as it was written."""
        if raw := self.raw(column):
            self._put("birth_date", column, raw, birth_date(raw, today=today))

    def prefecture(self, code_column: str, name_column: str = "") -> None:
        """The prefecture's name, from its number, its name or both."""
        code, name = self.raw(code_column) if code_column else "", self.raw(name_column) if name_column else ""
        if code or name:
            found = prefecture(code, name)
            raw = name or (code if found.problem else "")
            self._put("prefecture", name_column or code_column, raw, found)

    def _masked(self, column: str, text: str) -> str:
        if len(text) < 12:
            return text
        masked, count = mask_my_numbers(text)
        if count:
            self.problem(column, MY_NUMBER_MASKED)
        return masked

    def note(self, column: str) -> str:
        """Free text as it was written, line breaks included, My Numbers masked."""
        raw = self.raw(column)
        return self._masked(column, clean_note(raw)) if raw else ""

    def word(self, column: str) -> str:
        """A short value of the cart (a status, a product), My Numbers masked."""
        raw = self.raw(column)
        return self._masked(column, clean_text(raw)) if raw else ""

    def amount(self, column: str) -> str | None:
        """A number exactly as written («89383.00»), so that nothing is rounded; None where there is none.

        What is no number stays the text it is, and is reported.
        """
        raw = self.word(column)
        number = raw.replace(",", "")
        if not raw or _AMOUNT.fullmatch(number):
            return number or None
        self.problem(column, NUMBER_UNREADABLE)
        return raw

    def moment(self, column: str) -> datetime | None:
        """A date and time of the cart."""
        if not (raw := self.raw(column)):
            return None
        found = moment(raw)
        if found.problem:
            self.problem(column, found.problem)
        return found.value


def without_empty(data: Mapping[str, object]) -> dict[str, object]:
    """The entries that say something."""
    return {key: value for key, value in data.items() if value not in (None, "", [])}
