"""Marking what a person made public themself, and taking the mark off again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..models import Customer, CustomerRecord, DataItem, SelfDisclosure


class AlreadyMarked(Exception):
    """Somebody else marked it meanwhile; ``present`` is that mark."""

    def __init__(self, present: SelfDisclosure) -> None:
        self.present = present


def mark(
    *, customer: Customer, of: DataItem | CustomerRecord, place: str, actor: audit.Actor, now: datetime
) -> SelfDisclosure:
    """Note that the person themself made this public.

    Args:
        of: a registered item of this customer, or one of their records.
        place: where they published it, in the words of staff, for example "a review of a product".
        now: an aware moment.

    Raises:
        AlreadyMarked: see there.
        ValueError: no place, or a record of another customer.
    """
    place = place.strip()
    if not place:
        raise ValueError("A mark says where.")
    if isinstance(of, CustomerRecord) and of.customer_id != customer.pk:
        raise ValueError("The record belongs to another customer.")
    target = {"record": of} if isinstance(of, CustomerRecord) else {"item": of}
    with transaction.atomic():
        # Two members of staff take turns, so that the second one sees the first one's mark.
        Customer.objects.select_for_update().get(pk=customer.pk)
        present = SelfDisclosure.objects.filter(customer=customer, ended_at=None, **target).first()
        if present is not None:
            raise AlreadyMarked(present)
        row = SelfDisclosure.objects.create(
            customer=customer,
            place=place,
            marked_at=now,
            marked_by=actor if isinstance(actor, User) else None,
            **target,
        )
        audit.record(action="self_disclosure.marked", actor=actor, obj=row)
    return row


def end(*, mark: SelfDisclosure, actor: audit.Actor, now: datetime) -> SelfDisclosure:
    """Take the mark off. One that is off stays as it is."""
    with transaction.atomic():
        row = SelfDisclosure.objects.select_for_update(of=("self",)).get(pk=mark.pk)
        if row.ended_at is not None:
            return row
        row.ended_at = max(now, row.marked_at)
        row.ended_by = actor if isinstance(actor, User) else None
        row.save(update_fields=["ended_at", "ended_by"])
        audit.record(action="self_disclosure.ended", actor=actor, obj=row)
    return row
