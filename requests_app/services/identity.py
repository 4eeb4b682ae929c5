"""Is it the person themselves? Registered data are compared by a worker; what is unclear is judged by staff.

The person never learns which fact differed, nor whether anything is registered: pages and mails are the same for
everybody who does not pass (``notifications.TEMPLATES``).
"""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from consent_app.domain.normalise import clean_note
from consent_app.models import Customer, Recipient, RequestRule
from privacy_portal.core.models import User
from privacy_portal.core.services import audit

from .. import selectors
from ..domain import comparison, identity_levels
from ..domain.answers import holds_my_number
from ..domain.comparison import Home, Person, Verdict
from ..domain.identity_levels import Means
from ..domain.likeness import Likeness, likeness
from ..domain.request_types import REQUEST_TYPES
from ..domain.transitions import Actor, Event, Status, TransitionRefused
from ..models import DisclosureRequest, GiftLink, IdentityCheck, Party, RegisteredCheck
from . import evidence, evidence_state, transition
from .errors import AddressMissing, EvidenceMissing, NoteRequired
from .permissions import require_staff

NOTE_LENGTH = 500
# Whoever reads a person's mail could otherwise try one telephone number after the other until one fits. Two tries leave
# room for a slip of the pen; after that people look, and the person notices no difference.
TRIES = 2
TRIES_WITHIN = timedelta(days=30)
TOO_MANY_TRIES = "too_many_tries"
# A comparison that fails every time is tried again for so long; then staff do it.
FAILING_FOR = timedelta(minutes=10)
NOT_COMPARED = "not_compared"


def verify_or_leave(*, request_id: uuid.UUID | str, now: datetime) -> DisclosureRequest | None:
    """As :func:`verify`; where that fails for ten minutes, the request goes to staff: none waits for a mistake of ours.

    Raises:
        Exception: whatever made it fail, also when the request was left to staff.
    """
    try:
        return verify(request_id=request_id, now=now)
    except (OperationalError, InterfaceError):
        raise  # the database is away; nothing is wrong with the request
    except Exception:
        _leave_to_staff(request_id, now)
        raise


@transaction.atomic
def verify(*, request_id: uuid.UUID | str, now: datetime) -> DisclosureRequest | None:
    """Compare what was stated with what is registered (level 2) and let the request go on. Run by a worker.

    May run twice, and twice at once: the row is locked, and a request that is no longer new is left alone. The rule is
    in ``domain.comparison``; an agent is never passed by facts, because their papers have to be seen. An account that
    was unclear :data:`TRIES` times within :data:`TRIES_WITHIN` is not passed by a comparison any more, right or not.
    A type that shows and changes nothing goes to staff at once. An agent, and whoever asks for a type of the level of
    documents, is asked for them right away; where nobody reads a page (a letter), staff do that.

    Returns:
        The request in its new status, or None where there was nothing to do.
    """
    # The account first: several requests of one account, compared at once, would not see each other's result.
    User.objects.select_for_update(no_key=True, of=("self",)).filter(disclosure_requests__pk=request_id).first()
    request = (
        DisclosureRequest.objects.select_for_update(of=("self",))
        .select_related("applicant")
        .filter(pk=request_id, status=Status.RECEIVED)
        .first()
    )
    if request is None:
        return None
    if not REQUEST_TYPES[request.request_type].needs_identity:
        return transition.apply(request=request, event=Event.TAKEN_UP, actor=None, actor_kind=Actor.WORKER, now=now)
    level = _needed_level(request)
    check = _check_to_finish(request, now)
    passed, found = False, _with_verified_address(request)
    email = ("email.not_registered", "email.registered", "email.several")[len(found)]
    if request.applicant is None:
        # It came by letter or the like: what was stated as a mail address is no proof of anything.
        email = "email.not_verified"
    if len(found) != 1:
        # Only a hint for the manager: without the registered address nobody passes.
        found = selectors.candidates(request)
    codes = [email]
    if len(found) == 1:
        check.customer = found[0]
        findings = _compare(request, found[0])
        codes += comparison.codes(findings)
        passed = email == "email.registered" and _passes(request, level, findings)
    if _tried_too_often(request, now):
        codes.insert(0, TOO_MANY_TRIES)
        passed = False
    check.findings = {"codes": codes, "candidates": len(found)}
    check.state = IdentityCheck.State.PASSED if passed else IdentityCheck.State.UNCLEAR
    check.finished_at = now
    check.save()
    if passed:
        request.customer = check.customer
        request.save(update_fields=["customer"])
    audit.record(
        action="identity.passed" if passed else "identity.unclear",
        actor="worker",
        obj=request,
        detail={"level": int(check.level), "customer": check.customer_id}
        if passed
        else {"level": int(check.level), "candidates": len(found)},
    )
    if not passed and request.applicant is not None and evidence_state.required(request):
        asked = evidence.ask_by_rule(request=request, now=now)
        if asked is not None:
            return asked
    return transition.apply(
        request=request,
        event=Event.IDENTITY_PASSED if passed else Event.IDENTITY_UNCLEAR,
        actor=None,
        actor_kind=Actor.WORKER,
        now=now,
    )


