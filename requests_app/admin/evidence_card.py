"""What the page of a case says about documents."""

from typing import Any, cast

from django.http import HttpRequest

from privacy_portal.core.models import User

from ..models import DisclosureRequest, Evidence
from ..services import evidence_copies, evidence_state

PERMISSION = "requests_app.check_identity"


def evidence_context(case: DisclosureRequest, request: HttpRequest) -> dict[str, Any]:
    """The card of the case: what was asked, what came, what was found; no picture."""
    rows = case.evidence.exclude(state=Evidence.State.DRAFT).prefetch_related("pages", "judgements__judged_by")
    return {
        "evidence_rows": [{"evidence": row, "judgement": next(reversed(row.judgements.all()), None)} for row in rows],
        "evidence_together": list(evidence_copies.together(case)),
        "evidence_asked": case.evidence_requests.select_related("asked_by").order_by("-asked_at").first(),
        "evidence_missing": evidence_state.missing(case),
        "evidence_past_agent": evidence_state.goes_past_the_agent(case),
        "may_see_evidence": cast(User, request.user).has_perm(PERMISSION),
    }
