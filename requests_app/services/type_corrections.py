"""A registered request was written down as another right than the person asked for: staff put that right.

Everything that follows from the type follows the new one: what is asked, the internal target, the level of identity,
whether a fee is possible. Until something was decided or a fee was told; after that a new request is registered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.models import RequestRule
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import selectors
from ..domain.answers import AGENT_PREFIX, NOT_A_CHOICE, PartyAnswers
from ..domain.request_types import REQUEST_TYPES
from ..domain.requesters import Requester
from ..domain.transitions import Actor, Event, Note, Status
from ..models import Correction, DisclosureRequest, Party, RequestEvent
from . import corrections, intake, paper_letters, transition
from .corrections import FACTS_OPEN, current, keep, look_anew, read_reason, require
from .deadlines import first_target, moved_by
from .errors import InvalidAnswers, RequestError
from .permissions import deny
from .registration import registrable_types

# What is asked anew, by the form of the new type.
SCOPE: Final = ("grounds", "wants_everything", "wanted_items", "wanted_purposes", "wanted_note", "change_rows")
_ROWS: Final = ("item_", "present_", "wanted_", "why_")
FIELD: Final = "request_type"


class TypeSettled(RequestError):
    """Something was decided, told or proposed for the type that the request has."""

    message = _(
        "決定や手数料のお知らせのあとは、種類を直せません。この請求の取下げを記録し、正しい種類で登録し直してください。"
    )


def why_not(request: DisclosureRequest) -> Any:
    """The reason why the type stays, empty when it can be corrected."""
    if reason := corrections.why_not(request, facts=True):
        return reason
    return TypeSettled.message if _is_settled(request) else ""


def _is_settled(request: DisclosureRequest) -> bool:
    proposed = selectors.open_proposal(request) is not None
    return proposed or request.decisions.exists() or request.fees.exists()


def correct_type(
    *,
    request: DisclosureRequest,
    actor: User,
    request_type: str,
    answers: Mapping[str, Any],
    reason: str,
    seen: int,
    now: datetime,
) -> DisclosureRequest:
    """Give a registered request the type that the person meant, with what that type asks.

    Who was confirmed stays confirmed, unless the new type needs more than the old one.

    Args:
        answers: what the new type asks, with the keys of ``intake.submit``; persons and arrival stay as they are.
        seen: the revision that the form showed.

    Raises:
        InvalidAnswers: with a message for each field.
        NotAllowed: no permission, or the person wrote it themself.
        Stale, TooLate: see ``services.corrections``.
        TypeSettled: see there.
    """
    require(actor, request)
    why, errors = read_reason(reason)
    if request_type == request.request_type or request_type not in registrable_types():
        raise InvalidAnswers(errors | {FIELD: NOT_A_CHOICE})
    rule = intake.offered_rule(request_type)
    stated = {name: value for name, value in answers.items() if _is_scope(name)}
    form, wrong = intake.read_form(request_type, {**_stated(request), **stated}, today=timezone.localdate(now))
    errors |= {name: words for name, words in wrong.items() if _is_scope(name)}
    if errors:
        raise InvalidAnswers(errors)
    with transaction.atomic():
        row = current(request, seen, FACTS_OPEN)
        if _is_settled(row):
            raise TypeSettled
        before, level = row.request_type, _level(row)
        keep(row, actor, FIELD, before, request_type, why, now)
        for field, text in _wishes(row):
            keep(row, actor, field, text, "", why, now)
        _rewrite(row, request_type, form, rule)
        RequestEvent.objects.create(
            request=row,
            kind=Note.TYPE_CORRECTED,
            from_status=row.status,
            to_status=row.status,
            actor_kind=Actor.STAFF,
            actor=actor,
            at=now,
            data={"from_type": before, "to_type": request_type},
        )
        audit.record(
            action="request.type_corrected",
            actor=actor,
            obj=row,
            detail={"from_type": before, "to_type": request_type},
        )
        if not REQUEST_TYPES[request_type].needs_identity:
            if row.status in (Status.IDENTITY_REVIEW, Status.IDENTITY_WAITING):
                transition.apply(request=row, event=Event.TAKEN_UP, actor=actor, actor_kind=Actor.STAFF, now=now)
        elif _level(row) > level:
            look_anew(row, request, actor, now)
    request.refresh_from_db()
    return row


def letter(*, correction: Correction, actor: User, now: datetime) -> bytes:
    """What was put right, as a letter to print for the person. That it was opened is recorded.

    Raises:
        NotAllowed: no permission, or no correction of a type.
    """
    require(actor, correction.request)
    if correction.field != FIELD:
        deny(actor, correction.request)
    audit.record(action="request.type_letter_opened", actor=actor, obj=correction.request)
    return paper_letters.type_corrected(correction, on=timezone.localdate(now))


def _is_scope(name: str) -> bool:
    return name in SCOPE or (name.startswith(_ROWS) and name[-1].isdecimal())


def _level(request: DisclosureRequest) -> int:
    """How surely somebody has to be known for the type; 0 where nobody is asked."""
    if not REQUEST_TYPES[request.request_type].needs_identity:
        return 0
    levels = RequestRule.objects.filter(request_type=request.request_type).values_list("identity_level", flat=True)
    return levels.first() or RequestRule.IdentityLevel.DOCUMENTS


def _stated(request: DisclosureRequest) -> dict[str, Any]:
    """What is there of persons and answer, as the form has it: it is read again beside what the new type asks."""
    usual = {"person": Requester.PERSON, "statutory_agent": Requester.GUARDIAN, "mandated_agent": Requester.MANDATED}
    answers: dict[str, Any] = {
        "requester": request.requester or usual[request.role].value,
        "answer_method": request.answer_method,
        "answer_method_note": request.answer_method_note or "",
    }
    for party in request.parties.all():
        prefix = AGENT_PREFIX if party.kind == Party.Kind.AGENT else ""
        answers |= {f"{prefix}{field.name}": getattr(party, field.name) or "" for field in fields(PartyAnswers)}
    return answers


def _wishes(request: DisclosureRequest) -> Iterator[tuple[str, str]]:
    """What was written down for the old type, for the history: the person's words, and each change."""
    if request.wanted_note:
        yield "wanted_note", request.wanted_note
    for change in request.changes.select_related("item"):
        parts = (str(change.item), change.present, change.wanted, change.why, change.finding)
        yield f"change_{change.position}", " / ".join(part for part in parts if part)


def _rewrite(row: DisclosureRequest, request_type: str, form: intake.ReadForm, rule: RequestRule) -> None:
    old_rule = RequestRule.objects.filter(request_type=row.request_type).first()
    if old_rule is not None:
        received = row.received_at
        before, after = (first_target(rule=one, received_at=received) for one in (old_rule, rule))
        row.target_on = moved_by(row.target_on, after - before)
    row.request_type = request_type
    row.grounds = list(form.clean.grounds)
    row.wants_everything = form.clean.wants_everything
    row.wanted_note = form.clean.wanted_note or None
    row.save(update_fields=["request_type", "target_on", "grounds", "wants_everything", "wanted_note"])
    row.changes.all().delete()
    row.wanted_items.clear()
    row.wanted_purposes.clear()
    intake.write_wishes(row, form)
