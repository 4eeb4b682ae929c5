"""The cases of a customer, as a reason to look at the customer."""

import uuid

from consent_app.domain.looks import Case, register
from privacy_portal.core.models import User

from .domain.transitions import OPEN_STATUSES
from .models import DisclosureRequest


def _cases(customer: uuid.UUID, staff: User) -> list[Case]:
    if not staff.has_perm("requests_app.view_disclosurerequest"):
        return []
    rows = DisclosureRequest.objects.filter(customer=customer, status__in=OPEN_STATUSES).order_by("received_at")
    return [Case(row.pk, row.receipt_number, row.assigned_to_id == staff.pk) for row in rows]


register(_cases)
