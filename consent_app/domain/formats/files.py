"""From the bytes of a file to its rows, in two passes over the stream and with a memory that does not grow with it.

The first pass (:func:`scan`) counts the records and finds ids that come again, in eight bytes a row. The second
(:func:`read_rows`) yields one person or order after the other.
"""

import codecs
import hashlib
import io
from array import array
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Final

from ..normalise import clean_text
from .base import BASE
from .base_format import Format, RawRow
from .cells import EXTERNAL_ID_LIMIT
from .eccube import ECCUBE
from .reader import Line, read_records
from .rows import EXTERNAL_ID_MISSING, EXTERNAL_ID_REPEATED, NOBODY, TOO_LONG, Person, Problem, SourceRow
from .shopify import SHOPIFY

FORMATS: Final = {known.code: known for known in (SHOPIFY, ECCUBE, BASE)}
Opener = Callable[[], BinaryIO]

EMPTY_FILE: Final = "empty_file"
NO_ROWS: Final = "no_rows"
UNKNOWN_FORMAT: Final = "unknown_format"
UNKNOWN_ENCODING: Final = "unknown_encoding"
COLUMNS_MISSING: Final = "columns_missing"
COLUMN_TWICE: Final = "column_twice"
ORDERS_SCATTERED: Final = "orders_scattered"

# Raised whenever the same row would be read differently than before, so that rows already imported are looked at again.
READING: Final = b"1"
_MOST_ROWS_WAITING: Final = 50_000
_BUCKETS: Final = 64


