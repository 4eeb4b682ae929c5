"""Which data item the parts of a record belong to.

A record belongs to an item as a whole (an order to ``order``), but may carry what belongs to another one: the gift
recipient of an order, or the address that an order said differently. Who withholds an item withholds it wherever it is.
"""

from collections.abc import Callable, Iterator
from typing import Any

from .customer import Customer, CustomerRecord

# Codes of the catalogue that no column and no kind of record has.
RECIPIENT_ITEM = "recipient"
# What a source calls the customer: the member number.
MEMBER_ITEM: str = CustomerRecord.Kind.MEMBERSHIP

ITEM_OF_COLUMN: dict[str, str] = {column: item for item, columns in Customer.ITEM_FIELDS.items() for column in columns}
# Keys of a record whose value is a mapping with the customers' columns as keys.
PERSON_KEYS = ("differs", "sent_to")
# Keys that belong to an item as a whole.
ITEM_OF_KEY: dict[str, str] = {"address_telephone": "telephone", "memo": CustomerRecord.Kind.NOTE}

# Every code that data can be held under. The catalogue of a profile must have each of them.
HELD_ITEMS = frozenset({*Customer.ITEM_FIELDS, *CustomerRecord.Kind.values, RECIPIENT_ITEM})


def kept_parts(data: dict[str, Any], own: str, keep: Callable[[str], bool]) -> dict[str, Any]:
    """What of a record's content may be seen.

    Args:
        data: the content as the importers wrote it.
        own: the item of the record itself, to which everything else belongs.
        keep: says for the code of an item whether it may be seen.
    """
    return dict(_kept(data, own, keep))


def _kept(data: dict[str, Any], own: str, keep: Callable[[str], bool]) -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if key in PERSON_KEYS and isinstance(value, dict):
            person = {column: text for column, text in value.items() if keep(ITEM_OF_COLUMN.get(column, own))}
            if person:
                yield key, person
        elif keep(ITEM_OF_KEY.get(key, own)):
            yield key, value