@transaction.atomic
def _leave_to_staff(request_id: uuid.UUID | str, now: datetime) -> None:
    new = DisclosureRequest.objects.filter(pk=request_id, status=Status.RECEIVED)
    request = new.filter(status_changed_at__lte=now - FAILING_FOR).select_for_update(of=("self",)).first()
    if request is None:
        return
    needs_identity = REQUEST_TYPES[request.request_type].needs_identity
    if needs_identity:
        check = _check_to_finish(request, now)
        # Not «unclear»: it does not count as a try of the person.
        check.state, check.findings = IdentityCheck.State.FAILED, {"codes": [NOT_COMPARED], "candidates": 0}
        check.finished_at = now
        check.save()
        audit.record(
            action="identity.unclear", actor="worker", obj=request, detail={"level": int(check.level), "candidates": 0}
        )
    transition.apply(
        request=request,
        event=Event.IDENTITY_UNCLEAR if needs_identity else Event.TAKEN_UP,
        actor=None,
        actor_kind=Actor.WORKER,
        now=now,
    )


def _tried_too_often(request: DisclosureRequest, now: datetime) -> bool:
    if request.applicant is None:
        return False
    return unclear_tries(request.applicant, now) >= TRIES


def unclear_tries(user: User, now: datetime) -> int:
    """How often facts that this account stated did not fit lately, in requests and on the page of registered data."""
    since = now - TRIES_WITHIN
    in_requests = IdentityCheck.objects.filter(
        request__applicant=user,
        method=IdentityCheck.Method.FACTS,
        state=IdentityCheck.State.UNCLEAR,
        finished_at__gt=since,
    )
    return in_requests.count() + RegisteredCheck.objects.filter(user=user, passed=False, at__gt=since).count()


def _needed_level(request: DisclosureRequest) -> int:
    """The operator's rule of today; without one, nobody passes unseen."""
    return evidence_state.needed_level(request) or RequestRule.IdentityLevel.DOCUMENTS


def _check_to_finish(request: DisclosureRequest, now: datetime) -> IdentityCheck:
    """The pending comparison; where the rule asked for less when the request came, one is made now."""
    pending = request.identity_checks.filter(
        method=IdentityCheck.Method.FACTS, state=IdentityCheck.State.PENDING
    ).first()
    return pending or IdentityCheck(
        request=request,
        level=RequestRule.IdentityLevel.FACTS,
        method=IdentityCheck.Method.FACTS,
        created_at=now,
    )


def _with_verified_address(request: DisclosureRequest) -> list[Customer]:
    """Customers whose registered mail address is the one to which the sign-in code went; two are as unclear as ten."""
    if request.applicant is None:
        return []
    return list(Customer.objects.filter(email=request.applicant.email.lower()).order_by("created_at")[:2])


