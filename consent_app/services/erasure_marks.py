"""Keeping an erased person from coming back with the next import.

The cart still has the person until the shop erases them there, too. What is kept to know their rows is a keyed hash of
the mail address and of the ids in the sources: it names nobody, and it is of no use without the key.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from privacy_portal.core.keys import derive_key

from ..domain.formats import SourceRow
from ..models import Customer, CustomerRecord, ErasureMark, ErasureRecord


def digest_of(kind: str, *parts: str) -> bytes:
    """The mark of a mail address (``"email"``) or of an id in a source (``"id"``, source, id)."""
    text = "\0".join((kind, *parts))
    return hmac.new(derive_key("erasure-mark"), text.encode(), hashlib.sha256).digest()


def mark(digests: Iterable[bytes], *, now: datetime) -> int:
    """Keep the marks; one that is there already counts from the new moment."""
    rows = [ErasureMark(digest=digest, erased_at=now) for digest in sorted(set(digests))]
    ErasureMark.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["digest"], update_fields=["erased_at"], batch_size=1000
    )
    return len(rows)


def suppressed(rows: Sequence[SourceRow]) -> set[str]:
    """Ids of the rows that speak of an erased person. Two queries at most.

    There is newer business where the row has an order from after the erasure, or where somebody with the mail address
    has become a customer since: then the row is imported like any other.
    """
    marks: dict[str, list[bytes]] = {}
    for row in rows:
        marks[row.external_id] = [digest_of("id", row.source, row.external_id)]
        if row.person.email:
            marks[row.external_id].append(digest_of("email", row.person.email))
    wanted = [digest for digests in marks.values() for digest in digests]
    found = {
        bytes(digest): at
        for digest, at in ErasureMark.objects.filter(digest__in=wanted).values_list("digest", "erased_at")
    }
    if not found:
        return set()
    hit = {
        row.external_id: (row, max(found[digest] for digest in marks[row.external_id] if digest in found))
        for row in rows
        if any(digest in found for digest in marks[row.external_id])
    }
    addresses = {row.person.email for row, _ in hit.values() if row.person.email}
    since = dict(Customer.objects.filter(email__in=addresses).order_by("created_at").values_list("email", "created_at"))
    return {
        key
        for key, (row, at) in hit.items()
        if not _ordered_since(row, at) and not (row.person.email in since and since[row.person.email] > at)
    }


def _ordered_since(row: SourceRow, at: datetime) -> bool:
    return any(
        record.kind == CustomerRecord.Kind.ORDER and record.occurred_at is not None and record.occurred_at > at
        for record in row.records
    )


def erased_items(customers: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, datetime]]:
    """What single items were erased of these customers, and when last."""
    rows = ErasureRecord.objects.filter(customer_id__in=set(customers), everything=False).order_by("erased_at")
    found: dict[uuid.UUID, dict[str, datetime]] = {}
    for key, items, at in rows.values_list("customer_id", "items", "erased_at"):
        found.setdefault(key, {}).update(dict.fromkeys(items, at))
    return found
