"""CSV records with the true line numbers of the file, also behind a broken one.

``csv.reader`` alone is not enough: one quotation mark that is never closed swallows all the rows behind it, and its
line count runs ahead of the record. Here a record is put together from the file's physical lines first (the quotation
marks must be even, RFC 4180 section 2), then parsed strictly; where that fails, reading goes on at the next line.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple, TextIO

COLUMN_COUNT: Final = "column_count"
QUOTE_NOT_CLOSED: Final = "quote_not_closed"
LINE_TOO_LONG: Final = "line_too_long"
UNDECODABLE: Final = "undecodable"

LONGEST_LINE: Final = 256 * 1024
LONGEST_RECORD_LINES: Final = 1000
LONGEST_RECORD: Final = 1024 * 1024


class Line(NamedTuple):
    """One record: the physical line it begins on (the header is line 1) and its cells; or why it is unusable."""

    number: int
    cells: list[str]
    problem: str = ""
    column: int | None = None


def _physical_lines(text: TextIO) -> Iterator[tuple[str, bool]]:
    """Lines with their ends, and whether they are complete; one without an end never fills the memory."""
    while line := text.readline(LONGEST_LINE):
        if len(line) < LONGEST_LINE or line.endswith(("\n", "\r")):
            yield line, True
            continue
        while (rest := text.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
            pass
        yield line[:200], False


def _parse(record: str) -> list[str] | None:
    try:
        rows = list(csv.reader((record,), strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


# Bytes that the encoding does not know, as ``surrogateescape`` keeps them.
_LONE_SURROGATE = re.compile("[\udc80-\udcff]")


def _undecodable(record: str, cells: list[str]) -> int | None:
    """The first cell that could not be decoded."""
    if record.isascii() or not _LONE_SURROGATE.search(record):
        return None
    return next((i for i, cell in enumerate(cells) if _LONE_SURROGATE.search(cell)), 0)


def _single(number: int, line: str, width: int | None) -> Line | None:
    """The record if this one line is a whole one."""
    cells = _parse(line)
    if cells is None or (width is not None and len(cells) != width):
        return None
    return Line(number, cells)


def read_records(text: TextIO) -> Iterator[Line]:
    """Every record of the file. The first is the header; its width is what the others must have.

    ``text`` must have been opened with ``newline=""`` and ``errors="surrogateescape"``. Empty lines are skipped.
    """
    lines = _physical_lines(text)
    again: deque[tuple[str, bool]] = deque()
    number = 0  # of the line read last
    width: int | None = None

    def next_line() -> tuple[str, bool] | None:
        return again.popleft() if again else next(lines, None)

    while (read := next_line()) is not None:
        line, complete = read
        number += 1
        if not complete:
            yield Line(number, [], LINE_TOO_LONG)
            continue
        if not line.strip("\r\n"):
            continue
        first = number
        pieces = [line]
        odd = line.count('"') % 2
        size = len(line)
        while odd and size < LONGEST_RECORD and len(pieces) < LONGEST_RECORD_LINES:
            if (more := next_line()) is None:
                break
            pieces.append(more[0])
            number += 1
            size += len(more[0])
            odd ^= more[0].count('"') % 2
            if not more[1]:
                break
        cells = None if odd else _parse("".join(pieces))
        if cells is None:
            # No record: judge the first line alone and read the others again.
            again.extendleft((piece, len(piece) < LONGEST_LINE) for piece in reversed(pieces[1:]))
            number = first
            record = _single(first, pieces[0], width) or Line(first, [], QUOTE_NOT_CLOSED)
        elif width is not None and len(cells) != width:
            record = Line(first, cells, COLUMN_COUNT)
        else:
            record = Line(first, cells)
        if width is None:
            width = len(record.cells)
        if not record.problem and not any(record.cells):
            continue  # a row of commas only, as spreadsheets leave them at the end
        if not record.problem and (column := _undecodable("".join(pieces), record.cells)) is not None:
            record = record._replace(problem=UNDECODABLE, column=column)
        yield record
