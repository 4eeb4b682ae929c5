"""Deciding on a request: outcome, article, ground, reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent_app.domain.normalise import clean_note
from consent_app.models import Customer, DataItem, Purpose, RefusalGround
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import selectors
from ..domain.answers import MY_NUMBER, NOT_A_CHOICE, REQUIRED, TOO_LONG, holds_my_number
from ..domain.reason_blocks import gaps
from ..domain.request_types import REQUEST_TYPES, Refusal, possible_refusals
from ..domain.transitions import IDENTITY_STATUSES, Actor, Event, possible_events
from ..models import Decision, DecisionProposal, DisclosureRequest
from ..models.decision import POSITIVE
from ..selectors_found import FoundByHand
from . import changes, effects, evidence_state, fees, letters, nudges, provision_answers, transition
from .errors import ErasureNotSeen, InvalidDecision, SecondLookNeeded
from .permissions import require_staff

REASON_LENGTH = 4000
Outcome = Decision.Outcome
_WITH_GROUND: frozenset[str] = frozenset({Outcome.PARTLY, Outcome.REFUSED, Outcome.ALTERNATIVE})
# Article 36 asks for reasons whenever the person does not get what they asked for.
_WITH_REASON: frozenset[str] = _WITH_GROUND | {Outcome.IDENTITY_NOT_CONFIRMED, Outcome.NOT_VALID}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A decision as staff typed it.

    Args:
        outcome: a value of ``Decision.Outcome``.
        ground: code of one of the type's lawful refusals, for "partly", "refused" and "alternative".
        own_ground: a ground of the operator's policy beside the one of the law.
        part_grounds: code of what is not granted -> its ground, where it is another one than ``ground``.
        reason: what the person is told (article 36), or the answer itself; at most 4,000 characters.
        measure: what is done instead, for "alternative".
        withheld_items: what is not granted, for "partly".
        withheld_purposes: for which purposes it is not granted, for "partly" where use is to be stopped.
        seen: token of the preview that staff saw, where data is to be erased.
    """

    outcome: str
    ground: str = ""
    own_ground: RefusalGround | None = None
    part_grounds: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    measure: str = ""
    withheld_items: Sequence[DataItem] = ()
    withheld_purposes: Sequence[Purpose] = ()
    seen: str = ""


def allowed_outcomes(request: DisclosureRequest) -> list[Outcome]:
    """The outcomes that law and case allow now, in the order of the choices; empty where nothing can be decided.

    * identity not settled, or an agent whose papers were not checked: only that it could not be confirmed, and nothing
      about whether data are held;
    * nobody registered, and staff found nothing by hand: that no such data is held, or that it is no valid request;
    * a place where staff do not know yet whether there is something: neither that it is granted nor that nothing is
      held;
    * a fee that is owed: nothing positive until it is paid or waived;
    * otherwise what the table has for the type; "no such data" only where nothing of what was asked for is held;
    * records of provisions: they are disclosed where there are any, else there are none. Those outside the right count
      as not there (Cabinet Order 11: not even that they exist is told).

    Somebody who may be the recipient of a gift is never told that no such data is held: it lies in the sender's order.
    Once staff judged that they are that recipient, what is held about them as such is given, changed, stopped or erased
    like a customer's. Recipients are in no ledger: their data is never given to third parties.
    """
    if Event.DECIDED not in possible_events(request.status, Actor.STAFF):
        return []
    entry = REQUEST_TYPES[request.request_type]
    if not entry.needs_identity:
        allowed = set(Outcome)
    elif request.status in IDENTITY_STATUSES or evidence_state.missing_of_agent(request):
        allowed = {Outcome.IDENTITY_NOT_CONFIRMED}
    elif entry.effect == "provision_records":
        allowed = _by_the_ledgers(request.customer)
    else:
        by_hand = FoundByHand(request)
        allowed = _by_what_is_held(request, by_hand)
        if by_hand.unclear:
            allowed -= {Outcome.NO_SUCH_DATA, *POSITIVE}
    if entry.effect == "change" and selectors.concerns_somebody_held(request):
        allowed &= changes.allowed(request) if request.status not in IDENTITY_STATUSES else allowed
    if fees.is_owed(request):
        allowed -= POSITIVE
    return [outcome for outcome in Outcome if outcome in allowed and outcome in entry.outcome_articles]


