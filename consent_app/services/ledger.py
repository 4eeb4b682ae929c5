"""What both ledgers do alike: hold the persons, recognise a line that was recorded before, take an entry back."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.normalise import clean_text
from ..models import Customer, LedgerReversal, Provision, ReceivedProvision

Record = Provision | ReceivedProvision


class LedgerError(Exception):
    """The entry cannot be made; the message tells a person why."""


def hold(customers: Collection[uuid.UUID]) -> dict[uuid.UUID, Customer]:
    """Lock the rows of these customers until the transaction ends, always in the same order.

    Whoever withdraws a consent or sets a stop locks the same row, so nobody does so between the question to the gate
    and the record.
    """
    rows = Customer.objects.select_for_update().filter(pk__in=set(customers)).order_by("pk")
    return {row.pk: row for row in rows}


def principal_of(customer: Customer) -> str:
    """Whom a record speaks of, as it was when it was made: the name, else whatever else tells the person apart."""
    return customer.full_name or customer.email or customer.telephone or str(customer.pk)


def digest(*parts: object) -> bytes:
    """Recognises an entry that comes again; keyed, because a plain hash of a person and a day can be guessed."""
    key = salted_hmac("consent_app.ledger.digest", "row", algorithm="sha256").digest()
    hashed = hashlib.blake2b(key=key, digest_size=32)
    for part in parts:
        hashed.update(f"{clean_text(str(part))}\x1f".encode())
    return hashed.digest()


def occurrences(model: type[Record], digests: Iterable[bytes]) -> tuple[set[bytes], dict[bytes, int]]:
    """Which of these entries stand, and which number the next one of those that were taken back gets."""
    rows = (
        model._default_manager.filter(digest__in=set(digests))
        .order_by()
        .values("digest")
        .annotate(last=Max("occurrence"), standing=Count("pk", filter=Q(reversal=None)))
    )
    found = [(bytes(row["digest"]), row["last"], row["standing"]) for row in rows]
    return (
        {key for key, _last, standing in found if standing},
        {key: last + 1 for key, last, _standing in found},
    )


def reverse(*, record: Record, reason: str, actor: User) -> LedgerReversal:
    """Take an entry back by a counter-entry. The entry itself stays, and is no longer told to the person.

    Raises:
        LedgerError: no reason, or taken back already.
    """
    reason = clean_text(reason)
    if not reason:
        raise LedgerError(_("取り消す理由を入れてください。"))
    field = "provision" if isinstance(record, Provision) else "received"
    with transaction.atomic():
        type(record)._default_manager.select_for_update(of=["self"]).get(pk=record.pk)
        if LedgerReversal.objects.filter(**{field: record}).exists():
            raise LedgerError(_("この記録は、もう取り消されています。"))
        values: dict[str, Any] = {field: record}
        entry = LedgerReversal.objects.create(reason=reason[:300], recorded_by=actor, at=timezone.now(), **values)
        audit.record(action=f"{field}.reversed", actor=actor, obj=record)
    return entry
