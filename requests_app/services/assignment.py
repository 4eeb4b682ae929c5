"""Who looks after a case."""

from datetime import datetime

from django.db import transaction

from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..models import DisclosureRequest
from .permissions import deny, may_act_as_staff, require_staff
from .transition import locked


def assign(*, request: DisclosureRequest, actor: User, to: User | None, now: datetime) -> DisclosureRequest:
    """Give the case to a member of staff, or to nobody.

    Raises:
        NotAllowed: the actor is not staff, or ``to`` may not handle this case (their own request, or no staff).
    """
    require_staff(actor, request)
    if to is not None and not may_act_as_staff(to, request):
        deny(actor, request)
    with transaction.atomic():
        row = locked(request)
        row.assigned_to = request.assigned_to = to
        row.save(update_fields=["assigned_to"])
        audit.record(action="request.assigned", actor=actor, obj=row, detail={"to": to.pk if to else None})
    return row