def _passes(request: DisclosureRequest, level: int, findings: comparison.Findings) -> bool:
    if request.role != DisclosureRequest.Role.PERSON or level > RequestRule.IdentityLevel.FACTS:
        return False
    if level <= RequestRule.IdentityLevel.ADDRESS:
        # The verified address is enough for this type, unless somebody else's name was stated.
        return findings["name"] == comparison.Result.EQUAL
    return comparison.verdict(findings) == Verdict.PASSED


def _compare(request: DisclosureRequest, customer: Customer) -> comparison.Findings:
    party = request.parties.get(kind=Party.Kind.PRINCIPAL)
    numbers, orders = frozenset[str](), frozenset[str]()
    if party.customer_number:
        identities = selectors.identities_with(party.customer_number).filter(customer=customer)
        numbers = frozenset(identities.values_list("external_id", flat=True))
    if party.order_number:
        records = selectors.orders_with(party.order_number).filter(customer=customer)
        orders = frozenset(records.values_list("external_id", flat=True))
    return comparison.compare(stated_person(party), registered_person(customer, numbers, orders))


def stated_person(party: Party) -> Person:
    """What was stated in the request, for a comparison."""
    return Person(
        family_name=party.family_name,
        given_name=party.given_name,
        family_kana=party.family_kana,
        given_kana=party.given_kana,
        telephone=party.telephone,
        home=Home(party.postal_code, party.full_address),
        earlier=Home(party.registered_postal_code, party.registered_address),
        customer_numbers=frozenset(filter(None, [party.customer_number])),
        order_numbers=frozenset(filter(None, [party.order_number])),
        birth_date=party.birth_date or "",
    )


def registered_person(
    customer: Customer, numbers: frozenset[str] = frozenset(), orders: frozenset[str] = frozenset()
) -> Person:
    """What is registered, for a comparison.

    Args:
        customer: whose data.
        numbers: those of the customer's numbers that were stated.
        orders: the same for order numbers.
    """
    return Person(
        family_name=customer.family_name,
        given_name=customer.given_name,
        family_kana=customer.family_kana,
        given_kana=customer.given_kana,
        telephone=customer.telephone,
        home=Home(customer.postal_code, customer.full_address),
        customer_numbers=numbers,
        order_numbers=orders,
        birth_date=customer.birth_date.isoformat() if customer.birth_date else "",
    )


def likenesses(request: DisclosureRequest, customers: Iterable[Customer]) -> dict[uuid.UUID, Likeness]:
    """How near each of ``customers`` is to what was stated, for whoever has to judge; by customer, the nearest first.

    Whoever has nothing to be compared comes last. It changes nothing and lets nobody pass.
    """
    party = request.parties.filter(kind=Party.Kind.PRINCIPAL).first()
    stated = stated_person(party) if party else Person()
    found = {customer.pk: likeness(stated, registered_person(customer)) for customer in customers}
    return dict(sorted(found.items(), key=lambda entry: -1 if entry[1].score is None else entry[1].score, reverse=True))


