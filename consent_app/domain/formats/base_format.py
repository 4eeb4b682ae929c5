"""What every format has to say about itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from .rows import SourceRow


class RawRow(NamedTuple):
    """One good record by (normalised) column name."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True)
class Format:
    """A cart's export.

    ``key``: the column with the cart's own id. ``grouped``: several rows (items) make one order. ``required``: without
    these columns the file is another format or useless. ``optional``: further columns that are understood; whatever
    is in neither is reported, not read.
    """

    code: str
    title: str
    key: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    grouped: bool
    build: Callable[[str, list[RawRow], date], SourceRow]
    read_key: Callable[[str], str]

    @property
    def columns(self) -> frozenset[str]:
        """Everything that is understood."""
        return frozenset(self.required + self.optional)
