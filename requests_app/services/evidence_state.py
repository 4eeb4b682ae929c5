"""What a case still has to show, what has been checked, and to whom its answer may go. Reads only."""

from consent_app.models import RequestRule

from ..domain.evidence import Need, Proof, needs_of, required_proofs
from ..domain.request_types import REQUEST_TYPES
from ..domain.requesters import AnswerTo, answer_to
from ..domain.transitions import Status
from ..models import DisclosureRequest, Evidence, EvidenceJudgement, EvidenceRequest, Party

# Documents are sent, looked at and judged as long as identity is in question.
OPEN = frozenset({Status.IDENTITY_REVIEW, Status.IDENTITY_WAITING})


def needed_level(request: DisclosureRequest) -> int | None:
    """The level of the operator's rule of today; None without a rule."""
    levels = RequestRule.objects.filter(request_type=request.request_type).values_list("identity_level", flat=True)
    return levels.first()


def required(request: DisclosureRequest) -> frozenset[Proof]:
    """What must have been checked before this requester is confirmed."""
    return required_proofs(
        role=request.role,
        level=needed_level(request) or RequestRule.IdentityLevel.FACTS,
        needs_identity=REQUEST_TYPES[request.request_type].needs_identity,
    )


def standing_judgements(request: DisclosureRequest) -> list[EvidenceJudgement]:
    """The newest judgement of each document that was found good."""
    newest: dict[object, EvidenceJudgement] = {}
    rows = EvidenceJudgement.objects.filter(
        evidence__request=request, evidence__state=Evidence.State.CHECKED
    ).select_related("evidence")
    for judgement in rows.order_by("judged_at", "pk"):
        newest[judgement.evidence_id] = judgement
    return [judgement for judgement in newest.values() if judgement.accepted]


def confirmed(request: DisclosureRequest) -> frozenset[Proof]:
    """What the checked documents show."""
    return frozenset(Proof(proof) for judgement in standing_judgements(request) for proof in judgement.proofs)


def missing(request: DisclosureRequest) -> list[Proof]:
    """What must still be shown, in the order of the table; asks nothing of the database for most requests."""
    needed = required(request)
    if not needed:
        return []
    lacking = needed - confirmed(request)
    return [proof for proof in Proof if proof in lacking]


def missing_of_agent(request: DisclosureRequest) -> list[Proof]:
    """The same for an agent, whatever the operator's rule says; empty for the persons themselves.

    Order 13: an agent who has not shown the authority stands for nobody.
    """
    return missing(request) if request.role != DisclosureRequest.Role.PERSON else []


def open_request(request: DisclosureRequest) -> EvidenceRequest | None:
    """The newest request for documents, as long as something can be sent for it."""
    if request.status not in OPEN:
        return None
    return EvidenceRequest.objects.filter(request=request).order_by("-asked_at", "-pk").first()


def asked_needs(ask: EvidenceRequest) -> list[Need]:
    """The rows of the table that were asked for."""
    return [need for need in needs_of(ask.request.role, ask.requester) if need.proof in ask.proofs]


def goes_to(request: DisclosureRequest) -> Party.Kind:
    """To whom the answer goes.

    A statutory agent acts in the place of the person and gets it. A mandated agent gets it only where the mandate that
    was checked says so; otherwise it goes to the person. As long as no mandate was checked there is no answer but that
    nothing could be confirmed, which holds no data and goes to whoever asked.
    """
    to = answer_to(request.role)
    if to == AnswerTo.PRINCIPAL:
        return Party.Kind.PRINCIPAL
    if to == AnswerTo.AGENT or not REQUEST_TYPES[request.request_type].needs_identity:
        return Party.Kind.AGENT
    mandates = [one for one in standing_judgements(request) if Proof.AUTHORITY in one.proofs]
    if not mandates or all(one.covers_receipt for one in mandates):
        return Party.Kind.AGENT
    return Party.Kind.PRINCIPAL


def goes_past_the_agent(request: DisclosureRequest) -> bool:
    """Whether the account that asked must not open the answer."""
    return request.role != DisclosureRequest.Role.PERSON and goes_to(request) == Party.Kind.PRINCIPAL


def addressee(request: DisclosureRequest) -> Party:
    """The person to whom letters about the answer go."""
    parties = {party.kind: party for party in request.parties.all()}
    return parties.get(goes_to(request)) or parties[Party.Kind.PRINCIPAL]


def documents_owed(request: DisclosureRequest) -> bool:
    """Whether the person was last asked for documents, and not a question."""
    if request.status != Status.IDENTITY_WAITING:
        return False
    asked = open_request(request)
    return asked is not None and not request.messages.filter(asks_reply=True, sent_at__gt=asked.asked_at).exists()