def _by_what_is_held(request: DisclosureRequest, by_hand: FoundByHand) -> set[Outcome]:
    held = set(Outcome) - {Outcome.IDENTITY_NOT_CONFIRMED, Outcome.NO_SUCH_DATA}
    if by_hand.found:
        return held
    if request.customer is None:
        if request.gift_links.exists():
            return held
        return {Outcome.REFUSED if selectors.recipients(request) else Outcome.NO_SUCH_DATA, Outcome.NOT_VALID}
    if selectors.anything_wanted_is_held(request) or selectors.recipients(request):
        return held
    return held | {Outcome.NO_SUCH_DATA}


def _by_the_ledgers(customer: Customer | None) -> set[Outcome]:
    if customer is None:
        return {Outcome.NO_SUCH_DATA, Outcome.NOT_VALID}
    allowed = set(Outcome) - {Outcome.IDENTITY_NOT_CONFIRMED}
    if provision_answers.any_to_disclose(customer):
        return allowed - {Outcome.NO_SUCH_DATA}
    return allowed - {Outcome.GRANTED, Outcome.PARTLY}


def grounds_for(request: DisclosureRequest, outcome: str) -> list[Refusal]:
    """The lawful grounds for not granting this request by this outcome, given what the person stated.

    That it costs much or is difficult never refuses by itself: it only lets another measure be taken (articles 35(2),
    35(4), 35(6)).
    """
    if outcome not in _WITH_GROUND:
        return []
    instead = outcome == Outcome.ALTERNATIVE
    return [one for one in possible_refusals(request.request_type, request.grounds) if one.instead == instead]


def own_grounds_for(request: DisclosureRequest, outcome: str) -> list[RefusalGround]:
    """The grounds of the operator's policy that can stand beside one of the law for this outcome."""
    articles = {one.article for one in grounds_for(request, outcome)}
    named = RefusalGround.objects.filter(active=True, requests__contains=[request.request_type])
    return [one for one in named if articles & needs(one)]


def needs(own: RefusalGround) -> set[str]:
    """The articles of which one must hold beside a ground of the policy: its own one, or those it requires."""
    return {own.article} if own.statutory else set(own.requires)


def _grounds_fit(request: DisclosureRequest, proposal: Proposal) -> None:
    """The ground of the policy has one of the law beside it, and each part a ground that the law knows.

    Raises:
        InvalidDecision: with the field that is wrong.
    """
    lawful = {one.code: one.article for one in grounds_for(request, proposal.outcome)}
    own = proposal.own_ground
    if own is not None:
        if own not in own_grounds_for(request, proposal.outcome):
            raise InvalidDecision("own_ground", NOT_A_CHOICE)
        if not needs(own) & {lawful[proposal.ground], *map(lawful.get, proposal.part_grounds.values())}:
            raise InvalidDecision(
                "own_ground", _("プロフィールのこの理由には、それが求める法律の根拠があわせて必要です。")
            )
    if set(proposal.part_grounds.values()) - set(lawful):
        raise InvalidDecision("ground", NOT_A_CHOICE)


