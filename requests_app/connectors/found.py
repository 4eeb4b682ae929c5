"""Everything that was found about a person, as the manager sees it before deciding."""

from dataclasses import dataclass

from consent_app.models import Customer, DataItem

from . import CONNECTORS
from .base import Fact


@dataclass(frozen=True, slots=True)
class FoundItem:
    """One data item with its values."""

    code: str
    # None: held, but missing in the operator's catalogue of items. The manager is warned.
    item: DataItem | None
    facts: list[Fact]


@dataclass(frozen=True, slots=True)
class FoundData:
    """What all connectors hold, without the records themselves, which may be many."""

    items: list[FoundItem]
    record_counts: dict[str, int]

    @property
    def is_empty(self) -> bool:
        """Nothing at all is held."""
        return not self.items and not self.record_counts


def found_data(customer: Customer) -> FoundData:
    """Ask every connector. Four queries for the registers, whatever the number of records."""
    catalogue = {item.code: item for item in DataItem.objects.all()}
    by_item: dict[str, list[Fact]] = {}
    counts: dict[str, int] = {}
    for connector in CONNECTORS:
        for fact in connector.facts(customer):
            by_item.setdefault(fact.item, []).append(fact)
        for kind, number in connector.record_counts(customer).items():
            counts[kind] = counts.get(kind, 0) + number
    items = [FoundItem(code=code, item=catalogue.get(code), facts=facts) for code, facts in by_item.items()]
    return FoundData(items=items, record_counts=counts)


def held_items(customer: Customer) -> set[str]:
    """Codes of all data items of which anything is held about the customer, wherever it lies."""
    held: set[str] = set()
    for connector in CONNECTORS:
        held |= {fact.item for fact in connector.facts(customer)} | connector.record_items(customer)
    return held
