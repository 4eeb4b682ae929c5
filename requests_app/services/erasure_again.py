"""Doing erasures again that a restored backup does not know of."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from django.db import transaction

from consent_app.models import Customer, ErasureRecord
from consent_app.models.parts import RECIPIENT_ITEM
from consent_app.services import erasure, erasure_journal, erasure_marks, gift_erasure
from consent_app.services.erasure_journal import Entry

from ..models import DisclosureRequest
from .effects import erase_answers, erase_gift_answers


def again(*, journals: Iterable[Path]) -> Counter[str]:
    """Erase what the journals name and the database still has, each in a transaction of its own. May run twice.

    Returns:
        How many were ``erased``, were erased already (``known``), and concern persons whom the backup does not have
        (``absent``); imports leave those out from now on as well.

    Raises:
        DecryptionError: a line was changed, or its key is not configured.
    """
    entries = {entry.record: entry for path in journals for entry in erasure_journal.read(path)}
    return Counter(_again(entry) for entry in sorted(entries.values(), key=lambda entry: entry.at))


def _asked_by(entry: Entry) -> uuid.UUID | None:
    found = DisclosureRequest.objects.filter(receipt_number=entry.reference)
    return found.values_list("pk", flat=True).first()


@transaction.atomic
def _again(entry: Entry) -> str:
    if ErasureRecord.objects.filter(customer_id=entry.customer, key=entry.key).exists():
        return "known"
    erasure_marks.mark(entry.marks, now=entry.at)
    found = Customer.objects.filter(pk=entry.customer).exclude(status=Customer.Status.ERASED).first()
    if found is None:
        # A recipient of gifts has no row of a customer, and may have another key since an import.
        if (entry.items or ())[:1] != (RECIPIENT_ITEM,):
            return "absent"
        again = gift_erasure.erase_marked(marks=entry.marks, actor="command")
        erase_gift_answers(persons=again.persons, now=entry.at, but=_asked_by(entry))
        return "erased" if again.rows else "absent"
    customer = erasure.lock(found)
    # Its answers go with all of a person's data; the row forgets its account when it is emptied.
    account = customer.user
    record = erasure.erase(
        customer=customer,
        items=entry.items,
        token=erasure.preview(customer=customer, items=entry.items, now=entry.at).token,
        reference=entry.reference,
        key=entry.key,
        actor="command",
        # The moment that counts for what is newer business, and from which the days of what is kept are counted.
        now=entry.at,
    )
    if record.everything:
        erase_answers(customer=customer, account=account, now=entry.at)
    return "erased"
