"""Where each key of a TOML document stands.

``tomllib`` gives the values but not their places, and a message without a line helps nobody who edits a profile of
three hundred lines. This scan runs over a document that ``tomllib`` has accepted, so it may trust the syntax
(TOML 1.0.0) and only follows its structure.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping

Path = tuple[str | int, ...]
Place = tuple[int, int]

_BARE_KEY = frozenset(string.ascii_letters + string.digits + "_-")


def key_positions(text: str) -> Mapping[Path, Place]:
    """Map the path of every table, key and array element to its line and column, both counted from 1.

    Indices in a path count from 0, as in the value that ``tomllib`` returns. ``text`` has ``\\n`` line ends only.

    Raises:
        tomllib.TOMLDecodeError: not a TOML document (checked first, so that the scan never meets one).
    """
    tomllib.loads(text)
    return _Scan(text).run()


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Path, Place] = {(): (1, 1)}
        self.array_lengths: dict[Path, int] = {}
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def run(self) -> dict[Path, Place]:
        table: Path = ()
        while self._skip_blank():
            start = self.at
            if self.text.startswith("[[", start):
                self.at += 2
                keys = self._keys()
                array = (*self._resolve(keys[:-1]), keys[-1])
                index = self.array_lengths.get(array, 0)
                self.array_lengths[array] = index + 1
                table = (*array, index)
                self._mark(array, start)
                self._mark(table, start)
                self.at += 2
            elif self.text[start] == "[":
                self.at += 1
                table = self._resolve(self._keys())
                self._mark(table, start)
                self.at += 1
            else:
                self._pair(table)
        return self.places

    def _mark(self, path: Path, offset: int) -> None:
        line = self._line_of(offset)
        self.places.setdefault(path, (line, offset - self.line_starts[line - 1] + 1))

    def _line_of(self, offset: int) -> int:
        low, high = 0, len(self.line_starts)
        while high - low > 1:
            middle = (low + high) // 2
            if self.line_starts[middle] <= offset:
                low = middle
            else:
                high = middle
        return low + 1

    def _resolve(self, keys: list[str]) -> Path:
        """A header speaks of the newest element of each array of tables on its way."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self.array_lengths:
                path = (*path, self.array_lengths[path] - 1)
        return path

    def _skip_blank(self) -> bool:
        """Go to the next character that is neither space nor comment; False at the end of the text."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at].isspace():
                self.at += 1
            else:
                return True
        return False

    def _spaces(self) -> None:
        while self.text[self.at] in " \t":
            self.at += 1

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._spaces()
            if self.text[self.at] in "\"'":
                start = self.at
                self._string()
                keys.append(tomllib.loads(f"key = {self.text[start : self.at]}")["key"])
            else:
                start = self.at
                while self.text[self.at] in _BARE_KEY:
                    self.at += 1
                keys.append(self.text[start : self.at])
            self._spaces()
            if self.text[self.at] != ".":
                return keys
            self.at += 1

    def _pair(self, table: Path) -> None:
        start = self.at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._mark(path, start)
        self.at += 1  # the equals sign
        self._spaces()
        self._value(path)

    def _value(self, path: Path) -> None:
        first = self.text[self.at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self.at += 1
            index = 0
            while self._skip_blank() and self.text[self.at] != "]":
                self._mark((*path, index), self.at)
                self._value((*path, index))
                index += 1
                self._skip_comma()
            self.at += 1
        elif first == "{":
            self.at += 1
            while self._skip_blank() and self.text[self.at] != "}":
                self._pair(path)
                self._skip_comma()
            self.at += 1
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def _skip_comma(self) -> None:
        if self._skip_blank() and self.text[self.at] == ",":
            self.at += 1

    def _string(self) -> None:
        quote = self.text[self.at]
        triple = quote * 3
        if self.text.startswith(triple, self.at):
            self.at += 3
            while not self.text.startswith(triple, self.at):
                self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
            # Up to two more quotes may belong to the content.
            while self.text.startswith(quote, self.at):
                self.at += 1
            return
        self.at += 1
        while self.text[self.at] != quote:
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += 1