class FileProblem(Exception):
    """The file as a whole cannot be read. ``columns`` are names of ours, never content of the file."""

    def __init__(self, code: str, columns: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.columns = columns


@dataclass(frozen=True)
class Layout:
    """What kind of file it is. ``header`` has ours where a column is understood, empty text where it is not."""

    format: Format
    encoding: str
    header: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Scan:
    """How many records there are (the header not counted), and which ids (hashed) come how many times."""

    records: int
    repeated: dict[int, int]


@contextmanager
def opened(source: Opener, encoding: str) -> Iterator[io.TextIOWrapper]:
    with source() as stream:
        yield io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")


def is_text(encoding: str, source: Opener) -> bool:
    """Whether every byte of the file is text in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with source() as stream:
        try:
            while block := stream.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def read_header(source: Opener, encoding: str) -> list[str]:
    with opened(source, encoding) as text:
        first = next(read_records(text), None)
    return [] if first is None or first.problem else [clean_text(cell) for cell in first.cells]


def _format_of(header: list[str]) -> Format | None:
    return next((known for known in FORMATS.values() if set(known.required) <= set(header)), None)


def detect(source: Opener, *, wanted: str = "") -> Layout:
    """Find out encoding and format by the column names.

    Args:
        source: opens the file anew, from its beginning, as bytes.
        wanted: the format's code if somebody said it; then its columns must be there.

    Raises:
        FileProblem: empty, not text in UTF-8 or CP932, no known columns, needed columns missing or there twice.
    """
    with source() as stream:
        start = stream.read(64 * 1024)
    if not start.strip():
        raise FileProblem(EMPTY_FILE)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileProblem(UNKNOWN_ENCODING)
    if start.startswith(codecs.BOM_UTF8):
        encodings = ["utf-8-sig"]
    elif start.split(b"\n", 1)[0].isascii():
        # The names tell nothing about the encoding (Shopify): the content must.
        encodings = ["cp932"] if not is_text("utf-8", source) and is_text("cp932", source) else ["utf-8"]
    else:
        encodings = ["utf-8", "cp932"]
    expected = FORMATS[wanted] if wanted else None
    for encoding in encodings:
        header = read_header(source, encoding)
        found = expected or _format_of(header)
        if found is None or (expected and not set(header) & expected.columns):
            continue
        if missing := tuple(column for column in found.required if column not in header):
            raise FileProblem(COLUMNS_MISSING, missing)
        twice = tuple(name for name, count in Counter(header).items() if count > 1 and name in found.columns)
        if twice:
            raise FileProblem(COLUMN_TWICE, twice)
        return Layout(
            format=found,
            encoding=encoding,
            header=tuple(name if name in found.columns else "" for name in header),
            unknown=tuple(name for name in header if name and name not in found.columns),
        )
    raise FileProblem(UNKNOWN_FORMAT)


def data_records(text: io.TextIOWrapper) -> Iterator[Line]:
    records = read_records(text)
    next(records, None)  # the header
    return records


def _hash(external_id: str) -> int:
    """The same in every process, unlike Python's own. Two ids with one hash are told apart later."""
    digest = hashlib.blake2b(external_id.encode(errors="surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def scan(source: Opener, layout: Layout) -> Scan:
    """The first pass.

    Raises:
        FileProblem: a header and nothing else; orders whose rows lie too far apart for a memory of bounded size.
    """
    index = layout.header.index(layout.format.key)
    read_key, grouped = layout.format.read_key, layout.format.grouped
    buckets = [array("q") for _ in range(_BUCKETS)]
    count, previous = 0, None
    with opened(source, layout.encoding) as text:
        for record in data_records(text):
            count += 1
            if record.problem:
                continue
            cell = record.cells[index]
            if grouped and cell == previous:
                continue
            previous = cell
            hashed = _hash(read_key(cell))
            buckets[hashed % _BUCKETS].append(hashed)
    if not count:
        raise FileProblem(NO_ROWS)
    repeated: dict[int, int] = {}
    for bucket in buckets:
        last = None
        for hashed in sorted(bucket):
            if hashed == last:
                repeated[hashed] = repeated.get(hashed, 1) + 1
            last = hashed
    if grouped and sum(repeated.values()) > _MOST_ROWS_WAITING:
        raise FileProblem(ORDERS_SCATTERED)
    return Scan(count, repeated)


class _Reader:
    """The second pass: good records become rows, the others problems."""

    def __init__(self, layout: Layout, found: Scan, *, today: date, secret: bytes) -> None:
        self.layout = layout
        self.found = found
        self.today = today
        self.secret = secret
        self.index = layout.header.index(layout.format.key)
        # By column name: the same values under columns of another order are the same row.
        self.named = sorted((name, at) for at, name in enumerate(layout.header) if name)

    def bad(self, record: Line) -> Problem:
        key = record.cells[self.index] if len(record.cells) > self.index else ""
        header = self.layout.header
        column = header[record.column] if record.column is not None and record.column < len(header) else ""
        return Problem(
            record.number, column, record.problem, self.layout.format.read_key(key)[:EXTERNAL_ID_LIMIT], True
        )

    def key(self, record: Line) -> str | Problem:
        """The id, or why the row has none that can be used."""
        external_id = self.layout.format.read_key(record.cells[self.index])
        if not external_id:
            return Problem(record.number, self.layout.format.key, EXTERNAL_ID_MISSING, rejected=True)
        if len(external_id) > EXTERNAL_ID_LIMIT:
            return Problem(record.number, self.layout.format.key, TOO_LONG, rejected=True)
        return external_id

    def digest(self, rows: list[list[str]]) -> bytes:
        """Recognises the row when it comes again; keyed, because a plain hash of a name can be guessed."""
        digest = hashlib.blake2b(key=self.secret, digest_size=32)
        digest.update(READING)
        for cells in rows:
            digest.update("\x1e".join([f"{name}\x1f{cells[at]}" for name, at in self.named if cells[at]]).encode())
            digest.update(b"\x1d")
        return digest.digest()

    def build(self, external_id: str, records: list[Line]) -> SourceRow | Problem:
        header = self.layout.header
        raws = [RawRow(record.number, dict(zip(header, record.cells, strict=True))) for record in records]
        row = self.layout.format.build(external_id, raws, self.today)
        if row.person == Person():
            return Problem(row.line, "", NOBODY, external_id, True, len(records))
        row.size = len(records)
        row.digest = self.digest([record.cells for record in records])
        return row

    def single(self, records: Iterator[Line]) -> Iterator[SourceRow | Problem]:
        """One row, one person; an id that comes again is not read a second time."""
        seen: set[str] = set()
        for record in records:
            if record.problem:
                yield self.bad(record)
                continue
            external_id = self.key(record)
            if isinstance(external_id, Problem):
                yield external_id
                continue
            if self.found.repeated and _hash(external_id) in self.found.repeated:
                if external_id in seen:
                    yield Problem(record.number, self.layout.format.key, EXTERNAL_ID_REPEATED, external_id, True)
                    continue
                seen.add(external_id)
            yield self.build(external_id, [record])

    def grouped(self, records: Iterator[Line]) -> Iterator[SourceRow | Problem]:
        """Rows of one id make one order, also when others lie between them."""
        waiting: dict[str, list[Line]] = {}
        runs_left = dict(self.found.repeated)
        current = ""
        run: list[Line] = []

        def finish() -> Iterator[SourceRow | Problem]:
            nonlocal run
            if not run:
                return
            hashed = _hash(current)
            if hashed in runs_left:
                waiting.setdefault(current, []).extend(run)
                runs_left[hashed] -= 1
                if runs_left[hashed] <= 0:
                    yield self.build(current, waiting.pop(current))
            else:
                yield self.build(current, run)
            run = []

        for record in records:
            if record.problem:
                yield self.bad(record)
                continue
            external_id = self.key(record)
            if isinstance(external_id, Problem):
                yield external_id
                continue
            if external_id != current:
                yield from finish()
                current = external_id
            run.append(record)
        yield from finish()
        for external_id, rest in waiting.items():
            yield self.build(external_id, rest)


def read_rows(
    source: Opener, layout: Layout, found: Scan, *, today: date, secret: bytes
) -> Generator[SourceRow | Problem, None, None]:
    """The second pass: every person or order, and a rejected :class:`Problem` for every record that is none.

    Args:
        today: a birth after this day is a mistake.
        secret: up to 64 bytes; keys the digests by which unchanged rows are recognised.
    """
    reader = _Reader(layout, found, today=today, secret=secret)
    with opened(source, layout.encoding) as text:
        records = data_records(text)
        yield from reader.grouped(records) if layout.format.grouped else reader.single(records)
