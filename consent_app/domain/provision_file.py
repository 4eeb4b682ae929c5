"""Lists of persons for the ledgers: which columns there are, and what a row says (docs/provisions.md).

A list names one person a row. Everything else may stand in the row or be the same for all; the row goes before.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from . import provisions as rules
from .formats.files import (
    COLUMN_TWICE,
    COLUMNS_MISSING,
    EMPTY_FILE,
    NO_ROWS,
    UNKNOWN_ENCODING,
    FileProblem,
    Opener,
    data_records,
    is_text,
    opened,
    read_header,
)
from .formats.rows import Problem
from .normalise import clean_text, moment

CUSTOMER: Final = "customer"
LIST_TOO_LONG: Final = "list_too_long"
NO_GROUND_WORDS: Final = ("none", "なし")

# Name within the product -> the names that a column may have. The first is the one that problems are told with.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    CUSTOMER: ("顧客番号", "会員番号", "customer"),
    "party": ("相手の名称", "提供先", "提供元", "party"),
    "address": ("相手の住所", "提供先の住所", "提供元の住所", "address"),
    "representative": ("相手の代表者", "提供先の代表者", "提供元の代表者", "representative"),
    "country": ("国", "country"),
    "items": ("データ項目", "items"),
    "basis": ("根拠", "basis"),
    "ground": ("条文", "ground"),
    "purpose": ("利用目的", "purpose"),
    "subcontractor": ("委託先", "subcontractor"),
    "evidence": ("証拠", "evidence"),
    "date": ("日付", "提供日", "受領日", "date"),
    "until": ("最後の日", "最後の提供日", "最後の受領日", "until"),
    "method": ("記録のしかた", "method"),
    "kind": ("区分", "kind"),
    "how_acquired": ("取得の経緯", "how_acquired"),
    "confirmed_how": ("確かめた方法", "confirmed_how"),
}
_KEYS: Final = {clean_text(name): key for key, names in COLUMNS.items() for name in names}
_LIMITS: Final = {
    "party": 200,
    "address": 300,
    "representative": 200,
    "evidence": 300,
    "how_acquired": 300,
    "confirmed_how": 300,
}
_SEPARATORS: Final = str.maketrans(dict.fromkeys("、，,;；/／|｜\n", " "))


@dataclass(frozen=True, slots=True)
class ListLayout:
    """A list of persons: its encoding, our name of each column (empty: not read), and the columns not read."""

    encoding: str
    header: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Registers:
    """What the registers know, by everything that a cell may call it."""

    items: Mapping[str, str]
    bases: Mapping[str, str]
    grounds: Mapping[str, tuple[str, ...]]
    purposes: Mapping[str, str]
    subcontractors: Mapping[str, str]


@dataclass(slots=True)
class Entry:
    """A row that could be read. ``reference`` says who; ``values`` are codes and texts as the ledgers want them."""

    line: int
    reference: str
    values: dict[str, Any] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    on: date | None = None
    until: date | None = None


def detect_list(source: Opener) -> ListLayout:
    """Find out the encoding and the columns.

    Raises:
        FileProblem: empty, not text in UTF-8 or CP932, no column that says who, a column twice.
    """
    with source() as stream:
        start = stream.read(64 * 1024)
    if not start.strip():
        raise FileProblem(EMPTY_FILE)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileProblem(UNKNOWN_ENCODING)
    if start.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    elif is_text("utf-8", source):
        encoding = "utf-8"
    elif is_text("cp932", source):
        encoding = "cp932"
    else:
        raise FileProblem(UNKNOWN_ENCODING)
    names = read_header(source, encoding)
    header = tuple(_KEYS.get(name.casefold(), "") for name in names)
    if CUSTOMER not in header:
        raise FileProblem(COLUMNS_MISSING, (COLUMNS[CUSTOMER][0],))
    if twice := [COLUMNS[key][0] for key, count in Counter(header).items() if key and count > 1]:
        raise FileProblem(COLUMN_TWICE, tuple(twice))
    unknown = tuple(name for name, key in zip(names, header, strict=True) if name and not key)
    return ListLayout(encoding, header, unknown)


def count_rows(source: Opener, layout: ListLayout, *, limit: int) -> int:
    """How many rows there are.

    Raises:
        FileProblem: none, or more than ``limit``.
    """
    with opened(source, layout.encoding) as text:
        count = 0
        for _record in data_records(text):
            count += 1
            if count > limit:
                raise FileProblem(LIST_TOO_LONG, (str(limit),))
    if not count:
        raise FileProblem(NO_ROWS)
    return count


def read_entries(
    source: Opener, layout: ListLayout, registers: Registers, common: Mapping[str, Any]
) -> Iterator[Entry | list[Problem]]:
    """Every row: an entry, or everything that is wrong with it. What is the same for all is in ``common``."""
    with opened(source, layout.encoding) as text:
        for record in data_records(text):
            if record.problem:
                at = record.column
                column = layout.header[at] if at is not None and at < len(layout.header) else ""
                yield [Problem(record.number, _told(column), record.problem, "", True)]
                continue
            cells = {key: value for key, value in zip(layout.header, record.cells, strict=True) if key}
            yield read_entry(record.number, cells, registers, common)


def read_entry(
    line: int, cells: Mapping[str, str], registers: Registers, common: Mapping[str, Any]
) -> Entry | list[Problem]:
    """One row by our names of its columns."""
    reference = _cell(cells, CUSTOMER)
    problems: list[Problem] = []

    def wrong(key: str, code: str) -> None:
        problems.append(Problem(line, _told(key), code, reference[:100], True))

    def text(key: str) -> str:
        value = _cell(cells, key) or clean_text(str(common.get(key) or ""))
        if len(value) > _LIMITS.get(key, 300):
            wrong(key, "too_long")
            return ""
        return value

    entry = Entry(line, reference)
    if not reference:
        wrong(CUSTOMER, "customer_missing")
    for key in ("party", "address"):
        entry.values[key] = text(key)
        if not entry.values[key]:
            wrong(key, f"{key}_missing")
    for key in ("representative", "evidence", "how_acquired", "confirmed_how", "kind"):
        entry.values[key] = text(key)
    entry.values["country"] = (text("country") or "JP").upper()
    if not (len(entry.values["country"]) == 2 and entry.values["country"].isascii()):
        wrong("country", "country_unreadable")
    for key, known in (
        ("basis", registers.bases),
        ("purpose", registers.purposes),
        ("subcontractor", registers.subcontractors),
    ):
        value = text(key)
        entry.values[key] = known.get(value.casefold(), "") if value else ""
        if value and not entry.values[key]:
            wrong(key, f"{key}_unknown")
    entry.values["ground"] = _ground(text("ground"), entry.values["basis"], registers, wrong)
    entry.values["method"] = text("method") or rules.Method.EACH.value
    if entry.values["method"] not in {str(method) for method in rules.Method}:
        wrong("method", "method_unknown")
    entry.items = _items(_cell(cells, "items"), common, registers, wrong)
    entry.on = _day(text("date"), "date", wrong)
    entry.until = _day(text("until"), "until", wrong)
    return problems or entry


def _cell(cells: Mapping[str, str], key: str) -> str:
    # An apostrophe in front is a spreadsheet's guard against formulas, not part of the value.
    return clean_text(cells.get(key, "")).removeprefix("'")


def _told(key: str) -> str:
    return COLUMNS[key][0] if key in COLUMNS else ""


def _ground(written: str, basis: str, registers: Registers, wrong: Any) -> str:
    """As written; where the case has only one article, that one. That there was none has to be said in words."""
    if written.lower() in NO_GROUND_WORDS:
        return ""
    if written:
        return written.lower().replace(" ", "")
    grounds = [ground for ground in registers.grounds.get(basis, ()) if ground != rules.CONSENT_ABROAD]
    if len(grounds) > 1:
        wrong("ground", "ground_missing")
    return grounds[0] if len(grounds) == 1 else ""


def _items(cell: str, common: Mapping[str, Any], registers: Registers, wrong: Any) -> tuple[str, ...]:
    words = cell.translate(_SEPARATORS).split() if cell else list(common.get("items") or ())
    if not words:
        wrong("items", "items_missing")
    codes = [registers.items.get(word.casefold(), "") for word in words]
    if not all(codes):
        wrong("items", "item_unknown")
    return tuple(dict.fromkeys(code for code in codes if code))


def _day(written: str, key: str, wrong: Any) -> date | None:
    if not written:
        return None
    found = moment(written)
    if found.value is None:
        wrong(key, found.problem or "date_unreadable")
        return None
    return found.value.date()