def checked(request: DisclosureRequest, proposal: Proposal) -> Proposal:
    """The decision as it can be made: texts in one spelling, and nothing that does not belong to the outcome.

    A form that was switched to another outcome still sends what was chosen before.

    Raises:
        InvalidDecision: with the field that is wrong.
    """
    entry, outcome = REQUEST_TYPES[request.request_type], proposal.outcome
    if outcome not in allowed_outcomes(request):
        raise InvalidDecision("outcome", _("この結論は、いまのこの請求では選べません。"))
    _require_what_was_found(request, proposal)
    if outcome in _WITH_GROUND and proposal.ground not in {one.code for one in grounds_for(request, outcome)}:
        raise InvalidDecision("ground", REQUIRED if not proposal.ground else NOT_A_CHOICE)
    if outcome in _WITH_GROUND:
        _grounds_fit(request, proposal)
    reason = _text("reason", proposal.reason)
    if not reason and outcome in entry.told:
        raise InvalidDecision("reason", _("回答の内容を書いてください。"))
    if not reason and outcome in _WITH_REASON:
        raise InvalidDecision("reason", _("理由を書いてください（法第36条）。"))
    measure = _text("measure", proposal.measure) if outcome == Outcome.ALTERNATIVE else ""
    if not measure and outcome == Outcome.ALTERNATIVE:
        raise InvalidDecision("measure", _("代わりにとる措置を書いてください。"))
    by_purpose = "purposes" in entry.asks
    if entry.effect == "change":
        # Which items are changed was decided item by item.
        with_ground = outcome in _WITH_GROUND
        return replace(
            proposal,
            ground=proposal.ground if with_ground else "",
            own_ground=proposal.own_ground if with_ground else None,
            part_grounds={},
            reason=reason,
            measure="",
            withheld_items=(),
            withheld_purposes=(),
        )
    if outcome == Outcome.PARTLY and not (proposal.withheld_purposes if by_purpose else proposal.withheld_items):
        name = "withheld_purposes" if by_purpose else "withheld_items"
        raise InvalidDecision(name, _("応じないものを選んでください。"))
    partly = outcome == Outcome.PARTLY
    withheld = {one.code for one in (proposal.withheld_purposes if by_purpose else proposal.withheld_items)}
    parts = {code: ground for code, ground in proposal.part_grounds.items() if code in withheld}
    return replace(
        proposal,
        ground=proposal.ground if outcome in _WITH_GROUND else "",
        own_ground=proposal.own_ground if outcome in _WITH_GROUND else None,
        part_grounds={code: ground for code, ground in parts.items() if partly and ground != proposal.ground},
        reason=reason,
        measure=measure,
        withheld_items=proposal.withheld_items if partly and not by_purpose else (),
        withheld_purposes=proposal.withheld_purposes if partly and by_purpose else (),
    )


def _require_what_was_found(request: DisclosureRequest, proposal: Proposal) -> None:
    """What staff found by hand is in the answer before it is granted, and purposes that are told are known.

    Raises:
        InvalidDecision: with what is missing.
    """
    if proposal.outcome not in POSITIVE:
        return
    effect = REQUEST_TYPES[request.request_type].effect
    if effect == "package":
        missing = FoundByHand(request).without_contents({one.code for one in proposal.withheld_items})
        if missing:
            places = "、".join(row.place for row in missing)
            words = _("見つけたデータを、まだ回答に入れていません：%(places)s") % {"places": places}
            raise InvalidDecision("outcome", words)
    if effect == "purposes" and not proposal.reason.strip() and not effects.purposes_told(request):
        raise InvalidDecision(
            "reason", _("登録された利用目的にあたるものがありません。何に使っているかを書いてください。")
        )


def _text(name: str, typed: str) -> str:
    text = clean_note(typed[: 2 * REASON_LENGTH])
    if len(text) > REASON_LENGTH:
        raise InvalidDecision(name, TOO_LONG)
    if holds_my_number(text):
        raise InvalidDecision(name, MY_NUMBER)
    if left := gaps(text):
        raise InvalidDecision(name, _("まだ書いていないところがあります：%(gaps)s") % {"gaps": " ".join(left)})
    return text


def decide(
    *,
    request: DisclosureRequest,
    actor: User,
    proposal: Proposal,
    now: datetime,
) -> Decision:
    """Decide, and have the answer prepared by a worker. Of two at once, the second one is refused.

    Raises:
        ErasureNotSeen: data is to be erased, and it is not what the preview showed.
        InvalidDecision: with the field that is wrong.
        NotAllowed: the actor lacks the permission, or it is their own request.
        SecondLookNeeded: the operator wants somebody else to approve such a decision (``services.second_look``).
        TransitionRefused: nothing can be decided in this status.
    """
    require_staff(actor, request, "decide_request")
    with transaction.atomic():
        row = transition.locked(request)
        transition.require(row, Event.DECIDED, Actor.STAFF)
        content = checked(row, proposal)
        if selectors.needs_second_look(row.request_type, content.outcome):
            raise SecondLookNeeded
        require_seen(row, content, now)
        decision = make(row=row, content=content, actor=actor, now=now)
        request.status = row.status
    return decision


