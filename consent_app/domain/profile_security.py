"""The sections of a profile on security: measures, departments, and what is looked at regularly."""

from __future__ import annotations

from dataclasses import dataclass
from re import Pattern

from .profile_reader import TableReader, Text

# The six classes of the Commission's guidelines (General, 10), and grasping the regime abroad where data is there.
MEASURE_CLASSES = ("policy", "rules", "organisation", "people", "premises", "technology", "environment")
# What is looked at regularly: "audit" becomes a planned audit, everything else an entry of the review calendar.
REVIEW_SUBJECTS = ("policy", "measures", "registers", "audit")


@dataclass(frozen=True, slots=True)
class MeasureSection:
    """A security control measure as the public may read it (article 32(1), Order 10)."""

    code: str
    measure_class: str
    text: Text


@dataclass(frozen=True, slots=True)
class DepartmentSection:
    """A department that handles personal data, and what its manager is called."""

    code: str
    name: Text
    manager_title: Text


@dataclass(frozen=True, slots=True)
class ReviewSection:
    """Something that the operator promised to look at again and again."""

    code: str
    subject: str
    title: Text
    months: int


@dataclass(frozen=True, slots=True)
class SecuritySections:
    """All of them."""

    measures: tuple[MeasureSection, ...] = ()
    departments: tuple[DepartmentSection, ...] = ()
    reviews: tuple[ReviewSection, ...] = ()


def security_sections(root: TableReader, code: Pattern[str]) -> SecuritySections:
    """Read them; each may be left out as a whole."""
    return SecuritySections(
        measures=tuple(_measure(reader, code) for reader in root.tables("measures", required=False)),
        departments=tuple(_department(reader, code) for reader in root.tables("departments", required=False)),
        reviews=tuple(_review(reader, code) for reader in root.tables("reviews", required=False)),
    )


def _measure(reader: TableReader, code: Pattern[str]) -> MeasureSection:
    section = MeasureSection(
        code=_code(reader, code),
        measure_class=reader.choice("class", MEASURE_CLASSES),
        text=reader.pair("text"),
    )
    reader.close()
    return section


def _department(reader: TableReader, code: Pattern[str]) -> DepartmentSection:
    section = DepartmentSection(
        code=_code(reader, code),
        name=reader.pair("name", max_length=100),
        manager_title=reader.pair("manager_title", max_length=100),
    )
    reader.close()
    return section


def _review(reader: TableReader, code: Pattern[str]) -> ReviewSection:
    months = reader.integer("months", low=1, high=60)
    if months is None and not reader.given("months"):
        reader.missing("months")
    section = ReviewSection(
        code=_code(reader, code),
        subject=reader.choice("subject", REVIEW_SUBJECTS),
        title=reader.pair("title", max_length=200),
        months=months or 12,
    )
    reader.close()
    return section


def _code(reader: TableReader, pattern: Pattern[str]) -> str:
    return reader.text("code", max_length=40, pattern=pattern, example="access_control")
