"""What a place that holds personal data must be able to say about a person."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from consent_app.domain.written import written_postal_code, written_telephone
from consent_app.models import Customer

# Where a value can come from. A source without a name here is shown by its code.
SOURCES = {
    "self": _("ご本人による変更"),
    "staff": _("担当者による変更"),
    "request": _("請求にもとづく訂正"),
    "shopify": _("Shopifyからの取込"),
    "eccube": _("EC-CUBEからの取込"),
    "base": _("BASEからの取込"),
}


def source_name(source: str) -> str:
    """A source in words, in the active language."""
    return str(SOURCES.get(source, source))


@dataclass(frozen=True, slots=True)
class Fact:
    """One registered value with where it came from."""

    # Code of the data item in the operator's catalogue.
    item: str
    # Name of the column within the item: "family_name", "postal_code"; "customer_number" for an id in a source.
    field: str
    value: str
    # The spelling as it was received, where it differs from ``value``.
    original: str = ""
    source: str = ""
    external_id: str = ""
    obtained_at: datetime | None = None
    # Where the person made it public themself; empty where nobody noted that.
    published: str = ""

    @property
    def shown(self) -> str:
        """The value as people write it, in the active language."""
        if self.field == "gender" and self.value in Customer.Gender.values:
            return str(Customer.Gender(self.value).label)
        if self.field == "status" and self.value in Customer.Status.values:
            return str(Customer.Status(self.value).label)
        written = {"postal_code": written_postal_code, "telephone": written_telephone}.get(self.field)
        return written(self.value) if written else self.value

    @property
    def source_name(self) -> str:
        """Where it came from, in words."""
        return source_name(self.source)


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A further record: an order, an inquiry, a note."""

    item: str
    kind: str
    source: str
    external_id: str
    occurred_at: datetime | None
    data: dict[str, object]
    recipients: list[dict[str, str]] = field(default_factory=list)
    # As for a fact.
    published: str = ""


class Connector(Protocol):
    """An adapter to one place. Reading is streamed: a person may have a hundred thousand records."""

    code: str

    def facts(self, customer: Customer) -> Iterator[Fact]:
        """Every registered value, in the order of the catalogue."""
        ...

    def record_counts(self, customer: Customer) -> dict[str, int]:
        """How many records of each kind there are."""
        ...

    def record_items(self, customer: Customer) -> set[str]:
        """Codes of the data items that records, their parts and their recipients belong to."""
        ...

    def records(self, customer: Customer) -> Iterator[FoundRecord]:
        """Every further record, newest first within its kind, in flat memory."""
        ...