def confirm(
    *,
    request: DisclosureRequest,
    actor: User,
    customer: Customer | None,
    note: str,
    now: datetime,
    gifts: Collection[Recipient] = (),
) -> DisclosureRequest:
    """Staff judge that it is the person (or their agent), and say whose data it is about.

    Args:
        customer: whose data are disclosed; None where nobody is registered under what was stated. Then the only
            possible outcome is that no such data is held, unless they are a recipient of gifts.
        gifts: those of the recipients in others' orders (``selectors.recipients``) who are this person.
        note: why, at most 500 characters; kept with the check and never shown to the person.

    An agent is confirmed only when the papers of both and the authority have been checked (Order 13), and a person for
    a type of the level of documents only when theirs have. Where a mandate does not cover the answer, it goes to the
    person by post.

    Raises:
        AddressMissing: the answer has to go to the person, whose address nobody stated.
        EvidenceMissing: see above.
        NoteRequired: the note is empty, too long, or holds a My Number.
        NotAllowed: the actor lacks the permission, or it is their own request.
        TransitionRefused: identity is not under review.
    """
    require_staff(actor, request, "check_identity")
    reason = _reason(note)
    with transaction.atomic():
        locked = transition.locked(request)
        transition.require(locked, Event.IDENTITY_CONFIRMED, Actor.STAFF)
        if lacking := evidence_state.missing(locked):
            raise EvidenceMissing([proof.label for proof in lacking])
        row = transition.apply(
            request=request, event=Event.IDENTITY_CONFIRMED, actor=actor, actor_kind=Actor.STAFF, now=now
        )
        _direct_answer(row, request)
        check = _record_judgement(row, actor, customer, reason, IdentityCheck.State.PASSED, now)
        _link(row, request, customer)
        _link_gifts(row, actor, gifts, now)
        audit.record(
            action="identity.confirmed",
            actor=actor,
            obj=row,
            detail={"level": int(check.level), "customer": customer.pk if customer else None},
        )
    return row


def means_passed(row: DisclosureRequest, customer: Customer) -> set[str]:
    """What was passed without anybody's call or look: the code to the registered address, and the facts if they fit.

    Facts that were tried too often count for nothing, as in :func:`verify`.
    """
    passed: set[str] = set()
    if _with_verified_address(row) == [customer]:
        passed.add(Means.EMAIL_CODE)
    if comparison.verdict(_compare(row, customer)) == Verdict.PASSED and not _guessed(row):
        passed.add(Means.FACTS)
    return passed


def _guessed(row: DisclosureRequest) -> bool:
    codes = row.identity_checks.filter(method=IdentityCheck.Method.FACTS).values_list("findings", flat=True)
    return any(TOO_MANY_TRIES in found.get("codes", ()) for found in codes)


def is_enough(row: DisclosureRequest, means: Collection[str]) -> bool:
    """Whether means confirm by themselves: the persons themselves, for a type of a level that they reach together."""
    by_person = row.role == DisclosureRequest.Role.PERSON
    return by_person and identity_levels.reached(means) >= _needed_level(row) and not evidence_state.missing(row)


def record_passed(
    *,
    request: DisclosureRequest,
    row: DisclosureRequest,
    actor: User,
    method: IdentityCheck.Method,
    customer: Customer | None,
    level: int,
    enough: bool,
    since: datetime,
    now: datetime,
) -> IdentityCheck:
    """Keep that a means was passed; where it is ``enough``, the customer is linked. In the caller's transaction."""
    check = IdentityCheck.objects.create(
        request=row,
        level=level,
        method=method,
        state=IdentityCheck.State.PASSED if enough else IdentityCheck.State.SUPPORTS,
        customer=customer,
        decided_by=actor if actor.is_staff else None,
        created_at=since,
        finished_at=now,
    )
    if enough:
        _link(row, request, customer)
    return check


def _direct_answer(row: DisclosureRequest, request: DisclosureRequest) -> None:
    """What must not reach the agent is not put on the agent's page: it is printed for the person."""
    if not evidence_state.goes_past_the_agent(row):
        return
    if not evidence_state.addressee(row).address1:
        raise AddressMissing
    row.answer_method = request.answer_method = DisclosureRequest.AnswerMethod.PAPER
    row.save(update_fields=["answer_method"])


