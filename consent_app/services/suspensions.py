"""Setting and ending a stop of use or of provision (article 35). Who may decide it is the caller's business."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from django.db import transaction

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..models import Customer, CustomerRecord, Purpose, Recipient, RecipientSuspension, Suspension

AnyStop = TypeVar("AnyStop", Suspension, RecipientSuspension)


def suspend(
    *,
    customer: Customer,
    kind: str,
    actor: audit.Actor,
    ground: str,
    now: datetime,
    purpose: Purpose | None = None,
    reference: str = "",
) -> Suspension:
    """Stop use or provision of this customer's data from now on. What is already stopped stays as it is.

    Args:
        customer: whose data.
        kind: a value of ``Suspension.Kind``.
        actor: who does it, for the audit trail.
        ground: the article, for example "35(1)".
        now: an aware moment.
        purpose: the one purpose that is stopped; None stops all.
        reference: the receipt number of the request behind it.

    Raises:
        ValueError: no ground, or no such kind.
    """
    kind = Suspension.Kind(kind)
    if not ground:
        raise ValueError("A suspension names its ground.")
    with transaction.atomic():
        # Two requests about one customer take turns, so that the second finds what the first stopped.
        Customer.objects.select_for_update().get(pk=customer.pk)
        present = Suspension.objects.filter(customer=customer, kind=kind, purpose=purpose, ended_at=None).first()
        if present is not None:
            return present
        suspension = Suspension.objects.create(
            customer=customer,
            kind=kind,
            purpose=purpose,
            begins_at=now,
            ground=ground,
            reference=reference,
            set_by=actor if isinstance(actor, User) else None,
        )
        audit.record(action="suspension.set", actor=actor, obj=suspension, detail={"kind": str(kind)})
    return suspension


def suspend_recipient(
    *,
    recipient: Recipient,
    kind: str,
    actor: audit.Actor,
    ground: str,
    now: datetime,
    reference: str,
    purpose: Purpose | None = None,
) -> RecipientSuspension:
    """The same for the recipient of a gift, in this order. A gift that is ordered later is newer business.

    Args:
        recipient: whose data, its order loaded; the other arguments are those of :func:`suspend`.

    Raises:
        ValueError: no ground, or no such kind.
    """
    kind = RecipientSuspension.Kind(kind)
    if not ground:
        raise ValueError("A suspension names its ground.")
    with transaction.atomic():
        CustomerRecord.objects.select_for_update(of=("self",)).get(pk=recipient.record_id)
        about = {"record": recipient.record, "person": recipient.person_key, "kind": kind, "purpose": purpose}
        present = RecipientSuspension.objects.filter(ended_at=None, **about).first()
        if present is not None:
            return present
        suspension = RecipientSuspension.objects.create(
            **about,
            begins_at=now,
            ground=ground,
            reference=reference,
            set_by=actor if isinstance(actor, User) else None,
        )
        audit.record(action="suspension.set", actor=actor, obj=suspension, detail={"kind": str(kind)})
    return suspension


def end(*, suspension: AnyStop, actor: audit.Actor, reason: str, now: datetime, note: str = "") -> AnyStop:
    """Let the stop end now. One that has ended stays as it is.

    Args:
        suspension: the stop.
        actor: who does it, for the audit trail.
        reason: a value of ``Suspension.EndReason``: using data again that was stopped needs one.
        now: an aware moment.
        note: what the reason rests on, without personal data.

    Raises:
        ValueError: no such reason.
    """
    reason = Suspension.EndReason(reason)
    with transaction.atomic():
        row = type(suspension).objects.select_for_update(of=("self",)).get(pk=suspension.pk)
        if row.ended_at is not None:
            return row
        row.ended_at = max(now, row.begins_at)
        row.ended_by = actor if isinstance(actor, User) else None
        row.end_reason, row.end_note = reason, note.strip()[:200]
        row.save(update_fields=["ended_at", "ended_by", "end_reason", "end_note"])
        detail = {"kind": row.kind, "reason": str(reason)}
        audit.record(action="suspension.ended", actor=actor, obj=row, detail=detail)
    return row
