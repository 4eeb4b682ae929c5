"""Reading one TOML table strictly, collecting every problem with its place instead of stopping at the first."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from re import Pattern
from typing import Any

from django.utils.translation import gettext as _

from .toml_positions import Path, Place


@dataclass(frozen=True, slots=True)
class Text:
    """A text in both languages."""

    ja: str = ""
    en: str = ""

    def in_language(self, language: str | None) -> str:
        """The text in a language; Japanese where there is no English."""
        return self.en if (language or "").startswith("en") and self.en else self.ja


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong with a profile, where, and how to mend it."""

    line: int
    column: int
    key: str
    what: str
    remedy: str

    def __str__(self) -> str:
        where = _("%(line)s行%(column)s列") % {"line": self.line, "column": self.column}
        return f"{where} {self.key}: {self.what} {self.remedy}".rstrip()


@dataclass(slots=True)
class Problems:
    """The collection that all readers of one document write to."""

    places: Mapping[Path, Place] = field(default_factory=dict)
    found: list[Problem] = field(default_factory=list)

    def add(self, path: Path, what: str, remedy: str) -> None:
        """Note a problem at ``path``, or at the nearest enclosing table where the path itself is missing."""
        known = path
        while known and known not in self.places:
            known = known[:-1]
        line, column = self.places.get(known, (1, 1))
        self.found.append(Problem(line, column, readable(path), what, remedy))


