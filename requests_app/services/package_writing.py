"""How a package is written: a ZIP as a stream, with pages, JSON and CSV in it. Memory stays flat."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import islice
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext

from consent_app.domain.normalise import neutralise_formula

CHUNK = 500
Member = Callable[[str], AbstractContextManager[IO[str]]]


@contextmanager
def archive_to(target: IO[bytes], now: datetime) -> Iterator[Member]:
    """A ZIP whose files are opened for text one after the other.

    Args:
        target: a binary file, which need not be seekable.
        now: the time that the files carry.
    """
    stamp = timezone.localtime(now).timetuple()[:6]

    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:

        @contextmanager
        def member(name: str) -> Iterator[IO[str]]:
            info = zipfile.ZipInfo(name, date_time=stamp)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            with (
                archive.open(info, "w", force_zip64=True) as raw,
                io.TextIOWrapper(raw, encoding="utf-8", newline="", write_through=True) as text,
            ):
                yield text

        yield member


def chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """The rows in lists short enough to be rendered at once."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def nothing() -> str:
    """What a page says where there is nothing, in the active language."""
    return format_html("<p>{}</p>\n", gettext("ありません。"))


def dump(value: Any) -> str:
    """A value as JSON that people can read."""
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)


def json_array(out: IO[str], name: str, rows: Iterable[Any], *, last: bool = False) -> None:
    """One named list of a JSON object, row by row."""
    out.write(f' "{name}": [')
    for index, row in enumerate(rows):
        out.write((",\n  " if index else "\n  ") + dump(row))
    out.write("\n ]\n" if last else "\n ],\n")


def write_csv(out: IO[str], header: list[str], rows: Iterable[list[Any]]) -> None:
    """A table for spreadsheets; no cell can be a formula."""
    # Spreadsheets on Japanese Windows read UTF-8 only with its mark.
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        writer.writerow([neutralise_formula("" if cell is None else str(cell)) for cell in row])
