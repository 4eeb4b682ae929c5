"""What staff write down about a case: notes and findings. Only added: what was thought when is part of the case."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from consent_app.models import DataItem
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from ..domain.answers import TOO_LONG
from ..models import CaseFinding, CaseNote, DisclosureRequest, InstructionContact
from .instructions import InvalidInstruction, clean_body
from .permissions import require_staff

PLACE_LENGTH = 200


def write(*, request: DisclosureRequest, actor: User, body: str, now: datetime) -> CaseNote:
    """A note for colleagues. The person never sees it, and disclosure of the case file does not include it.

    Raises:
        InvalidInstruction: empty, too long, or with a My Number in it.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request)
    text = clean_body(body, "body")
    with transaction.atomic():
        note = CaseNote.objects.create(request=request, author=actor, body=text, at=now)
        audit.record(action="note.written", actor=actor, obj=request)
    return note


def find(
    *,
    request: DisclosureRequest,
    actor: User,
    item: DataItem | None,
    place: str,
    result: str,
    note: str,
    now: datetime,
    keeper: InstructionContact | None = None,
) -> CaseFinding:
    """What was looked for where, and whether it was there.

    Args:
        item: None for every item.
        result: a value of ``CaseFinding.Result``.
        keeper: who would have to correct or erase it; None: the actor.

    Raises:
        InvalidInstruction: no place, a text that is too long, or a My Number.
        NotAllowed: no permission, or their own request.
    """
    require_staff(actor, request)
    where = clean_body(place, "place")
    if len(where) > PLACE_LENGTH:
        raise InvalidInstruction("place", TOO_LONG)
    said = clean_body(note, "note", required=False)
    with transaction.atomic():
        finding = CaseFinding.objects.create(
            request=request,
            author=actor,
            item=item,
            place=where,
            result=CaseFinding.Result(result),
            note=said or None,
            keeper=keeper,
            at=now,
        )
        audit.record(action="finding.written", actor=actor, obj=request)
    return finding
