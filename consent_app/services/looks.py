"""Whoever looks at a customer says why, once a case or once a working day."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain import looks
from ..models import Customer, CustomerLook

Reason = CustomerLook.Reason
# How long it is kept who gave which reason; the audit entry stays.
KEPT = timedelta(days=366)


class ReasonMissing(ValueError):
    """No reason, no words with it, or a case that is not an open one of this customer."""


def justified(*, customer: Customer, staff: User, now: datetime) -> bool:
    """Whether somebody has said why they look at this customer.

    Whoever has an open case of the customer in hand need not: the case is the reason, and is written down once.
    """
    given = CustomerLook.objects.filter(customer=customer, staff=staff)
    if given.filter(ends_at__gt=now).exists():
        return True
    cases = looks.cases_of(customer.pk, staff)
    if not cases:
        return False
    if given.filter(reason=Reason.CASE, case_number__in=[case.number for case in cases]).exists():
        return True
    own = next((case for case in cases if case.own), None)
    if own is not None:
        give(customer=customer, staff=staff, reason=Reason.CASE, case_number=own.number, note="", now=now)
    return own is not None


def give(
    *, customer: Customer, staff: User, reason: str, note: str, now: datetime, case_number: str = ""
) -> CustomerLook:
    """Write down why somebody looks at a customer, in the audit trail too, where neither words nor numbers stand.

    Args:
        case_number: of one of the customer's open cases, for the reason ``case`` only.

    Raises:
        ReasonMissing: see there.
    """
    case = None
    if reason == Reason.CASE:
        case = next((one for one in looks.cases_of(customer.pk, staff) if one.number == case_number), None)
    if reason not in Reason.values or (case is None if reason == Reason.CASE else not note.strip() or case_number):
        raise ReasonMissing
    with transaction.atomic():
        row = CustomerLook.objects.create(
            customer=customer,
            staff=staff,
            reason=reason,
            case_number=case_number,
            note=note.strip(),
            began_at=now,
            ends_at=now + timedelta(hours=settings.CUSTOMER_LOOK_HOURS),
        )
        audit.record(
            action="customer.look_justified",
            actor=staff,
            obj=customer,
            detail={"reason": reason, "case": case.key if case else None},
        )
    return row


def purge(*, now: datetime) -> int:
    """Delete reasons after a year, and return how many. May run twice."""
    return CustomerLook.objects.filter(Q(began_at__lt=now - KEPT)).delete()[0]
