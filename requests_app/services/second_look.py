"""A second pair of eyes: one person proposes a decision, another one approves it or returns it with a remark.

The status does not change until a proposal is approved: nothing was decided, and the person can still take the request
back. What was proposed about a case that looks different now is not approved any more.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from consent_app.domain.normalise import clean_note
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import notifications
from ..domain.answers import holds_my_number
from ..domain.instructions import By
from ..domain.transitions import Actor, Event, Note
from ..models import Decision, DecisionProposal, DisclosureRequest, FoundContent, InstructionEntry, RequestEvent
from . import decisions, fees, transition
from .decisions import Proposal
from .errors import (
    ErasureNotSeen,
    InvalidDecision,
    InvalidRemark,
    NoSecondPerson,
    OwnProposal,
    ProposalSettled,
    ProposalStale,
)
from .permissions import may_act_as_staff, require_staff

REMARK_LENGTH = 1000
APPROVE = "approve_decision"
# What is written in the timeline of a case without changing what a decision rests on.
_NO_NEWS = (
    Note.DECISION_PROPOSED,
    Note.DECISION_RETURNED,
    Note.PROPOSAL_STALE,
    Note.TARGET_EXTENDED,
    Note.MESSAGE_FROM_STAFF,
    Note.REMINDED,
    Note.CLOSING_ANNOUNCED,
    Note.ANSWER_OPENED,
)
State = DecisionProposal.State


def approvers(request: DisclosureRequest, proposer: User) -> list[User]:
    """Who may look at what ``proposer`` proposes about this request."""
    staff = User.objects.filter(is_staff=True, is_active=True).exclude(pk=proposer.pk).order_by("pk")
    return [one for one in staff if may_act_as_staff(one, request, APPROVE)]


def basis_of(request: DisclosureRequest) -> str:
    """Names what a decision about this request rests on now, without saying it: 64 hexadecimal digits.

    Whatever the timeline tells, the registered data, what was found item by item and in other places, with what of it
    is in the answer, what those who were asked have answered, and whether a fee is owed.
    """
    newest = request.events.exclude(kind__in=_NO_NEWS).order_by("-pk").values_list("pk", flat=True).first()
    customer = request.customer
    state = [
        request.status,
        request.status_changed_at.isoformat(),
        newest,
        customer and [str(customer.pk), customer.updated_at.isoformat()],
        [[str(pk), at and at.isoformat()] for pk, at in request.changes.values_list("pk", "examined_at")],
        fees.is_owed(request),
        *_newest(request.findings.order_by("-at", "-pk")),
        sorted(str(pk) for pk in _contents(request).values_list("pk", flat=True)),
        *_newest(InstructionEntry.objects.filter(instruction__request=request, by=By.ADDRESSEE).order_by("-at", "-pk")),
    ]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()


def _contents(request: DisclosureRequest) -> QuerySet[FoundContent]:
    return FoundContent.objects.filter(finding__request=request, removed_at=None)


def _newest(rows: QuerySet[Any]) -> list[str]:
    return [str(pk) for pk in rows.values_list("pk", flat=True)[:1]]


def content_of(proposal: DecisionProposal) -> Proposal:
    """What was proposed, as it would be decided."""
    return Proposal(
        outcome=proposal.outcome,
        ground=proposal.ground,
        own_ground=proposal.own_ground,
        part_grounds=proposal.part_grounds,
        reason=proposal.reason or "",
        measure=proposal.measure or "",
        withheld_items=list(proposal.withheld_items.all()),
        withheld_purposes=list(proposal.withheld_purposes.all()),
        seen=proposal.seen,
    )


def is_stale(proposal: DecisionProposal, now: datetime) -> bool:
    """Whether the case is not as it was when the decision was proposed, so that it has to be proposed anew."""
    request = DisclosureRequest.objects.select_related("customer").get(pk=proposal.request_id)
    return _stale(request, proposal, now)


def _stale(row: DisclosureRequest, proposal: DecisionProposal, now: datetime) -> bool:
    if proposal.proposed_by_id is None or proposal.basis != basis_of(row):
        return True
    try:
        content = decisions.checked(row, content_of(proposal))
        decisions.require_seen(row, content, now)
    except (InvalidDecision, ErasureNotSeen):
        return True
    return False


def propose(*, request: DisclosureRequest, actor: User, proposal: Proposal, now: datetime) -> DecisionProposal:
    """Put a decision before a second person, who is told by mail. A proposal that still waits gives way to this one.

    Raises:
        ErasureNotSeen, InvalidDecision, NotAllowed, TransitionRefused: as in :func:`decisions.decide`.
        NoSecondPerson: nobody else may approve it.
    """
    require_staff(actor, request, "decide_request")
    with transaction.atomic():
        row = transition.locked(request)
        transition.require(row, Event.DECIDED, Actor.STAFF)
        content = decisions.checked(row, proposal)
        decisions.require_seen(row, content, now)
        others = approvers(row, actor)
        if not others:
            raise NoSecondPerson
        DecisionProposal.objects.filter(request=row, state=State.OPEN).update(state=State.REPLACED, settled_at=now)
        held = DecisionProposal.objects.create(
            request=row,
            outcome=content.outcome,
            ground=content.ground,
            own_ground=content.own_ground,
            part_grounds=dict(content.part_grounds),
            reason=content.reason or None,
            measure=content.measure or None,
            seen=content.seen,
            basis=basis_of(row),
            proposed_by=actor,
            proposed_at=now,
        )
        held.withheld_items.set(content.withheld_items)
        held.withheld_purposes.set(content.withheld_purposes)
        _note(held, Note.DECISION_PROPOSED, actor, now)
        detail = {"outcome": content.outcome, "ground": content.ground or None, "proposal": held.pk}
        audit.record(action="decision.proposed", actor=actor, obj=row, detail=detail)
        for other in others:
            notifications.decision_proposed(request=row, staff=other)
    return held


def approve(*, proposal: DecisionProposal, actor: User, now: datetime) -> Decision:
    """Make the decision that somebody else proposed. Only now the answer is prepared and data is changed.

    Raises:
        NotAllowed: no permission, or their own request.
        OwnProposal: the actor proposed it.
        ProposalSettled: somebody else approved, returned or replaced it.
        ProposalStale: the case changed since; the proposal is void and its author is told.
        TransitionRefused: the request was withdrawn or decided in the meantime.
    """
    request = _require_other(proposal, actor)
    with transaction.atomic():
        row = transition.locked(request)
        held = _locked(proposal)
        transition.require(row, Event.DECIDED, Actor.STAFF)
        if _stale(row, held, now):
            _void(held, now)
        else:
            content = decisions.checked(row, content_of(held))
            _settle(held, State.APPROVED, actor, now)
            audit.record(action="decision.approved", actor=actor, obj=row, detail={"proposal": held.pk})
            decision = decisions.make(row=row, content=content, actor=actor, now=now, approved=held)
            request.status = row.status
            return decision
    # Outside, so that it stays written that the proposal is void.
    raise ProposalStale


def send_back(*, proposal: DecisionProposal, actor: User, remark: str, now: datetime) -> DecisionProposal:
    """Return a proposal to its author, who is told by mail and finds what was written and the remark.

    Raises:
        InvalidRemark: no remark, more than 1,000 characters, or a My Number in it.
        NotAllowed, OwnProposal, ProposalSettled, TransitionRefused: as in :func:`approve`.
    """
    request = _require_other(proposal, actor)
    text = clean_note(remark[: 2 * REMARK_LENGTH])
    if not text or len(text) > REMARK_LENGTH or holds_my_number(text):
        raise InvalidRemark
    with transaction.atomic():
        row = transition.locked(request)
        held = _locked(proposal)
        transition.require(row, Event.DECIDED, Actor.STAFF)
        held.remark = text
        _settle(held, State.RETURNED, actor, now)
        _note(held, Note.DECISION_RETURNED, actor, now)
        audit.record(action="decision.returned", actor=actor, obj=row, detail={"proposal": held.pk})
        if held.proposed_by is not None:
            notifications.decision_returned(request=row, staff=held.proposed_by)
    return held


def _require_other(proposal: DecisionProposal, actor: User) -> DisclosureRequest:
    request = proposal.request
    require_staff(actor, request, APPROVE)
    if actor.pk == proposal.proposed_by_id:
        audit.record(action="request.denied", actor=actor, obj=request)
        raise OwnProposal
    return request


def _locked(proposal: DecisionProposal) -> DecisionProposal:
    held = DecisionProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if held.state != State.OPEN:
        raise ProposalSettled
    return held


def _settle(held: DecisionProposal, state: State, actor: User | None, now: datetime) -> None:
    held.state, held.settled_by, held.settled_at = state, actor, now
    held.save(update_fields=["state", "settled_by", "settled_at", "remark"])


def _void(held: DecisionProposal, now: datetime) -> None:
    _settle(held, State.STALE, None, now)
    _note(held, Note.PROPOSAL_STALE, None, now)
    audit.record(action="decision.proposal_stale", actor="worker", obj=held.request, detail={"proposal": held.pk})
    if held.proposed_by is not None:
        notifications.decision_returned(request=held.request, staff=held.proposed_by)


def _note(held: DecisionProposal, note: Note, actor: User | None, now: datetime) -> None:
    """For staff: the person learns of a decision when it is made."""
    RequestEvent.objects.create(
        request=held.request,
        kind=note,
        from_status=held.request.status,
        to_status=held.request.status,
        actor_kind=Actor.STAFF if actor else Actor.WORKER,
        actor=actor,
        public=False,
        data={"proposal": str(held.pk)},
        at=now,
    )
