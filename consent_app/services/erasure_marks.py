"""Keeping an erased person from coming back with the next import.

The cart still has the person until the shop erases them there, too. What is kept to know their rows is a keyed hash of
the mail address and of the ids in the sources: it names nobody, and it is of no use without the key.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import transaction

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain import normalise
from ..domain.formats import SourceRow
from ..models import Customer, CustomerRecord, ErasureMark, ErasureRecord
from ..models.erasure import digest_of


class Unreadable(ValueError):
    """What was typed names nobody."""


def mark(digests: Iterable[bytes], *, now: datetime) -> int:
    """Keep the marks; one that is there already counts from the new moment."""
    rows = [ErasureMark(digest=digest, erased_at=now) for digest in sorted(set(digests))]
    ErasureMark.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["digest"],
        update_fields=["erased_at", "lifted_at", "lifted_by", "lift_reason"],
        batch_size=1000,
    )
    return len(rows)


def digest_of_typed(kind: str, value: str, source: str = "") -> bytes:
    """The mark of what staff typed: a mail address in any spelling, or an id in a source as it stands there.

    Raises:
        Unreadable: it is no mail address, or nothing.
    """
    if kind == "email":
        address = normalise.email(value).value
        if not address:
            raise Unreadable
        return digest_of("email", address)
    number = normalise.clean_text(value)
    if not number or not source:
        raise Unreadable
    return digest_of("id", source, number)


def is_kept_out(*, digest: bytes, kind: str, actor: User) -> bool:
    """Whether imports leave out who has this mark. The same work, and the same audit entry, whatever the answer is."""
    found = ErasureMark.objects.filter(digest=digest, lifted_at=None).exists()
    audit.record(action="erasure.mark_looked_up", actor=actor, detail={"kind": kind})
    return found


@transaction.atomic
def lift(*, digest: bytes, kind: str, actor: User, reason: str, now: datetime) -> bool:
    """Let the person be imported again, who wants to be a customer again. Nothing that was erased comes back by that.

    Args:
        reason: how their wish was confirmed, at most 200 characters, without personal data.

    Returns:
        False where there is no such mark, or it is lifted already.

    Raises:
        ValueError: no reason.
    """
    text = reason.strip()[:200]
    if not text:
        raise ValueError("Whoever lifts a mark says why.")
    mark = ErasureMark.objects.select_for_update(of=("self",)).filter(digest=digest, lifted_at=None).first()
    if mark is None:
        return False
    mark.lifted_at, mark.lifted_by, mark.lift_reason = now, actor, text
    mark.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    audit.record(action="erasure.mark_lifted", actor=actor, obj=mark, detail={"kind": kind})
    return True


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
        for digest, at in ErasureMark.objects.filter(digest__among=wanted, lifted_at=None).values_list(
            "digest", "erased_at"
        )
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
    rows = ErasureRecord.objects.filter(customer_id__among=set(customers), everything=False).order_by("erased_at")
    found: dict[uuid.UUID, dict[str, datetime]] = {}
    for key, items, at in rows.values_list("customer_id", "items", "erased_at"):
        found.setdefault(key, {}).update(dict.fromkeys(items, at))
    return found
