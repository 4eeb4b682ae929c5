"""How a package is written: a ZIP as a stream, with pages, JSON and CSV in it. Memory stays flat."""

import io
import itertools
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext

from consent_app.domain import spreadsheets

CHUNK = 500


class Archive:
    """A ZIP whose files are opened one after the other."""

    def __init__(self, archive: zipfile.ZipFile, now: datetime) -> None:
        self._archive, self._stamp = archive, timezone.localtime(now).timetuple()[:6]

    @contextmanager
    def binary(self, name: str) -> Iterator[IO[bytes]]:
        """A file that is written as it is."""
        info = zipfile.ZipInfo(name, date_time=self._stamp)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        with self._archive.open(info, "w", force_zip64=True) as raw:
            yield raw

    @contextmanager
    def text(self, name: str) -> Iterator[IO[str]]:
        """A file that is written as text."""
        with (
            self.binary(name) as raw,
            io.TextIOWrapper(raw, encoding="utf-8", newline="") as text,
        ):
            yield text


@contextmanager
def archive_to(target: IO[bytes], now: datetime) -> Iterator[Archive]:
    """A ZIP to be filled.

    Args:
        target: a binary file, which need not be seekable.
        now: the time that the files carry.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        yield Archive(archive, now)


def chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """The rows in lists short enough to be rendered at once."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def nothing() -> str:
    """What a page says where there is nothing, in the active language."""
    return format_html("<p>{}</p>\n", gettext("ありません。"))


_JSON = DjangoJSONEncoder(ensure_ascii=False)


def dump(value: Any) -> str:
    """A value as JSON that people can read."""
    return _JSON.encode(value)


def json_head(out: IO[str], values: Mapping[str, Any]) -> None:
    """The opening of a JSON object with what comes before its lists."""
    out.write("{\n" + "".join(f' "{key}": {dump(value)},\n' for key, value in values.items()))


def json_array(out: IO[str], name: str, rows: Iterable[Any], *, last: bool = False) -> None:
    """One named list of a JSON object, row by row."""
    out.write(f' "{name}": [')
    for index, row in enumerate(rows):
        out.write((",\n  " if index else "\n  ") + dump(row))
    out.write("\n ]\n" if last else "\n ],\n")


def write_csv(out: IO[str], header: list[str], rows: Iterable[list[Any]]) -> None:
    """A table for spreadsheets; no cell can be a formula."""
    out.write(spreadsheets.MARK)
    spreadsheets.write(out, itertools.chain([header], rows))