def reconsider(*, request: DisclosureRequest, actor: User, note: str, now: datetime) -> DisclosureRequest:
    """Staff take back that identity is confirmed, because the wrong customer was linked or a doubt came up.

    The request is linked to nobody any more and goes back to the identity check; the checks that had passed become
    unclear, so that no other way leads past a new one.

    Args:
        note: why, at most 500 characters; kept as a check that staff made.

    Raises:
        NoteRequired, NotAllowed: as in :func:`confirm`.
        TransitionRefused: the content is not under review.
    """
    require_staff(actor, request, "check_identity")
    reason = _reason(note)
    with transaction.atomic():
        status = transition.locked(request).status
        if status != Status.IN_REVIEW:
            # What was answered is taken back by ``lifecycle.reopen`` first, which also closes its files.
            raise TransitionRefused(status, Event.IDENTITY_REOPENED, Actor.STAFF)
        row = transition.apply(
            request=request, event=Event.IDENTITY_REOPENED, actor=actor, actor_kind=Actor.STAFF, now=now
        )
        audit.record(action="identity.reconsidered", actor=actor, obj=row, detail={"customer": row.customer_id})
        selectors.confirming_checks(row).update(state=IdentityCheck.State.UNCLEAR)
        _record_judgement(row, actor, None, reason, IdentityCheck.State.UNCLEAR, now)
        _link(row, request, None)
        row.gift_links.all().delete()
    return row


def choose_gifts(
    *, request: DisclosureRequest, actor: User, gifts: Collection[Recipient], note: str, now: datetime
) -> None:
    """Staff judge, after identity was confirmed, in which orders of others the person is the recipient.

    A customer is let pass by a comparison of what is registered about them; that says nothing about gifts, so it is
    people who say it, each time anew: those not chosen are linked no more.

    Args:
        gifts: of those that ``selectors.recipients`` offers; others link nobody.
        note: why, at most 500 characters; kept as a check that staff made.

    Raises:
        NoteRequired, NotAllowed: as in :func:`confirm`.
        TransitionRefused: the content is not under review.
    """
    require_staff(actor, request, "check_identity")
    reason = _reason(note)
    with transaction.atomic():
        row = transition.locked(request)
        if row.status != Status.IN_REVIEW:
            raise TransitionRefused(row.status, Event.IDENTITY_CONFIRMED, Actor.STAFF)
        if not selectors.identity_confirmed(row):
            raise TransitionRefused(row.status, Event.IDENTITY_CONFIRMED, Actor.STAFF)
        _record_judgement(row, actor, row.customer, reason, IdentityCheck.State.PASSED, now)
        _link_gifts(row, actor, gifts, now)
        # What was found about items may name orders that are not the person's any more.
        row.changes.filter(accepted=True).exclude(gift_orders=[]).update(
            accepted=None, examined_at=None, examined_by=None, values_text=None, gift_orders=[]
        )


def _reason(note: str) -> str:
    reason = clean_note(note[: 2 * NOTE_LENGTH])
    if not reason or len(reason) > NOTE_LENGTH or holds_my_number(reason):
        raise NoteRequired
    return reason


def _record_judgement(
    row: DisclosureRequest,
    actor: User,
    customer: Customer | None,
    reason: str,
    state: IdentityCheck.State,
    now: datetime,
) -> IdentityCheck:
    return IdentityCheck.objects.create(
        request=row,
        level=_needed_level(row),
        method=IdentityCheck.Method.STAFF,
        state=state,
        customer=customer,
        note=reason,
        decided_by=actor,
        created_at=now,
        finished_at=now,
    )


def _link_gifts(row: DisclosureRequest, actor: User, gifts: Collection[Recipient], now: datetime) -> None:
    """Only whom the stated name and contact lead to: another key that was posted links nobody."""
    row.gift_links.all().delete()
    chosen = {recipient.pk for recipient in gifts}
    orders: dict[uuid.UUID, set[str]] = {}
    for one in selectors.recipients(row):
        if one.pk in chosen:
            orders.setdefault(one.record_id, set()).add(one.person_key.hex())
    GiftLink.objects.bulk_create(
        GiftLink(request=row, record_id=order, persons=sorted(persons), linked_by=actor, linked_at=now)
        for order, persons in orders.items()
    )
    if orders:
        audit.record(action="identity.gifts_linked", actor=actor, obj=row, detail={"count": len(orders)})


def _link(row: DisclosureRequest, request: DisclosureRequest, customer: Customer | None) -> None:
    """Write whose data it is about, and bring the caller's instance up to date."""
    row.customer = request.customer = customer
    row.save(update_fields=["customer"])
