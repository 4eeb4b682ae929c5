"""Asking for one more thing: a draft that begins with what the same person stated in a request that they sent."""

from datetime import datetime
from typing import Any, Final

from privacy_portal.core.models import User

from ..domain.answers import AGENT_PREFIX
from ..domain.request_types import REQUEST_TYPES
from ..domain.requesters import usual
from ..models import DisclosureRequest, Party, RequestDraft
from . import intake

# In a draft: the request from which it was begun.
SENT_WITH: Final = "sent_with"
# Pages about the person -> what is stated on them. What is wanted, and why, is asked anew.
_OF_BOTH: Final[dict[str, tuple[str, ...]]] = {
    "name": ("family_name", "given_name", "family_kana", "given_kana"),
    "contact": ("postal_code", "prefecture", "address1", "address2", "telephone"),
}
_OF_PRINCIPAL: Final[dict[str, tuple[str, ...]]] = {
    "records": ("birth_date", "customer_number", "order_number", "registered_postal_code", "registered_address"),
}


def begin(*, request: DisclosureRequest, actor: User, request_type: str, abroad: str, now: datetime) -> bool:
    """Make a draft of the type with name, contact and clues of a request that the actor sent.

    What was stated serves the request it was stated for; the person carries it over by their own hand, sees it in the
    draft and can change it. Documents that show who they are serve both (``services.evidence_copies``). Only what both
    types ask is carried over. A draft of the type that is there already stays as it is.

    Args:
        request: one that the actor sent.
        abroad: what the form calls an address without a prefecture.

    Returns:
        Whether a draft was made.

    Raises:
        TypeNotOffered: the operator does not offer the type.
    """
    intake.offered_rule(request_type)
    if RequestDraft.objects.filter(user=actor, request_type=request_type).exists():
        return False
    answers = _stated(request, set(REQUEST_TYPES[request_type].asks), abroad)
    answers[SENT_WITH] = request.receipt_number
    intake.save_draft(user=actor, request_type=request_type, answers=answers, now=now)
    return True


def _stated(request: DisclosureRequest, asked: set[str], abroad: str) -> dict[str, Any]:
    pages = asked & set(REQUEST_TYPES[request.request_type].asks)
    answers: dict[str, Any] = {}
    if requester := request.requester or usual(request.role):
        answers["requester"] = requester
    for party in request.parties.all():
        agent = party.kind == Party.Kind.AGENT
        for page, names in (_OF_BOTH if agent else _OF_BOTH | _OF_PRINCIPAL).items():
            if page in pages:
                answers |= {(AGENT_PREFIX if agent else "") + name: _value(party, name, abroad) for name in names}
    return answers


def _value(party: Party, name: str, abroad: str) -> str:
    value = getattr(party, name) or ""
    return abroad if name == "prefecture" and not value else value
