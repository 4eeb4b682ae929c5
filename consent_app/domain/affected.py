"""Which persons an incident affects: the criteria, and lists of numbers as staff paste them."""

from __future__ import annotations

import csv
import datetime
import io
import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from .normalise import clean_text

MOST_NUMBERS = 100_000
_BETWEEN = re.compile(r"[\s,;、，；]+")


@dataclass(frozen=True, slots=True)
class Criteria:
    """Everything that is given must hold for a person; days are days in Japan, the last one included.

    Args:
        everybody: all customers; the only criterion that may stand for "nothing given".
        items: codes of data items, of which at least one is held about the person.
        source: the system that the person is known from.
        batch: key of an import that made or changed the person.
        numbers: member or order numbers of any source, or keys of customers.
        gift_recipients: also those to whom the customers chosen had something sent.
    """

    everybody: bool = False
    items: tuple[str, ...] = ()
    source: str = ""
    batch: str = ""
    registered_from: datetime.date | None = None
    registered_until: datetime.date | None = None
    bought_from: datetime.date | None = None
    bought_until: datetime.date | None = None
    numbers: tuple[str, ...] = ()
    gift_recipients: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing narrows it and nobody said "everybody"."""
        return replace(self, gift_recipients=False) == Criteria()

    def as_record(self) -> dict[str, Any]:
        """What is kept of it: numbers are counted, because they are personal data."""
        kept = {name: value for name, value in asdict(self).items() if value not in (False, (), "", None)}
        if self.numbers:
            kept["numbers"] = len(self.numbers)
        return kept


class TooManyNumbers(ValueError):
    """More numbers than can be looked up at once."""


def numbers_in(text: str) -> tuple[str, ...]:
    """The different numbers of a pasted text, in their order: by lines, spaces, commas; any width.

    Raises:
        TooManyNumbers: more than ``MOST_NUMBERS``.
    """
    return _distinct(clean_text(part) for part in _BETWEEN.split(text))


def numbers_in_csv(content: bytes) -> tuple[str, ...]:
    """The first column of a CSV file in UTF-8 or as Excel in Japan writes it (cp932).

    A heading is a number like any other that is not found.

    Raises:
        TooManyNumbers: more than ``MOST_NUMBERS``.
        UnicodeDecodeError: neither of the two encodings.
        csv.Error: a cell without end.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp932")
    return _distinct(clean_text(row[0]) for row in csv.reader(io.StringIO(text, newline=None)) if row)


def _distinct(parts: Any) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part for part in parts if part))
    if len(found) > MOST_NUMBERS:
        raise TooManyNumbers
    return found
