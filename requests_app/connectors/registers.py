"""The adapter to the operator's own registers in this database."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from django.db.models import Count, Q

from consent_app.domain.formats import FORMATS
from consent_app.models import Customer, CustomerRecord, Recipient
from consent_app.models.parts import ITEM_OF_KEY, MEMBER_ITEM, PERSON_KEYS, RECIPIENT_ITEM
from consent_app.selectors import published_items, published_records

from .base import Fact, FoundRecord

_CHUNK = 2000
# Their ids are order numbers, which the orders themselves carry.
_ORDER_SOURCES = frozenset(code for code, source in FORMATS.items() if source.grouped)


class RegistersConnector:
    """Reads ``consent_app``."""

    code = "registers"

    def facts(self, customer: Customer) -> Iterator[Fact]:
        """Every registered value that is not empty, then whether and under which numbers they are a member."""
        published = published_items(customer)
        for item, fields in Customer.ITEM_FIELDS.items():
            origin = customer.origins.get(item, {})
            for name in fields:
                value = getattr(customer, name)
                original = customer.originals.get(name, "")
                if value in ("", None) and not original:
                    continue
                fact = _fact(item, name, "" if value is None else str(value), origin, original)
                yield replace(fact, published=published.get(item, ""))
        origin = customer.origins.get("status", {})
        # "Active" without an origin is only how every row begins, and says nothing about the person.
        if origin or customer.status != Customer.Status.ACTIVE:
            yield _fact(MEMBER_ITEM, "status", customer.status, origin)
        for identity in customer.identities.exclude(source__in=_ORDER_SOURCES).order_by("source", "external_id"):
            yield Fact(
                item=MEMBER_ITEM,
                field="customer_number",
                value=identity.external_id,
                source=identity.source,
                external_id=identity.external_id,
                obtained_at=identity.seen_at,
            )

    def record_counts(self, customer: Customer) -> dict[str, int]:
        """One query."""
        rows = customer.records.values("kind").annotate(number=Count("id")).order_by("kind")
        return {row["kind"]: row["number"] for row in rows}

    def record_items(self, customer: Customer) -> set[str]:
        """Four queries. What was registered once is held in the history of changes."""
        rows = customer.records.order_by().values_list("item__code", "kind").distinct()
        held = {item or kind for item, kind in rows}
        held |= set(customer.changes.order_by().values_list("item", flat=True).distinct())
        if Recipient.objects.filter(record__customer=customer).exists():
            held.add(RECIPIENT_ITEM)
        conditions = dict.fromkeys((*Customer.ITEM_FIELDS, *ITEM_OF_KEY.values()), Q())
        for item, columns in Customer.ITEM_FIELDS.items():
            for key in PERSON_KEYS:
                conditions[item] |= Q(**{f"data__{key}__has_any_keys": list(columns)})
        for key, item in ITEM_OF_KEY.items():
            conditions[item] |= Q(data__has_key=key)
        found = customer.records.aggregate(
            **{f"in_{item}": Count("id", filter=condition) for item, condition in conditions.items()}
        )
        return held | {item for item in conditions if found[f"in_{item}"]}

    def records(self, customer: Customer) -> Iterator[FoundRecord]:
        """Through a server-side cursor, with what belongs to the records of a chunk in one query each.

        Columns instead of instances: of somebody with a hundred thousand records that is a third of the time.
        """
        columns = ("id", "item__code", "kind", "source", "external_id", "occurred_at", "data")
        rows = iter(
            customer.records.order_by("kind", "-occurred_at", "id").values_list(*columns).iterator(chunk_size=_CHUNK)
        )
        while chunk := list(islice(rows, _CHUNK)):
            keys = [row[0] for row in chunk]
            recipients: dict[uuid.UUID, list[dict[str, str]]] = {}
            for recipient in Recipient.objects.filter(record__in=keys):
                recipients.setdefault(recipient.record_id, []).append(_sent_to(recipient))
            published = published_records(keys)
            for key, item, kind, source, external_id, occurred_at, data in chunk:
                yield FoundRecord(
                    item=item or kind,
                    kind=kind,
                    source=source,
                    external_id=external_id,
                    occurred_at=occurred_at,
                    data=data,
                    recipients=recipients.get(key, []),
                    published=published.get(key, ""),
                )


def _sent_to(recipient: Recipient) -> dict[str, str]:
    """As the sender gave it: what the recipient had corrected since is none of the sender's data."""
    shown = recipient.for_the_sender()
    address = " ".join(part for part in (shown["prefecture"] + shown["address1"], shown["address2"]) if part)
    names = {name: shown[name] for name in ("family_name", "given_name", "postal_code")}
    return {**names, "address": address, "telephone": shown["telephone"]}


def item_of(row: CustomerRecord) -> str:
    """The item of a record: its own, else the one that bears the name of its kind."""
    return row.item.code if row.item else row.kind


def item_of_source_id(source: str) -> str:
    """The item that an id in a source system belongs to: a member number or an order number."""
    return CustomerRecord.Kind.ORDER if source in _ORDER_SOURCES else MEMBER_ITEM


def _fact(item: str, field: str, value: str, origin: dict[str, str], original: str = "") -> Fact:
    at = origin.get("at")
    return Fact(
        item=item,
        field=field,
        value=value,
        original="" if original == value else str(original),
        source=origin.get("source", ""),
        external_id=origin.get("external_id", ""),
        obtained_at=datetime.fromisoformat(at) if at else None,
    )
