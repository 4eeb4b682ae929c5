"""The second pass in a process of its own: one core reads and normalises while others match and write.

The process gets what it has to know in a line of JSON, then the file, and answers with lines of JSON: rows, many to a
line, and ``null`` at the end. It has neither database nor keys, whatever the file may do to it.
"""

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any, BinaryIO, Final

from .files import FORMATS, Layout, Scan, read_rows
from .rows import Person, Problem, RecipientRow, RecordRow, SourceRow

_ROWS_A_LINE: Final = 100
# Undecodable bytes of an id stay what they are on both ways.
_ENCODING: Final = ("utf-8", "surrogatepass")


def head_line(layout: Layout, found: Scan, *, today: date, secret: bytes) -> bytes:
    """The first line for the process: the arguments of :func:`~.files.read_rows` but for the file."""
    return _line(
        {
            "layout": [layout.format.code, layout.encoding, layout.header, layout.unknown],
            "found": [found.records, list(found.repeated.items())],
            "today": today.isoformat(),
            "secret": secret.hex(),
        }
    )


def rows_of(line: bytes) -> list[SourceRow | Problem] | None:
    """The rows of a line of the answer; nothing at its end."""
    batch = json.loads(line.decode(*_ENCODING))
    return None if batch is None else [_loaded(one) for one in batch]


def main() -> None:
    """Read the file on standard input."""
    head = json.loads(sys.stdin.buffer.readline().decode(*_ENCODING))
    code, encoding, header, unknown = head["layout"]
    records, repeated = head["found"]
    layout = Layout(FORMATS[code], encoding, tuple(header), tuple(unknown))
    rows = read_rows(
        lambda: sys.stdin.buffer,
        layout,
        Scan(records, dict(repeated)),
        today=date.fromisoformat(head["today"]),
        secret=bytes.fromhex(head["secret"]),
    )
    _answer(rows, sys.stdout.buffer)


def _answer(rows: Iterator[SourceRow | Problem], out: BinaryIO) -> None:
    while batch := [_dumped(one) for one in islice(rows, _ROWS_A_LINE)]:
        out.write(_line(batch))
    out.write(_line(None))
    out.flush()


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _line(value: object) -> bytes:
    return _encode(value).encode(*_ENCODING) + b"\n"


def _dumped(one: SourceRow | Problem) -> list[Any]:
    if isinstance(one, Problem):
        return list(one)
    person = [getattr(one.person, column) for column in Person.__slots__]
    person[-1] = _text(one.person.birth_date)
    return [
        person,
        [[r.kind, _text(r.occurred_at), r.data, [_recipient(to) for to in r.recipients]] for r in one.records],
        one.problems,
        one.digest.hex(),
        _text(one.as_of),
        [one.source, one.external_id, one.line],
        one.originals,
        one.membership,
        one.newsletter,
        one.newsletter_column,
        one.size,
    ]


def _text(at: date | None) -> str | None:
    return None if at is None else at.isoformat()


def _recipient(to: RecipientRow) -> list[Any]:
    return [getattr(to, column) for column in RecipientRow.__slots__]


def _loaded(values: list[Any]) -> SourceRow | Problem:
    if not isinstance(values[0], list):
        return Problem(*values)
    person, records, problems, digest, as_of, (source, external_id, line), originals, *rest = values
    membership, newsletter, newsletter_column, size = rest
    born = person[-1]
    person[-1] = None if born is None else date.fromisoformat(born)
    return SourceRow(
        source=source,
        external_id=external_id,
        line=line,
        person=Person(*person),
        originals=originals,
        records=[
            RecordRow(kind, _moment(at), data, [RecipientRow(*to) for to in recipients])
            for kind, at, data, recipients in records
        ],
        membership=membership,
        as_of=_moment(as_of),
        newsletter=newsletter,
        newsletter_column=newsletter_column,
        problems=[Problem(*one) for one in problems],
        digest=bytes.fromhex(digest),
        size=size,
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
