"""The adapter to the operator's own registers in this database."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count

from consent_app.models import Customer, CustomerRecord

from .base import Fact, FoundRecord

# A record without a data item of its own belongs to the item of this name.
ITEM_OF_KIND: dict[str, str] = {
    CustomerRecord.Kind.ORDER: "orders",
    CustomerRecord.Kind.PURCHASES: "orders",
    CustomerRecord.Kind.INQUIRY: "inquiries",
    CustomerRecord.Kind.NOTE: "notes",
    CustomerRecord.Kind.MEMBERSHIP: "membership",
    CustomerRecord.Kind.NEWSLETTER: "newsletter",
}
_CHUNK = 2000


class RegistersConnector:
    """Reads ``consent_app``."""

    code = "registers"

    def facts(self, customer: Customer) -> Iterator[Fact]:
        """Every registered value that is not empty."""
        for item, fields in Customer.ITEM_FIELDS.items():
            origin = customer.origins.get(item, {})
            at = origin.get("at")
            for name in fields:
                value = getattr(customer, name)
                original = customer.originals.get(name, "")
                if value in ("", None) and not original:
                    continue
                yield Fact(
                    item=item,
                    field=name,
                    value="" if value is None else str(value),
                    original="" if original == value else str(original),
                    source=origin.get("source", ""),
                    external_id=origin.get("external_id", ""),
                    obtained_at=datetime.fromisoformat(at) if at else None,
                )

    def record_counts(self, customer: Customer) -> dict[str, int]:
        """One query."""
        rows = customer.records.values("kind").annotate(number=Count("id")).order_by("kind")
        return {row["kind"]: row["number"] for row in rows}

    def records(self, customer: Customer) -> Iterator[FoundRecord]:
        """Through a server-side cursor, with the recipients of each chunk in one query."""
        rows = (
            customer.records.select_related("item")
            .prefetch_related("recipients")
            .order_by("kind", "-occurred_at", "id")
            .iterator(chunk_size=_CHUNK)
        )
        for row in rows:
            yield FoundRecord(
                item=row.item.code if row.item else ITEM_OF_KIND[row.kind],
                kind=row.kind,
                source=row.source,
                external_id=row.external_id,
                occurred_at=row.occurred_at,
                data=row.data,
                recipients=[
                    {
                        "family_name": recipient.family_name,
                        "given_name": recipient.given_name,
                        "postal_code": recipient.postal_code,
                        "address": " ".join(
                            part for part in (recipient.prefecture + recipient.address1, recipient.address2) if part
                        ),
                        "telephone": recipient.telephone,
                    }
                    for recipient in row.recipients.all()
                ],
            )
