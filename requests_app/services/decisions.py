"""Deciding on a request: outcome, article, ground, reason."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.domain.normalise import clean_note
from consent_app.models import DataItem
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import selectors
from ..domain.answers import MY_NUMBER, NOT_A_CHOICE, REQUIRED, TOO_LONG, holds_my_number
from ..domain.request_types import REQUEST_TYPES, refusal_of
from ..domain.transitions import IDENTITY_STATUSES, Actor, Event, possible_events
from ..models import Decision, DisclosureRequest
from . import letters, nudges, transition
from .errors import InvalidDecision
from .permissions import require_staff

REASON_LENGTH = 4000
Outcome = Decision.Outcome
_WITH_GROUND: frozenset[str] = frozenset({Outcome.PARTLY, Outcome.REFUSED})
# Article 36 asks for reasons whenever the person does not get what they asked for.
_WITH_REASON: frozenset[str] = _WITH_GROUND | {Outcome.IDENTITY_NOT_CONFIRMED}


@dataclass(frozen=True, slots=True)
class _Content:
    """A decision that may be made."""

    outcome: str
    article: str
    ground: str
    reason: str
    withheld_items: list[DataItem]


def allowed_outcomes(request: DisclosureRequest) -> list[Outcome]:
    """The outcomes that law and case allow now, in the order of the choices; empty where nothing can be decided.

    * identity not settled: only that it could not be confirmed, and nothing about whether data are held;
    * nobody registered: only that no such data is held;
    * otherwise granted, partly or refused; "no such data" only where nothing of what was asked for is held.

    Somebody who may be the recipient of a gift is never told that no such data is held: it lies in the sender's order.
    If they are no customer, nothing can be handed out from here; a refusal needs its ground, as always.
    """
    if Event.DECIDED not in possible_events(request.status, Actor.STAFF):
        return []
    if request.status in IDENTITY_STATUSES:
        allowed: Collection[Outcome] = [Outcome.IDENTITY_NOT_CONFIRMED]
    elif request.customer is None:
        allowed = [Outcome.REFUSED] if selectors.recipients(request) else [Outcome.NO_SUCH_DATA]
    else:
        allowed = [Outcome.GRANTED, Outcome.PARTLY, Outcome.REFUSED]
        if not selectors.anything_wanted_is_held(request) and not selectors.recipients(request):
            allowed.append(Outcome.NO_SUCH_DATA)
    return [outcome for outcome in allowed if outcome in REQUEST_TYPES[request.request_type].outcome_articles]


def _content(
    request: DisclosureRequest, outcome: str, ground: str, reason: str, withheld_items: Sequence[DataItem]
) -> _Content:
    """Check a decision as it was typed.

    Raises:
        InvalidDecision: with the field that is wrong.
    """
    if outcome not in allowed_outcomes(request):
        raise InvalidDecision("outcome", _("この結論は、いまのこの請求では選べません。"))
    refusal = refusal_of(request.request_type, ground)
    if outcome in _WITH_GROUND and refusal is None:
        raise InvalidDecision("ground", REQUIRED if not ground else NOT_A_CHOICE)
    text = clean_note(reason[: 2 * REASON_LENGTH])
    if outcome in _WITH_REASON and not text:
        raise InvalidDecision("reason", _("理由を書いてください（法第36条）。"))
    if len(text) > REASON_LENGTH:
        raise InvalidDecision("reason", TOO_LONG)
    if holds_my_number(text):
        raise InvalidDecision("reason", MY_NUMBER)
    if outcome == Outcome.PARTLY and not withheld_items:
        raise InvalidDecision("withheld_items", _("開示しない項目を選んでください。"))
    return _Content(
        outcome=outcome,
        article=REQUEST_TYPES[request.request_type].outcome_articles[outcome],
        # A form that was switched to another outcome still sends what was chosen before.
        ground=ground if outcome in _WITH_GROUND else "",
        reason=text,
        withheld_items=list(withheld_items) if outcome == Outcome.PARTLY else [],
    )


def decide(
    *,
    request: DisclosureRequest,
    actor: User,
    outcome: str,
    ground: str,
    reason: str,
    withheld_items: Sequence[DataItem],
    now: datetime,
) -> Decision:
    """Decide, and have the answer prepared by a worker. Of two at once, the second one is refused.

    Args:
        ground: code of one of the type's lawful refusals, for "partly" and "refused".
        reason: what the person is told (article 36), at most 4,000 characters.
        withheld_items: what is not disclosed, for "partly".

    Raises:
        InvalidDecision: with the field that is wrong.
        NotAllowed: the actor lacks the permission, or it is their own request.
        TransitionRefused: nothing can be decided in this status.
    """
    require_staff(actor, request, "decide_request")
    with transaction.atomic():
        row = transition.locked(request)
        transition.require(row, Event.DECIDED, Actor.STAFF)
        content = _content(row, outcome, ground, reason, withheld_items)
        # Reopening supersedes already; one in force is never left beside a new one whatever happened before.
        Decision.objects.filter(request=row, superseded_at__isnull=True).update(superseded_at=now)
        decision = Decision.objects.create(
            request=row,
            outcome=content.outcome,
            article=content.article,
            ground=content.ground,
            reason=content.reason or None,
            decided_by=actor,
            decided_at=now,
        )
        if content.withheld_items:
            decision.withheld_items.set(content.withheld_items)
        transition.apply(
            request=row,
            event=Event.DECIDED,
            actor=actor,
            actor_kind=Actor.STAFF,
            now=now,
            data={"decision": str(decision.pk)},
        )
        request.status = row.status
        audit.record(
            action="decision.made",
            actor=actor,
            obj=row,
            detail={"outcome": content.outcome, "ground": content.ground or None, "decision": decision.pk},
        )
        nudges.fulfil(row)
    return decision


def preview_letter(
    *,
    request: DisclosureRequest,
    actor: User,
    outcome: str,
    ground: str,
    reason: str,
    withheld_items: Sequence[DataItem],
    now: datetime,
) -> bytes:
    """The notice as the person would receive it, as a PDF; nothing is decided. The look is recorded.

    Raises:
        InvalidDecision, NotAllowed: as in :func:`decide`.
    """
    require_staff(actor, request, "decide_request")
    letter = _letter(request, _content(request, outcome, ground, reason, withheld_items), now)
    audit.record(action="decision.previewed", actor=actor, obj=request)
    return letters.decision_letter(letter)


def unprintable_characters(
    *,
    request: DisclosureRequest,
    outcome: str,
    ground: str,
    reason: str,
    withheld_items: Sequence[DataItem],
    now: datetime,
) -> str:
    """The characters of the notice that its fonts lack and that are printed as 〓, so that the manager can write them.

    Raises:
        InvalidDecision: as in :func:`decide`.
    """
    return letters.unprintable(_letter(request, _content(request, outcome, ground, reason, withheld_items), now))


def _letter(request: DisclosureRequest, content: _Content, now: datetime) -> letters.LetterContent:
    return letters.LetterContent(
        request=request,
        outcome=content.outcome,
        article=content.article,
        ground=content.ground,
        reason=content.reason,
        withheld_items=content.withheld_items,
        decided_on=timezone.localdate(now),
        available_until=None,
    )
