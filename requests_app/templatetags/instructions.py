"""What the pages of a case show about those who hold the data."""

from typing import Any

from django import template

from requests_app import selectors_instructions
from requests_app.domain.instructions import FOLLOWING, OUTSTANDING
from requests_app.domain.request_types import REQUEST_TYPES
from requests_app.domain.transitions import Actor, Event, possible_events
from requests_app.models import DisclosureRequest
from requests_app.models.decision import POSITIVE
from requests_app.selectors_found import FoundByHand
from requests_app.services import passing_on
from requests_app.services.decisions import Proposal

register = template.Library()
FOLDER = "admin/requests_app/disclosurerequest"


@register.inclusion_tag(f"{FOLDER}/passed_on.html")
def passed_on(case: DisclosureRequest, proposal: Any) -> dict[str, Any]:
    """To whom a decision will be passed on, before it is made."""
    if not isinstance(proposal, Proposal) or proposal.outcome not in POSITIVE:
        return {"shown": False}
    if REQUEST_TYPES[case.request_type].effect not in FOLLOWING:
        return {"shown": False}
    planned = passing_on.plan(
        case, withheld_items=proposal.withheld_items, withheld_purposes=proposal.withheld_purposes
    )
    return {"shown": True, "planned": planned}


@register.inclusion_tag(f"{FOLDER}/instructions_open.html")
def instructions_open(case: DisclosureRequest) -> dict[str, Any]:
    """That somebody still owes an acknowledgement, whatever the case's own state."""
    return {"number": case.instructions.filter(state__in=OUTSTANDING).count()}


@register.inclusion_tag(f"{FOLDER}/findings.html")
def case_findings(case: DisclosureRequest) -> dict[str, Any]:
    """What was looked for where, and how much of what was found is in the answer."""
    by_hand = FoundByHand(case)
    disclosed = REQUEST_TYPES[case.request_type].effect == "package"
    counts = {row.pk: len(by_hand.contents([row])) for row in by_hand.found} if disclosed else {}
    findings = [(row, counts.get(row.pk)) for row in selectors_instructions.findings_of(case)]
    unclear = bool(by_hand.unclear) and Event.DECIDED in possible_events(case.status, Actor.STAFF)
    return {"case": case, "findings": findings, "disclosed": disclosed, "unclear": unclear}
