"""Moving the internal target to a later day, with a reason that the person reads.

The law only says "without delay" (articles 32 to 35): an extension buys no time against it, it tells the person
honestly when the answer is expected now, and why.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consent_app.domain.normalise import clean_note
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import notifications
from ..domain.answers import holds_my_number
from ..domain.transitions import OPEN_STATUSES, WAITING_FOR_PERSON, Actor, Note
from ..models import DisclosureRequest, RequestEvent, TargetExtension
from . import transition
from .errors import RequestError
from .permissions import require_staff

REASON_LENGTH = 500
# Further away than this is a slip of the finger.
FURTHEST = timedelta(days=366)
# While the person owes something the clock stands still, and the target moves by itself.
RUNNING = OPEN_STATUSES - WAITING_FOR_PERSON


class InvalidExtension(RequestError):
    """The target cannot be moved like this; ``field`` names the form field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__()
        self.field = field
        self.message = message


def extend(*, request: DisclosureRequest, actor: User, to_on: date, reason: str, now: datetime) -> TargetExtension:
    """Move the target, any number of times; the timeline and a mail tell the person each time.

    Args:
        reason: for the person to read on their page, at most 500 characters; the mail does not have it.

    Raises:
        InvalidExtension: no reason, a day that is not later, or a request that waits for the person or is answered.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request, "decide_request")
    text = _reason(reason)
    with transaction.atomic():
        row = transition.locked(request)
        if row.status not in RUNNING:
            raise InvalidExtension("", _("いまの状態では、目標日を延ばせません。"))
        today = timezone.localdate(now)
        if to_on <= max(today, row.target_on):
            raise InvalidExtension("to_on", _("今日と、いまの目標日より後の日を入れてください。"))
        if to_on > today + FURTHEST:
            raise InvalidExtension("to_on", _("1年より先の日は入れられません。"))
        extension = TargetExtension.objects.create(
            request=row, from_on=row.target_on, to_on=to_on, reason=text, extended_by=actor, extended_at=now
        )
        row.target_on = request.target_on = to_on
        row.save(update_fields=["target_on"])
        RequestEvent.objects.create(
            request=row,
            kind=Note.TARGET_EXTENDED,
            from_status=row.status,
            to_status=row.status,
            actor_kind=Actor.STAFF,
            actor=actor,
            data={"extension": str(extension.pk)},
            at=now,
        )
        audit.record(
            action="request.target_extended",
            actor=actor,
            obj=row,
            detail={"from_on": extension.from_on, "to_on": extension.to_on},
        )
        notifications.target_extended(request=row)
    return extension


def _reason(typed: str) -> str:
    text = clean_note(typed[: 4 * REASON_LENGTH])
    if not text:
        raise InvalidExtension("reason", _("延ばす理由を書いてください。"))
    if len(text) > REASON_LENGTH:
        raise InvalidExtension("reason", _("長すぎます。短くしてください。"))
    if holds_my_number(text):
        raise InvalidExtension("reason", _("マイナンバーのような番号は書けません。"))
    return text
