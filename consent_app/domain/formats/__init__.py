"""What the carts' exports look like and how one of their rows becomes a person with records."""

from .files import FORMATS, FileProblem, Layout, Scan, detect, read_rows, scan
from .rows import Person, Problem, RecipientRow, RecordRow, SourceRow

__all__ = [
    "FORMATS",
    "FileProblem",
    "Layout",
    "Person",
    "Problem",
    "RecipientRow",
    "RecordRow",
    "Scan",
    "SourceRow",
    "detect",
    "read_rows",
    "scan",
]