def readable(path: Path) -> str:
    """``("data_items", 1, "name")`` as ``data_items[2].name``: elements are counted from 1, as people do."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += f".{part}" if text else part
    return text


class TableReader:
    """Takes the keys that it is asked for out of one table; ``close`` reports the ones nobody asked for.

    A method that finds a problem returns a harmless value of the right type, so that reading goes on. An ``absent``
    table has been reported as a whole; what it lacks is not reported again.
    """

    def __init__(self, problems: Problems, table: Mapping[str, Any], path: Path = (), *, absent: bool = False) -> None:
        self.problems = problems
        self.path = path
        self.absent = absent
        self._table = table
        self._asked: set[str] = set()

    def add(self, name: str, what: str, remedy: str) -> None:
        """Note a problem with the key ``name`` of this table."""
        self.problems.add((*self.path, name) if name else self.path, what, remedy)

    def given(self, name: str) -> bool:
        """Whether the key is there, with whatever value."""
        return name in self._table

    def _take(self, name: str) -> Any:
        self._asked.add(name)
        return self._table.get(name)

    def missing(self, name: str, *, pair: bool = False) -> None:
        """Note that the key ``name`` is not there although it must be."""
        if self.absent:
            return
        remedy = (
            _("「%(name)s.ja」と「%(name)s.en」を書いてください。") if pair else _("「%(name)s = …」を書いてください。")
        )
        self.add(name, _("必要な項目がありません。"), remedy % {"name": name})

    def version(self, name: str, expected: int) -> None:
        """The version of the format, so that a file of another time is not half understood."""
        if self._take(name) != expected:
            self.add(
                name,
                _("書式の版がないか、この製品で読めない版です。"),
                _("ファイルの先頭に「%(name)s = %(expected)s」と書いてください。")
                % {"name": name, "expected": expected},
            )

    def text(
        self,
        name: str,
        *,
        required: bool = True,
        max_length: int = 200,
        pattern: Pattern[str] | None = None,
        example: str = "",
    ) -> str:
        """One line of text."""
        value = self._take(name)
        if value is None:
            if required:
                self.missing(name)
            return ""
        if not isinstance(value, str):
            self.add(name, _("文字列ではありません。"), _('値を "" で囲んでください。'))
            return ""
        value = value.strip()
        if not value:
            self.add(name, _("空です。"), _("値を書くか、任意の項目なら行ごと消してください。"))
        elif "\n" in value:
            self.add(name, _("改行が入っています。"), _("1行で書いてください。"))
        elif len(value) > max_length:
            self.add(
                name,
                _("%(length)s文字あり、長すぎます。") % {"length": len(value)},
                _("%(limit)s文字以内にしてください。") % {"limit": max_length},
            )
        elif pattern is not None and not pattern.fullmatch(value):
            self.add(
                name,
                _("「%(value)s」は書き方が違います。") % {"value": value},
                _("例：%(example)s") % {"example": example},
            )
        else:
            return value
        return ""

    def pair(self, name: str, *, required: bool = True, max_length: int = 300) -> Text:
        """A text in Japanese and English: ``name.ja`` and ``name.en``."""
        value = self._take(name)
        if value is None:
            if required:
                self.missing(name, pair=True)
            return Text()
        if not isinstance(value, dict):
            self.add(
                name,
                _("言語が分かれていません。"),
                _("「%(name)s.ja」と「%(name)s.en」に分けてください。") % {"name": name},
            )
            return Text()
        both = TableReader(self.problems, value, (*self.path, name))
        pair = Text(both.text("ja", max_length=max_length), both.text("en", max_length=max_length))
        both.close()
        return pair

    def flag(self, name: str, *, default: bool) -> bool:
        """``true`` or ``false``."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.add(name, _("真偽値ではありません。"), _("true か false と、引用符なしで書いてください。"))
            return default
        return value

    def integer(self, name: str, *, low: int, high: int, default: int | None = None) -> int | None:
        """A whole number from ``low`` to ``high``, ``default`` where it is not given."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.add(
                name,
                _("使えない値です。"),
                _("%(low)sから%(high)sまでの整数を、引用符なしで書いてください。") % {"low": low, "high": high},
            )
            return default
        return value

    def choice(self, name: str, choices: Collection[str], *, default: str | None = None) -> str:
        """One of ``choices``; required unless there is a default."""
        value = self._take(name)
        if value is None:
            if default is None:
                self.missing(name)
            return default or ""
        if value not in choices:
            self._not_one_of((name,), value, choices)
            return default or ""
        return str(value)

    def choices(self, name: str, choices: Collection[str], *, required: bool = True) -> tuple[str, ...]:
        """A list of different ones of ``choices``.

        Without any choice (the section that defines them is missing, which has been reported) nothing is checked.
        """
        value = self._take(name)
        if value is None:
            if required:
                self.missing(name)
            return ()
        if not isinstance(value, list):
            self.add(name, _("一覧ではありません。"), _('["…", "…"] の形で書いてください。'))
            return ()
        if required and not value:
            self.add(name, _("空です。"), _("1つ以上書いてください。"))
        if not choices:
            return ()
        good: list[str] = []
        for index, entry in enumerate(value):
            if entry not in choices:
                self._not_one_of((name, index), entry, choices)
            elif entry in good:
                self.problems.add(
                    (*self.path, name, index),
                    _("「%(value)s」が2回あります。") % {"value": entry},
                    _("1つだけ残してください。"),
                )
            else:
                good.append(entry)
        return tuple(good)

    def _not_one_of(self, path: Path, value: object, choices: Collection[str]) -> None:
        # A word can be misspelt; 27(6) is not a misspelt 27(1).
        near = difflib.get_close_matches(str(value), choices, n=1) if str(value).isidentifier() else []
        remedy = (
            _("「%(near)s」のことですか。") % {"near": near[0]}
            if near
            else _("次のどれかにしてください：%(choices)s") % {"choices": ", ".join(choices)}
        )
        self.problems.add((*self.path, *path), _("「%(value)s」はここでは使えません。") % {"value": value}, remedy)

    def date(self, name: str) -> datetime.date | None:
        """A local date such as ``2026-11-01``; optional."""
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
            self.add(name, _("日付ではありません。"), _("2026-11-01 のように、引用符なしで書いてください。"))
            return None
        return value

    def table(self, name: str) -> TableReader:
        """The required table ``[name]``."""
        value = self._take(name)
        if isinstance(value, dict):
            return TableReader(self.problems, value, (*self.path, name))
        self.add(name, _("必要な節がありません。"), _("「[%(name)s]」の節を書いてください。") % {"name": name})
        return TableReader(self.problems, {}, (*self.path, name), absent=True)

    def tables(self, name: str, *, required: bool = True) -> list[TableReader]:
        """The tables ``[[name]]`` in their order."""
        value = self._take(name)
        if value is None and not required:
            return []
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value) or not value:
            self.add(name, _("必要な節がありません。"), _("「[[%(name)s]]」の節を書いてください。") % {"name": name})
            return []
        return [TableReader(self.problems, entry, (*self.path, name, index)) for index, entry in enumerate(value)]

    def close(self) -> None:
        """Report every key that was not asked for: a misspelt key must not be lost in silence."""
        for name in self._table:
            if name in self._asked:
                continue
            near = difflib.get_close_matches(name, self._asked, n=1)
            remedy = (
                _("「%(near)s」のことですか。") % {"near": near[0]}
                if near
                else _("使える項目：%(names)s") % {"names": ", ".join(sorted(self._asked))}
            )
            self.add(name, _("知らない項目です。"), remedy)