def make(
    *,
    row: DisclosureRequest,
    content: Proposal,
    actor: User,
    now: datetime,
    approved: DecisionProposal | None = None,
) -> Decision:
    """Write a decision that was checked, and have the answer prepared. Inside the transaction that locked ``row``.

    Args:
        approved: the proposal of somebody else that ``actor`` approved.
    """
    waiting = DecisionProposal.objects.filter(request=row, state=DecisionProposal.State.OPEN)
    waiting.update(state=DecisionProposal.State.REPLACED, settled_at=now)
    # Reopening supersedes already; one in force is never left beside a new one whatever happened before.
    Decision.objects.filter(request=row, superseded_at__isnull=True).update(superseded_at=now)
    decision = Decision.objects.create(
        request=row,
        outcome=content.outcome,
        article=_article(row, content),
        ground=content.ground,
        own_ground=content.own_ground,
        part_grounds=dict(content.part_grounds),
        reason=content.reason or None,
        measure=content.measure or None,
        decided_by=actor,
        decided_at=now,
        proposal=approved,
    )
    if content.withheld_items:
        decision.withheld_items.set(content.withheld_items)
    if content.withheld_purposes:
        decision.withheld_purposes.set(content.withheld_purposes)
    transition.apply(
        request=row,
        event=Event.DECIDED,
        actor=actor,
        actor_kind=Actor.STAFF,
        now=now,
        data={"decision": str(decision.pk)},
    )
    audit.record(
        action="decision.made",
        actor=actor,
        obj=row,
        detail={"outcome": content.outcome, "ground": content.ground or None, "decision": decision.pk},
    )
    nudges.fulfil(row)
    return decision


def require_seen(request: DisclosureRequest, content: Proposal, now: datetime) -> None:
    """Nothing is erased that nobody looked at: it cannot be undone.

    Raises:
        ErasureNotSeen: what would be erased now is not what ``content.seen`` names.
    """
    if REQUEST_TYPES[request.request_type].effect != "erase" or content.outcome not in POSITIVE:
        return
    withheld = {item.code for item in content.withheld_items}
    if effects.erasure_preview(request, withheld, now).token != content.seen:
        raise ErasureNotSeen


def preview_letter(
    *,
    request: DisclosureRequest,
    actor: User,
    proposal: Proposal,
    now: datetime,
    permission: str = "decide_request",
) -> bytes:
    """The notice as the person would receive it, as a PDF; nothing is decided. The look is recorded.

    Args:
        permission: what the actor needs: to decide, or to approve.

    Raises:
        InvalidDecision, NotAllowed: as in :func:`decide`.
    """
    require_staff(actor, request, permission)
    letter = _letter(request, checked(request, proposal), now)
    audit.record(action="decision.previewed", actor=actor, obj=request)
    return letters.decision_letter(letter)


def unprintable_characters(
    *,
    request: DisclosureRequest,
    proposal: Proposal,
    now: datetime,
) -> str:
    """The characters of the notice that its fonts lack and that are printed as 〓, so that the manager can write them.

    Raises:
        InvalidDecision: as in :func:`decide`.
    """
    return letters.unprintable(_letter(request, checked(request, proposal), now))


def _article(request: DisclosureRequest, content: Proposal) -> str:
    return REQUEST_TYPES[request.request_type].outcome_articles[content.outcome]


def _letter(request: DisclosureRequest, content: Proposal, now: datetime) -> letters.LetterContent:
    return letters.LetterContent(
        request=request,
        outcome=content.outcome,
        article=_article(request, content),
        ground=content.ground,
        own_ground=content.own_ground,
        part_grounds=content.part_grounds,
        reason=content.reason,
        measure=content.measure,
        withheld=[*content.withheld_items, *content.withheld_purposes],
        decided_on=timezone.localdate(now),
        available_until=None,
        at=now,
    )
