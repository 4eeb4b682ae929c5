"""What every format's rows become: plain values, ready to be matched and written."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple

EXTERNAL_ID_MISSING: Final = "external_id_missing"
EXTERNAL_ID_REPEATED: Final = "external_id_repeated"
NOBODY: Final = "nobody"
TOO_LONG: Final = "too_long"
MY_NUMBER_MASKED: Final = "my_number_masked"
NUMBER_UNREADABLE: Final = "number_unreadable"

ACTIVE: Final = "active"
WITHDRAWN: Final = "withdrawn"


class Problem(NamedTuple):
    """One cell or row that could not be used as it is. Says where and why, never the value.

    A rejected one stands for ``size`` records of the file that are not imported at all.
    """

    line: int
    column: str
    code: str
    external_id: str = ""
    rejected: bool = False
    size: int = 1


@dataclass(slots=True)
class Person:
    """The registered data. Column names are those of ``Customer``; a value that could not be used is empty."""

    family_name: str = ""
    given_name: str = ""
    family_kana: str = ""
    given_kana: str = ""
    company: str = ""
    postal_code: str = ""
    prefecture: str = ""
    address1: str = ""
    address2: str = ""
    telephone: str = ""
    email: str = ""
    gender: str = ""
    birth_date: date | None = None


@dataclass(slots=True)
class RecipientRow:
    """To whom an order was sent, when that is somebody else."""

    family_name: str = ""
    given_name: str = ""
    postal_code: str = ""
    prefecture: str = ""
    address1: str = ""
    address2: str = ""
    telephone: str = ""
    originals: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RecordRow:
    """A further record: an order, a note, what a member's row says besides the registered data."""

    kind: str
    occurred_at: datetime | None
    data: dict[str, Any]
    recipients: list[RecipientRow] = field(default_factory=list)


@dataclass(slots=True)
class SourceRow:
    """One person as one row (or the rows of one order) tells of them.

    ``originals``: column of ``Person`` -> the spelling received, where it is another than the value kept.
    ``membership``: "active" or "withdrawn"; empty where the source knows no members.
    ``as_of``: since when the row holds, where the source says so. ``newsletter``: the wish, None where unknown.
    ``size``: how many records of the file it took.
    """

    source: str
    external_id: str
    line: int
    person: Person
    originals: dict[str, str] = field(default_factory=dict)
    records: list[RecordRow] = field(default_factory=list)
    membership: str = ""
    as_of: datetime | None = None
    newsletter: bool | None = None
    newsletter_column: str = ""
    problems: list[Problem] = field(default_factory=list)
    digest: bytes = b""
    size: int = 1
