"""The one place that writes CSV: whoever opens it in a spreadsheet never runs what somebody else typed."""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from typing import IO

from .normalise import neutralise_formula

# Spreadsheets on Japanese Windows read UTF-8 only with its mark.
MARK = "\ufeff"


def write(out: IO[str], lines: Iterable[Iterable[object]]) -> None:
    """Write lines of cells; a text that would be read as a formula gets an apostrophe in front.

    Args:
        out: opened with ``newline=""``.
        lines: None is an empty cell, numbers stay numbers, everything else is text.
    """
    csv.writer(out).writerows([_cell(cell) for cell in line] for line in lines)


def text(lines: Iterable[Iterable[object]]) -> str:
    """The same as one text, for what is short."""
    out = io.StringIO(newline="")
    write(out, lines)
    return out.getvalue()


def _cell(cell: object) -> object:
    if cell is None:
        return ""
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return cell
    return neutralise_formula(str(cell))
